"""Use case of operators: switches the region that writes, in steps that can be taken up ([DATA-3])."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from orders.application.policy.region_lease import HANDOVER, LEASE
from orders.application.regions.compare_copies import CompareCopies
from orders.application.regions.errors import (
    AnotherSwitch,
    MayWriteAlone,
    NoControlItem,
    NotCopied,
    NothingToAbandon,
    NotReady,
    Overtaken,
    StillHealthy,
    UnclearSwitch,
    described,
)
from orders.ports.clock import Clock
from orders.ports.errors import PortError
from orders.ports.health_checkers import HealthCheckers
from orders.ports.region_readiness import RegionReadiness
from orders.ports.regions import (
    AloneConfirmations,
    ControlChanged,
    ControlState,
    Switch,
    SwitchStep,
    WritableControlTable,
)

DRAIN = max(LEASE, HANDOVER)
"""So long after the source has been evacuated its last lease has ended by anybody's clock, and so has a last write."""


@dataclass(frozen=True, slots=True)
class SwitchRequest:
    """Says what an operator asks for.

    Attributes:
        target: the region that is to write.
        source: the other one.
        planned: whether the source is alive, to be left in order.
        failback: whether the source stays in traffic afterwards.
        force: go on though the source is seen healthy, the target lacks something, or its copy is behind.
        first_epoch: the epoch to begin with if there is no item; ``None`` refuses that.
    """

    target: str
    source: str
    planned: bool = True
    failback: bool = False
    force: bool = False
    first_epoch: int | None = None


