"""Use case of operators: after a takeover, publishes what was pending and names what was lost ([DATA-3])."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from orders.application.policy.errors import ApplicationError
from orders.application.regions.at_once import at_once
from orders.ports.clock import Clock
from orders.ports.errors import TransientPortError
from orders.ports.region_changes import (
    KEPT_FOR_HOURS,
    ChangeKind,
    Fate,
    Finding,
    Findings,
    KeptChanges,
    RegionStream,
    StoredChange,
)
from orders.ports.regions import ControlState, ControlTable

TOGETHER = 32
"""So many changes are looked up at once."""
LOOKED_AT_TWICE = 100_000
"""So many changes are remembered as kept: an order's images repeat its waiting events."""


class CannotReconcile(ApplicationError):
    """It can't be reconciled from here; the message says from where."""


@dataclass(frozen=True, slots=True)
class ErasuresReapplied:
    """Says what reapplying the ledger of erasures came to.

    Attributes:
        words: for people.
        complete: whether nothing of it has to be repeated.
    """

    words: str
    complete: bool


@dataclass(slots=True)
class Reconciled:
    """Says what was done and found.

    Attributes:
        published: how many events and commands were pending and are published now.
        looked_at: how many changes of each region's stream were looked up.
        unread: the regions whose stream could not be read, with the reason.
        arrived: earlier findings whose change has arrived since.
        findings: all that are left, acknowledged or not.
        erasures: what reapplying the ledger of erasures came to; ``None`` if it was not done.
        warning: what this can't tell; empty if there is nothing.
    """

    published: int = 0
    looked_at: dict[str, int] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    arrived: int = 0
    findings: Sequence[Finding] = ()
    erasures: ErasuresReapplied | None = None
    warning: str = ""

    @property
    def unacknowledged(self) -> list[Finding]:
        """The findings that nobody has dealt with."""
        return [each for each in self.findings if each.acknowledged_by is None]

    @property
    def settled(self) -> bool:
        """Tells whether nothing is left to be done."""
        return not self.unacknowledged and not self.unread and (self.erasures is None or self.erasures.complete)


