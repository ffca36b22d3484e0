"""Use case of operators and of the schedule: renews the key that signs cursors ([SEC-7])."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from orders.application.policy.errors import ApplicationError
from orders.ports.clock import Clock
from orders.ports.secrets import SecretMissing, Secrets, SecretVersion, SecretWriter

CURSOR_LIFE = timedelta(hours=1)
"""How long callers go through a listing: cursors of a key that is no longer used to sign are opened for so long."""


class RotationTooSoon(ApplicationError):
    """The rotation before is not settled: another one would make cursors worthless that callers hold."""

    def __init__(self, name: str, rotated_at: datetime, possible_from: datetime) -> None:
        self.possible_from = possible_from
        super().__init__(
            f"secret {name} was rotated at {rotated_at:%Y-%m-%d %H:%M} UTC; until {possible_from:%Y-%m-%d %H:%M} UTC "
            "callers hold cursors of the key before, which another rotation would make worthless. If the key has "
            "leaked, rotate with --force"
        )


class CurrentValueNoKey(ApplicationError):
    """The current value is too short for a key, and the previous one is a key: tasks still sign with that."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"secret {name} holds no key: its value is too short, and tasks that run still use the previous value. "
            "Give that the label AWSCURRENT again; with --force it is lost, and the cursors signed with it"
        )


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation that was made, or would be.

    Attributes:
        signs_from: when every task has read the new key, and the first signs with it.
        next_from: when the next rotation loses no cursor.
        loses_cursors: true if cursors signed before are refused from now on.
        is_first: nothing was stored there; whether there is such a secret at all only writing tells.
    """

    secret: str
    signs_from: datetime
    next_from: datetime
    loses_cursors: bool
    is_first: bool = False


class RotateCursorKey:
    """Stores a new random key as the secret's current value.

    The key before becomes the previous one, which still opens cursors, and signs until every task knows the new one;
    only one that is two rotations old is gone. So a rotation waits until the one before is settled.
    """

    def __init__(
        self,
        secrets: Secrets,
        writer: SecretWriter,
        clock: Clock,
        *,
        name: str,
        signs_after: timedelta,
        new_key: Callable[[], str],
    ) -> None:
        """Sets the secret.

        Args:
            signs_after: the age from which tasks sign with a new key.
            new_key: makes a key that nobody can guess.
        """
        self._secrets = secrets
        self._writer = writer
        self._clock = clock
        self._name = name
        self._signs_after = signs_after
        self._new_key = new_key

    async def execute(self, *, force: bool = False, dry_run: bool = False) -> Rotation:
        """Rotates the key, or with ``dry_run`` only tells what that would do.

        Args:
            force: rotate even if that makes cursors worthless.

        Raises:
            RotationTooSoon, CurrentValueNoKey: cursors would be lost, and ``force`` is not given.
            SecretReplaced: somebody else rotates it at the same time.
            SecretUnusable, TransientPortError: as the ports.
        """
        now = self._clock.now()
        current, previous = await self._versions()
        lost = self._why_cursors_are_lost(current, previous, now)
        if lost is not None and not force:
            raise lost
        if not dry_run:
            await self._writer.replace(self._name, self._new_key(), seen=current)
        return Rotation(
            self._name,
            # The first key has none before it that could sign.
            signs_from=now if current is None or not current.signs else now + self._signs_after,
            next_from=now + self._settled_after,
            loses_cursors=lost is not None,
            is_first=current is None,
        )

    @property
    def _settled_after(self) -> timedelta:
        return self._signs_after + CURSOR_LIFE

    async def _versions(self) -> tuple[SecretVersion | None, SecretVersion | None]:
        try:
            return await self._secrets.current(self._name), await self._secrets.previous(self._name)
        except SecretMissing:
            # Whether it has no value yet or does not exist, writing tells.
            return None, None

    def _why_cursors_are_lost(
        self, current: SecretVersion | None, previous: SecretVersion | None, now: datetime
    ) -> ApplicationError | None:
        if current is None or previous is None or not previous.signs:
            return None
        if not current.signs:
            return CurrentValueNoKey(self._name)
        settled = current.created_at + self._settled_after
        return RotationTooSoon(self._name, current.created_at, settled) if now < settled else None
