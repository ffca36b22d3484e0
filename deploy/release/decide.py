"""What to do next, from what AWS says now: pure, so that a run killed halfway goes on where AWS is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import takewhile
from typing import TypeAlias

from deploy.release.model import Deployment, Refused, Seen, Status, failed_of

SMOKE_AT = (10, 50, 100)
"""Percent of the requests at which the smoke test is run: the first step, half, all."""


SETTLING = timedelta(minutes=2)


class Apply(Enum):
    """What has become of this run's own apply."""

    NONE = auto()
    """There is none: a release that another run began, or one whose apply failed by itself."""
    RUNNING = auto()
    OK = auto()


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a release.

    Attributes:
        abort_after: from a deployment's beginning.
        applies: how often one is tried.
        settling: ECS may answer so long with what was before.
    """

    abort_after: timedelta
    applies: int = 2
    settling: timedelta = SETTLING
    smoke_at: tuple[int, ...] = SMOKE_AT


@dataclass(frozen=True, slots=True)
class Run:
    """What this run knows beside what AWS says.

    Attributes:
        digest: what is released.
        since: deployments that began before are another release's.
        fault: why it is taken back, once that is decided.
        smoked: percentages at which the smoke test has passed.
        applies: how many applies were begun.
        applied_at: when an apply ended well, or had nothing to do.
        known: deployments that were there when the run began, by their ARNs.
    """

    digest: str
    since: datetime
    apply: Apply = Apply.NONE
    fault: str | None = None
    smoked: frozenset[int] = frozenset()
    applies: int = 0
    applied_at: datetime | None = None
    says: str = ""
    known: frozenset[str] = frozenset()

    def faulty(self, why: str) -> "Run":
        """Returns the same run, given up; the first reason stays."""
        return self if self.fault is not None else replace(self, fault=why)


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again later."""


@dataclass(frozen=True, slots=True)
class RunSmoke:
    """Run the smoke test, now that so many percent of the requests reach the new revision."""

    percent: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Have these deployments rolled back."""

    deployments: tuple[Deployment, ...]
    why: str


@dataclass(frozen=True, slots=True)
class GoBack:
    """ECS is through with going back; now every service and Terraform's state follow."""

    why: str


@dataclass(frozen=True, slots=True)
class ApplyAgain:
    """AWS is where it should be, or nothing moves any more: plan, and apply what is left."""


@dataclass(frozen=True, slots=True)
class CallPerson:
    """No step of this tool leads on."""

    why: str


@dataclass(frozen=True, slots=True)
class Released:
    """Every service has the digest, and Terraform has nothing to do."""


Step: TypeAlias = Wait | RunSmoke | Stop | GoBack | ApplyAgain | CallPerson | Released


def next_step(seen: Seen, run: Run, limits: Limits, now: datetime) -> Step:
    """Returns the one thing to do now for a release."""
    fault = run.fault or fault_of(seen, run, limits, now)
    if fault is not None:
        return taking_back(seen, run, fault)
    percent = smoke_due(seen, run, limits)
    if percent is not None:
        return RunSmoke(percent)
    if run.apply is Apply.RUNNING or seen.under_way():
        return Wait()
    if run.apply is Apply.NONE:
        return ApplyAgain()
    if not seen.all_serve(run.digest):
        return Wait()
    return Released() if limits.smoke_at[-1] in run.smoked else RunSmoke(limits.smoke_at[-1])


def fault_of(seen: Seen, run: Run, limits: Limits, now: datetime) -> str | None:
    """Returns why a release must be taken back; ``None`` while it may go on."""
    failed = failed_of(seen, run.digest, run.since)
    if failed:
        return "; ".join(each.words for each in failed)
    others = others_of(seen, run)
    if others:
        return "; ".join(f"somebody else deploys {each.digest}: {each.words}" for each in others)
    for each in seen.under_way():
        if each.digest == run.digest and now - each.created_at >= limits.abort_after:
            minutes = limits.abort_after // timedelta(minutes=1)
            return f"{each.service}: not through {minutes} minutes after its beginning (stage {each.stage})"
    if run.apply is Apply.RUNNING or seen.under_way():
        return None
    if run.applied_at is not None and now - run.applied_at >= limits.settling and not seen.all_serve(run.digest):
        return f"applied, but {', '.join(seen.elsewhere(run.digest))}"
    if run.apply is Apply.NONE and run.applies >= limits.applies:
        return f"terraform apply failed {run.applies} times: {run.says}"
    return None


def others_of(seen: Seen, run: Run) -> list[Deployment]:
    """Returns newest deployments of other digests that somebody else has begun meanwhile, such as a rollback.

    They hide this run's own, which that rollback has stopped.
    """
    return [each for each in seen.deployments() if each.arn not in run.known and each.digest not in {None, run.digest}]


def taking_back(seen: Seen, run: Run, fault: str) -> Step:
    """Returns the one thing to do now that brings the revision of before back: stop, wait, reconcile."""
    forward = tuple(each for each in seen.under_way() if each.status.forward and each.digest == run.digest)
    if forward:
        return Stop(forward, fault)
    if seen.under_way() or run.apply is Apply.RUNNING:
        return Wait()
    stuck = [each.words for each in seen.deployments() if each.status is Status.ROLLBACK_FAILED]
    if stuck:
        return CallPerson(f"{fault}; ECS could not roll back: {'; '.join(stuck)}")
    return GoBack(fault)


