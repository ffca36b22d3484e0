"""Use case of two operators: lets a region write that can't reach the control table ([DATA-3])."""

from dataclasses import replace

from orders.application.policy.errors import ApplicationError
from orders.ports.clock import Clock
from orders.ports.errors import TransientPortError
from orders.ports.regions import (
    ALONE_AT_MOST,
    AloneConfirmation,
    AloneConfirmations,
    ConfirmationChanged,
    ControlTable,
)


class MayNotWriteAlone(ApplicationError):
    """The region is not let write alone; the message says why and what to do."""


class ConfirmAlone:
    """Asks for a region's writing alone, or confirms what another person has asked for."""

    def __init__(
        self,
        confirmations: AloneConfirmations,
        table: ControlTable,
        clock: Clock,
        *,
        region: str,
        by: str | None,
    ) -> None:
        """``confirmations`` are those in ``region``'s own table; ``by`` is the operator, ``None`` if not known."""
        self._confirmations = confirmations
        self._table = table
        self._clock = clock
        self._region = region
        self._by = by

    async def execute(self, *, epoch: int | None = None, dry_run: bool = False) -> tuple[AloneConfirmation, str]:
        """Returns the confirmation and what it now is, in words; with ``dry_run`` what it would be.

        Args:
            epoch: the last epoch in which the region was the writer, for when the control table can't be read here.

        Raises:
            MayNotWriteAlone: another region is the writer; nobody knows who asks; the same person would confirm; or
                somebody else wrote it at the same time.
            TransientPortError: the region's table can't be reached.
        """
        if self._by is None:
            raise MayNotWriteAlone(
                "it isn't known who you are, and two different people are needed: AWS STS did not say. Look at the "
                "credentials, and repeat the command"
            )
        epoch = await self._epoch(epoch)
        found = await self._confirmations.read(self._region)
        wanted, words = self._wanted(found, epoch, self._by)
        if wanted != found and not dry_run:
            try:
                await self._confirmations.keep(wanted, seen=found)
            except ConfirmationChanged as error:
                raise MayNotWriteAlone(
                    "somebody else asked or confirmed at the same time: repeat the command to see what is to be done"
                ) from error
        return wanted, words

    def _wanted(self, found: AloneConfirmation | None, epoch: int, by: str) -> tuple[AloneConfirmation, str]:
        now = self._clock.now()
        if found is None or found.epoch != epoch or found.until <= now:
            asked = AloneConfirmation(self._region, epoch, by, None, now + ALONE_AT_MOST)
            return asked, (
                f"asked for: now a second person runs the same command, before {_at(asked)}. Until then {self._region} "
                "takes no changes"
            )
        if found.confirmed_by is not None:
            return (
                found,
                f"in force already: {self._region} may write alone until {_at(found)}, and nothing was changed",
            )
        if found.asked_by == by:
            raise MayNotWriteAlone(
                f"you have asked for it yourself: somebody else has to confirm it before {_at(found)}, with the same "
                "command and another identity"
            )
        confirmed = replace(found, confirmed_by=by)
        return confirmed, (
            f"confirmed: {self._region} may write alone until {_at(confirmed)}, in epoch {epoch}. Nobody may take over "
            "to the other region before that: both would write"
        )

    async def _epoch(self, given: int | None) -> int:
        """Returns the epoch that the region was the writer in. Raises: MayNotWriteAlone."""
        try:
            state = await self._table.read()
        except TransientPortError as error:
            if given is None:
                raise MayNotWriteAlone(
                    f"the control table can't be read from here either ({error}), so say in which epoch "
                    f"{self._region} was the writer last: --epoch N, as its relay's log says (`epoch`), or as the "
                    "newest orders in its table have it. And make sure by telephone that nobody takes over"
                ) from error
            return given
        if state is None or state.may_write != self._region or state.under_way is not None:
            raise MayNotWriteAlone(
                f"the control table can be read from here, and does not let {self._region} write: see `orders dr "
                "status`. A region that writes against it would write beside another one"
            )
        if given is not None and given != state.epoch:
            raise MayNotWriteAlone(f"the control table says epoch {state.epoch}, not {given}: leave out --epoch")
        return state.epoch


def _at(confirmation: AloneConfirmation) -> str:
    return f"{confirmation.until:%Y-%m-%d %H:%M:%S} UTC"