class Reconcile:
    """Goes through what both regions have stored within a day, and looks for it where it is written now.

    Idempotent: findings keep their names, and one whose change arrives late is closed by the next run.
    """

    def __init__(
        self,
        table: ControlTable,
        streams: Sequence[RegionStream],
        kept: KeptChanges,
        findings: Findings,
        clock: Clock,
        *,
        region: str,
        republish: Callable[[], Awaitable[int]],
        reapply_erasures: Callable[[], Awaitable[ErasuresReapplied]] | None,
        tell: Callable[[str], None],
    ) -> None:
        """Sets what is reconciled.

        Args:
            streams: of both regions.
            kept, findings: in ``region``'s table, which has to be the writer's.
            republish: publishes what is pending in both regions' shards; returns how much that was.
            reapply_erasures: erases again what the ledger of erasures names; what fails is told, not raised.
                ``None`` where nothing was restored or lost: in a rehearsal.
            tell: is given what is being done, in words.
        """
        self._table = table
        self._streams = streams
        self._kept = kept
        self._findings = findings
        self._clock = clock
        self._region = region
        self._republish = republish
        self._reapply_erasures = reapply_erasures
        self._tell = tell

    async def execute(self, *, dry_run: bool = False, erase: bool = True) -> Reconciled:
        """Reconciles; with ``dry_run`` only names what it finds, and keeps, publishes and erases nothing.

        Args:
            erase: false where a task goes through the ledger of erasures, with rights that people don't have.

        Raises: CannotReconcile; PortError: a dependency but an unreachable region's stream failed.
        """
        state = await self._writer_here()
        done = Reconciled(warning=self._too_late(state))
        if not dry_run:
            self._tell("publish what is pending in both regions' shards")
            done.published = await self._republish()
            done.arrived = await self._close_arrived()
        fresh = await self._read_streams(done)
        if not dry_run:
            for finding in fresh:
                await self._findings.add(finding)
        if erase and not dry_run and self._reapply_erasures is not None:
            # Last: what came late from the other region may have been erased here.
            self._tell("erase again what the ledger of erasures names")
            done.erasures = await self._reapply_erasures()
        known = {each.finding_id: each for each in fresh} | {
            each.finding_id: each for each in await self._findings.all()
        }
        done.findings = [known[name] for name in sorted(known)]
        return done

    async def acknowledge(self, finding_ids: Sequence[str], *, by: str) -> Reconciled:
        """Notes that ``by`` has dealt with findings, and returns what is left.

        Raises: CannotReconcile: there is no such finding; those before it are acknowledged.
        """
        await self._writer_here()
        for finding_id in finding_ids:
            if not await self._findings.acknowledge(finding_id, by=by, at=self._clock.now()):
                raise CannotReconcile(
                    f"there is no finding {finding_id!r}: `orders dr reconcile --dry-run` names all of them"
                )
        return Reconciled(findings=await self._findings.all())

    async def _writer_here(self) -> ControlState:
        state = await self._table.read()
        if state is None or state.may_write != self._region:
            writer = "nobody" if state is None or state.may_write is None else state.may_write
            raise CannotReconcile(
                f"run it with the settings of the region that writes, since it publishes: that is {writer}, and "
                f"AWS_REGION is {self._region}"
            )
        return state

    def _too_late(self, state: ControlState) -> str:
        """Returns what is said if streams have forgotten changes since the switch."""
        kept = timedelta(hours=KEPT_FOR_HOURS)
        if state.switch is None or self._clock.now() - state.switch.at < kept:
            return ""
        return (
            f"streams keep {KEPT_FOR_HOURS} hours, and the switch is older: changes before that are not looked at; "
            "`orders dr verify` compares what is there"
        )

    async def _close_arrived(self) -> int:
        arrived = 0
        for finding in await self._findings.all():
            if finding.acknowledged_by is None and await self._kept.fate(finding.change) is Fate.KEPT:
                await self._findings.remove(finding.finding_id)
                arrived += 1
        return arrived

    async def _read_streams(self, done: Reconciled) -> list[Finding]:
        found: dict[str, Finding] = {}
        for stream in self._streams:
            self._tell(f"look up what {stream.region} has stored within {KEPT_FOR_HOURS} hours")
            try:
                done.looked_at[stream.region] = await self._read(stream, found)
            except TransientPortError as error:
                done.unread[stream.region] = str(error)
        return list(found.values())

    async def _read(self, stream: RegionStream, found: dict[str, Finding]) -> int:
        kept: dict[StoredChange, None] = {}
        batch: dict[StoredChange, None] = {}
        looked_at = 0
        async for change in stream.changes():
            if change in kept or change.change_id in found:
                continue
            batch[change] = None
            if len(batch) == TOGETHER:
                looked_at += await self._look_up(stream, batch, kept, found)
        return looked_at + await self._look_up(stream, batch, kept, found)

    async def _look_up(
        self,
        stream: RegionStream,
        batch: dict[StoredChange, None],
        kept: dict[StoredChange, None],
        found: dict[str, Finding],
    ) -> int:
        """Looks up a batch, empties it, and returns how many changes it had."""
        fates = await at_once(self._kept.fate(change) for change in batch)
        for change, fate in zip(batch, fates, strict=True):
            if fate is Fate.KEPT:
                kept[change] = None
            elif not _event_lost(change, found):
                finding = Finding(change, fate, stream.region, self._clock.now())
                found[finding.finding_id] = finding
        while len(kept) > LOOKED_AT_TWICE:
            del kept[next(iter(kept))]
        looked_at = len(batch)
        batch.clear()
        return looked_at


def _event_lost(change: StoredChange, found: dict[str, Finding]) -> bool:
    """Returns whether it is an order's state whose event is a finding already: that names the same loss."""
    if change.kind is not ChangeKind.ORDER:
        return False
    event = StoredChange(ChangeKind.EVENT, change.tenant_id, change.order_id, change.sequence, change.epoch)
    return event.change_id in found