def smoke_due(seen: Seen, run: Run, limits: Limits) -> int | None:
    """Returns the highest percentage that is reached and has not been tested; those below it are covered."""
    newest = seen.api.newest
    if newest is None or newest.digest != run.digest or newest.created_at < run.since:
        return None
    weight = 100.0 if newest.status is Status.SUCCESSFUL else newest.weight
    reached = [percent for percent in limits.smoke_at if percent <= weight]
    return reached[-1] if reached and reached[-1] not in run.smoked else None


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a release starts, or goes on.

    Attributes:
        fresh: the API has nothing of it yet: all that is looked at before a release has still to be looked at.
        before: the digest to go back to; ``None`` where AWS knows none.
        known_bad: why this digest was taken back earlier.
    """

    fresh: bool
    before: str | None
    known_bad: str | None = None


def beginning(seen: Seen, history: Sequence[Deployment], digest: str, *, again: bool = False) -> Beginning:
    """Tells what is there of a release already, by AWS alone.

    Args:
        history: deployments of the API in the environment's own region, the newest first.
        again: a digest that was taken back is released all the same.

    Raises: Refused: another release, or a rollback, is under way; or the digest was taken back before another release.
    """
    for each in seen.under_way():
        if each.digest != digest or (each.service == seen.api.service and not each.in_steps):
            raise Refused(f"under way already: {each.words}, to {each.digest}: wait for it, or `rollback`")
    mine = [index for index, each in enumerate(history) if each.digest == digest and each.in_steps]
    last = history[mine[0]] if mine else None
    # Several deployments of one release follow one another when an apply was repeated: the oldest knows where it began.
    row = takewhile(lambda each: each.digest == digest, history)
    origin = next((each.before for each in row if each.before != digest), None)
    before = origin if last is not None and last is history[0] else seen.api.serving
    # Of the API alone: services behind queues may have been brought ahead of it (docs/runbooks/deploy.md).
    untouched = not seen.under_way() and seen.api.serving != digest
    bad = last.words if last is not None and last.status.failed else None
    if last is not None and bad is not None and any(each.in_steps for each in history[: mine[0]]) and not again:
        raise Refused(f"{digest} was taken back before, {last.created_at:%Y-%m-%d %H:%M}: {bad}; --again releases it")
    return Beginning(fresh=untouched, before=None if before == digest else before, known_bad=bad)


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where a rollback leads.

    Attributes:
        to: the digest to be on.
        stop: deployments to be stopped first.
        why: what was found, for people.
    """

    to: str
    stop: tuple[Deployment, ...]
    why: str


def way_back(seen: Seen, history: Sequence[Deployment], wanted: str | None) -> WayBack:
    """Finds the digest of before by AWS alone; a second time it finds the same, and never the newer one again.

    Args:
        history: deployments of the API in the environment's own region, the newest first.
        wanted: the digest that a person has named.

    Raises: Refused: nothing to go back to is known, or a person names another than what is under way.
    """
    # Tasks that were only replaced, by a forced deployment or for a changed setting, lead to no other digest.
    history = [each for each in history if each.digest is None or each.digest != each.before]
    newest = history[0] if history else None
    to, why = _destination(seen, newest, history, wanted)
    stop = tuple(each for each in seen.under_way() if each.status.forward and each.digest != to)
    return WayBack(to, stop, why)


def _destination(
    seen: Seen, newest: Deployment | None, history: Sequence[Deployment], wanted: str | None
) -> tuple[str, str]:
    """Returns the digest to go back to, and what was found."""
    serving = seen.api.serving
    if newest is not None and not newest.in_steps:
        # Whatever has become of it: one that was broken off has ECS going to the newer digest again.
        if newest.status.under_way and wanted not in {None, newest.digest}:
            raise Refused(f"under way already: back to {newest.digest}: wait for it, then go on to {wanted}")
        return wanted or _known(newest.digest), "a rollback was begun before"
    if wanted is not None:
        return wanted, "named by a person"
    if newest is not None and newest.status is not Status.SUCCESSFUL:
        return _known(newest.before), f"its release is {newest.status}"
    if {each.digest for each in seen.under_way() if each.status.forward} - {serving} or _ahead(seen):
        return _known(serving), "its release had not reached the API"
    through = [each for each in history if each.digest == serving and each.before != each.digest]
    if not through:
        raise Refused("AWS knows no release before this one: name its digest with --to")
    return _known(through[0].before), "its release was through"


def _ahead(seen: Seen) -> bool:
    """Tells whether a service has been brought to another digest since the API came to its own."""
    api = seen.api
    return api.newest is not None and any(
        state.newest is not None
        and state.newest.status is Status.SUCCESSFUL
        and state.newest.created_at > api.newest.created_at
        and state.serving != api.serving
        for state in seen.states
    )


def _known(digest: str | None) -> str:
    if digest is None:
        raise Refused("AWS names no digest of before: name it with --to")
    return digest