class SwitchWriter:
    """Makes another region the writer, or takes up where a switch was interrupted.

    Every step is stored in the control table before it is done, under the item's epoch and revision. So of two
    operators one goes on and the other is told; an interrupted switch goes on with the epoch that it began with; and
    one that is done is not done again.
    """

    def __init__(
        self,
        table: WritableControlTable,
        checkers: HealthCheckers,
        readiness: RegionReadiness,
        copies: CompareCopies,
        confirmations: Sequence[AloneConfirmations],
        clock: Clock,
        *,
        by: str,
        pause: Callable[[float], Awaitable[None]],
        tell: Callable[[str], None],
    ) -> None:
        """Sets the operator.

        Args:
            confirmations: those in each region's table, of which one can be out of reach.
            pause: waits for so many seconds.
            tell: is given what is being done, in words.
        """
        self._table = table
        self._checkers = checkers
        self._readiness = readiness
        self._copies = copies
        self._confirmations = confirmations
        self._clock = clock
        self._by = by
        self._pause = pause
        self._tell = tell

    async def plan(self, request: SwitchRequest) -> list[str]:
        """Returns what ``execute`` would do, one sentence a step; empty if there is nothing to do.

        Raises: ApplicationError, PortError: as ``execute``, as far as that can be known before.
        """
        state = await self._table.read()
        if state is None:
            return [f"create the control table's item: {request.target} writes, in epoch {_first_epoch(request)}"]
        if _is_done(state, request):
            return []
        running = self._to_take_up(state, request)
        if running is None and state.writer == request.target:
            back = " and ".join(sorted(state.evacuated - _left_evacuated(state, request)))
            return [f"take {back} back into traffic; {request.target} is the writer already"]
        switch = running or self._begun(state, request)
        await self._check(switch, request)
        begin = [f"take up: {described(running)}"] if running else []
        return begin + _explained(switch)

    async def execute(self, request: SwitchRequest) -> ControlState:
        """Switches the writer and returns what the control table then says.

        Raises:
            NoControlItem, UnclearSwitch, AnotherSwitch: it can't begin.
            MayWriteAlone, NotReady, StillHealthy, NotCopied: it should not go on, unless it is forced to.
            Overtaken: somebody else changed the control table meanwhile.
            PortError: a dependency failed; the switch can be taken up.
        """
        state = await self._table.read()
        if state is None:
            epoch = _first_epoch(request)
            first = ControlState(epoch, request.target, frozenset(), self._by, self._clock.now())
            return await self._store(first, None)
        if _is_done(state, request):
            self._tell(f"nothing to do: {state.writer} is the writer, in epoch {state.epoch}")
            return state
        running = self._to_take_up(state, request)
        if running is None and state.writer == request.target:
            return await self._change(state, evacuated=_left_evacuated(state, request))
        switch = running or self._begun(state, request)
        await self._check(switch, request)
        state = await self._change(state, switch=replace(switch, by=self._by, at=self._clock.now()))
        while (switch := _switch_of(state)).under_way:
            self._tell(f"{switch.step}: {_WORDS[switch.step](switch)}")
            state = await self._do(state, switch, request)
        self._tell(f"done: {state.writer} is the writer, in epoch {state.epoch}, and writes within a minute from now")
        return state

    async def abandon(self) -> ControlState:
        """Gives up the switch under way: the source writes again, as before it began.

        Raises: NothingToAbandon; NoControlItem; Overtaken; PortError.
        """
        state = await self._table.read()
        if state is None:
            raise NothingToAbandon("nobody")
        if state.unclear:
            return await self._change(state, switch=None, evacuated=state.evacuated - {state.writer})
        if state.under_way is None:
            raise NothingToAbandon(state.writer)
        self._tell(f"giving up: {described(state.under_way)}")
        return await self._change(state, switch=None, evacuated=state.under_way.before)

    def _to_take_up(self, state: ControlState, request: SwitchRequest) -> Switch | None:
        """Returns the switch under way if it is the one that is asked for; one that was planned can go on unplanned."""
        if state.unclear:
            raise UnclearSwitch
        running = state.under_way
        if running is None:
            return None
        if (running.target, running.failback) != (request.target, request.failback):
            raise AnotherSwitch(running)
        if not running.planned or request.planned:
            return running
        left = {SwitchStep.DRAIN, SwitchStep.COMPARE}
        return replace(running, planned=False, step=SwitchStep.SWITCH if running.step in left else running.step)

    def _begun(self, state: ControlState, request: SwitchRequest) -> Switch:
        return Switch(
            target=request.target,
            source=state.writer,
            planned=request.planned,
            failback=request.failback,
            step=SwitchStep.PREPARE,
            epoch=state.epoch + 1,
            before=state.evacuated,
            by=self._by,
            at=self._clock.now(),
        )

    async def _check(self, switch: Switch, request: SwitchRequest) -> None:
        """Looks at what speaks against it. Raises: MayWriteAlone, StillHealthy, NotReady."""
        if request.force:
            return
        for each in self._confirmations:
            await self._check_confirmation(each, switch)
        if not switch.planned:
            seen = await self._seen_healthy(switch.source)
            if seen is not None:
                raise StillHealthy(switch.source, seen)
        # Half-way through nobody writes, and waiting for what is lacking only makes that longer.
        if switch.step is SwitchStep.PREPARE:
            lacking = [each for each in await self._readiness.look(switch.target) if each.ok is False]
            if lacking:
                raise NotReady(switch.target, lacking)

    async def _check_confirmation(self, confirmations: AloneConfirmations, switch: Switch) -> None:
        try:
            found = await confirmations.read(switch.source)
        except PortError as error:
            self._tell(f"whether {switch.source} may write alone can't be read in one of the regions ({error})")
            return
        if found is not None and found.allows(
            region=switch.source, epoch=switch.epoch - 1, now=self._clock.now() - DRAIN
        ):
            raise MayWriteAlone(switch.source, found.until + DRAIN)

    async def _seen_healthy(self, source: str) -> str | None:
        """Returns what speaks for the region's being healthy; ``None`` if it is seen unhealthy."""
        try:
            view = await self._checkers.view(source)
        except PortError as error:
            return f"Route 53 can't be asked whether {source} is ({error})"
        if view is None:
            return f"which health check watches {source} is not known: name it in HEALTH_CHECKS"
        if view.is_healthy:
            return f"{view.healthy} of {view.checkers} of Route 53's checkers see {source} healthy"
        return None

    async def _do(self, state: ControlState, switch: Switch, request: SwitchRequest) -> ControlState:
        match switch.step:
            case SwitchStep.PREPARE:
                await self._scale(switch)
                next_step = SwitchStep.EVACUATE if switch.planned else SwitchStep.SWITCH
            case SwitchStep.EVACUATE if switch.planned:
                evacuated = (state.evacuated - {switch.target}) | {switch.source}
                return await self._change(state, evacuated=evacuated, switch=replace(switch, step=SwitchStep.DRAIN))
            case SwitchStep.EVACUATE:
                next_step = SwitchStep.SWITCH
            case SwitchStep.DRAIN:
                await self._pause(DRAIN.total_seconds())
                next_step = SwitchStep.COMPARE
            case SwitchStep.COMPARE:
                await self._compare(switch, request)
                next_step = SwitchStep.SWITCH
            case _:
                return await self._hand_over(state, switch)
        return await self._change(state, switch=replace(switch, step=next_step))

    async def _scale(self, switch: Switch) -> None:
        for line in await self._readiness.scale(switch.target, like=switch.source):
            self._tell(line)

    async def _compare(self, switch: Switch, request: SwitchRequest) -> None:
        copied, seen = await self._copies.execute(switch.source, switch.target)
        self._tell(seen)
        if not copied and not request.force:
            raise NotCopied(switch.source, switch.target, seen)

    async def _hand_over(self, state: ControlState, switch: Switch) -> ControlState:
        # The region that DNS would come back to by itself stays evacuated; the one to fail over to does not.
        evacuated = state.evacuated - {switch.target}
        evacuated = evacuated - {switch.source} if switch.failback else evacuated | {switch.source}
        done = replace(switch, step=SwitchStep.DONE, by=self._by, at=self._clock.now())
        return await self._change(state, epoch=switch.epoch, writer=switch.target, evacuated=evacuated, switch=done)

    async def _change(self, state: ControlState, **changes: object) -> ControlState:
        new = replace(state, by=self._by, at=self._clock.now(), unclear=False, **changes)  # type: ignore[arg-type]
        return await self._store(new, state)

    async def _store(self, new: ControlState, seen: ControlState | None) -> ControlState:
        try:
            return await self._table.replace(new, seen=seen)
        except ControlChanged as changed:
            raise Overtaken(changed.found) from changed


