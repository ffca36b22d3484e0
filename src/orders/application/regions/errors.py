"""Why the writer is not switched, said to the operator who asked for it."""

from collections.abc import Sequence
from datetime import datetime

from orders.application.policy.errors import ApplicationError
from orders.ports.region_readiness import Finding
from orders.ports.regions import ControlState, Switch, SwitchStep


class NoControlItem(ApplicationError):
    """The control table has no item: no region writes."""

    def __init__(self, target: str) -> None:
        super().__init__(
            "the control table has no item, so no region writes. Terraform creates it with the table; if it has, look "
            "at CONTROL_TABLE and CONTROL_TABLE_REGIONS. If the item is really gone, name the first writer with "
            f"`orders dr takeover --to {target} --first-epoch N`: 1 for a new service, else one more than the highest "
            "epoch of any order"
        )


class UnclearSwitch(ApplicationError):
    """The item has a switch that this release can't read."""

    def __init__(self) -> None:
        super().__init__(
            "the control table has a switch that this release can't read: a later release began it, or the item is "
            "damaged. Run `orders dr` of the later release; or, if nobody is switching, give it up with "
            "`orders dr takeover --abandon`"
        )


class AnotherSwitch(ApplicationError):
    """Another switch is under way."""

    def __init__(self, under_way: Switch) -> None:
        self.under_way = under_way
        name = "failback" if under_way.failback else "takeover"
        super().__init__(
            f"{described(under_way)}. It is taken up with `orders dr {name} --to {under_way.target}`, or given up with "
            f"`orders dr {name} --abandon`; another one can begin after that"
        )


class Overtaken(ApplicationError):
    """Somebody else changed the control table meanwhile."""

    def __init__(self, found: ControlState | None) -> None:
        self.found = found
        super().__init__(f"somebody else was faster, and this command has stopped: {_told(found)}")


class StillHealthy(ApplicationError):
    """The old region is seen healthy, or nobody knows better."""

    def __init__(self, source: str, seen: str) -> None:
        super().__init__(
            f"an unplanned takeover is for a region that is gone, and {seen}. If {source} is alive, leave out "
            "--unplanned: a planned takeover loses nothing. If you know better, repeat it with --force"
        )


class MayWriteAlone(ApplicationError):
    """Two people let the old region write without the control table, and that has not ended."""

    def __init__(self, source: str, ends: datetime) -> None:
        super().__init__(
            f"two people have let {source} write without the control table, and it does not look at what is decided "
            f"there: wait until {_at(ends)}. If it certainly doesn't run, repeat the command with --force"
        )


class NotReady(ApplicationError):
    """The new region lacks something."""

    def __init__(self, target: str, lacking: Sequence[Finding]) -> None:
        self.lacking = tuple(lacking)
        what = "; ".join(f"{each.need}: {each.detail}" for each in lacking)
        super().__init__(f"{target} is not ready: {what}. Mend that first, or take over all the same with --force")


class NotCopied(ApplicationError):
    """The new region's copy is behind, as far as markers and orders of late tell."""

    def __init__(self, source: str, target: str, why: str) -> None:
        super().__init__(
            f"{target} does not have everything that {source} wrote: {why}. No region writes now. Repeat the command "
            "to look again; go on all the same with --force; take over without the old region's last changes with "
            "--unplanned, if it can't be reached; or let it write again with --abandon"
        )


class NothingToAbandon(ApplicationError):
    """No switch is under way."""

    def __init__(self, writer: str) -> None:
        super().__init__(f"no switch is under way: {writer} is the writer, and nothing was changed")


def described(switch: Switch) -> str:
    """Says in a clause which switch it is, whose, and how far it got."""
    kind = "failback" if switch.failback else f"{'planned' if switch.planned else 'unplanned'} takeover"
    if switch.step is SwitchStep.DONE:
        return f"the {kind} from {switch.source} to {switch.target} was done by {switch.by} at {_at(switch.at)}"
    return (
        f"a {kind} from {switch.source} to {switch.target} is under way at step {switch.step}, "
        f"by {switch.by} since {_at(switch.at)}"
    )


def _told(found: ControlState | None) -> str:
    if found is None:
        return "the control table's item is gone"
    told = f"the writer is {found.writer} in epoch {found.epoch}, as {found.by} decided at {_at(found.at)}"
    return told if found.switch is None else f"{described(found.switch)}; {told}"


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