def _is_done(state: ControlState, request: SwitchRequest) -> bool:
    idle = state.under_way is None and not state.unclear
    return idle and state.writer == request.target and state.evacuated == _left_evacuated(state, request)


def _left_evacuated(state: ControlState, request: SwitchRequest) -> frozenset[str]:
    """Returns the regions that stay evacuated when it is done: none of the two after a failback."""
    return state.evacuated - ({request.target, request.source} if request.failback else {request.target})


def _first_epoch(request: SwitchRequest) -> int:
    if request.first_epoch is None:
        raise NoControlItem(request.target)
    return request.first_epoch


def _switch_of(state: ControlState) -> Switch:
    if state.switch is None:
        raise AssertionError("a switch is stored before any of its steps")
    return state.switch


_WORDS: dict[SwitchStep, Callable[[Switch], str]] = {
    SwitchStep.PREPARE: lambda switch: f"scale {switch.target} to what {switch.source} has, never down",
    SwitchStep.EVACUATE: lambda switch: f"evacuate {switch.source}: DNS leaves it, and it takes no more changes",
    SwitchStep.DRAIN: lambda switch: (
        f"wait {DRAIN.total_seconds():g} s, until the last lease of {switch.source} has ended; nobody writes from here"
    ),
    SwitchStep.COMPARE: lambda switch: (
        f"compare what {switch.target} has with what {switch.source} has (a heuristic: markers, and orders of late)"
    ),
    SwitchStep.SWITCH: lambda switch: (
        f"name {switch.target} the writer, in epoch {switch.epoch}; it writes 35 s after it has read that"
    ),
}


def _explained(switch: Switch) -> list[str]:
    steps = list(_WORDS)[list(_WORDS).index(switch.step) :]
    skipped = set() if switch.planned else {SwitchStep.EVACUATE, SwitchStep.DRAIN, SwitchStep.COMPARE}
    said = [_WORDS[step](switch) for step in steps if step not in skipped]
    after = "stays in traffic, to fail over to" if switch.failback else "stays evacuated until `orders dr failback`"
    loss = (
        [] if switch.planned else [f"what {switch.source} acknowledged and didn't copy is missing: reconcile names it"]
    )
    return [*said, f"{switch.source} {after}", *loss]
