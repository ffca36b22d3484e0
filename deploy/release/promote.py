"""``promote``: another image is applied, and watched until it stays or is taken back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deploy.release.decide import (
    Apply,
    ApplyAgain,
    Beginning,
    CallPerson,
    GoBack,
    Limits,
    Released,
    Run,
    RunSmoke,
    Stop,
    beginning,
    next_step,
    others_of,
)
from deploy.release.desk import LOOK_EVERY_SECONDS, OUTAGE, Desk, PersonNeeded, since_beginning
from deploy.release.model import Deployment, Outcome, Refused, Seen
from deploy.release.ports import Applying, CloudFailed


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is asked for.

    Attributes:
        again: release a digest that was taken back once.
        outside_window: why it is released outside business hours.
    """

    digest: str
    again: bool = False
    outside_window: str | None = None


class Promote:
    """One release, from looking before to its end; what is there already of it is taken up."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._applying: Applying | None = None
        self._last = ""
        self._stopping: datetime | None = None

    def execute(self, asked: Promotion) -> Outcome:
        """Releases, or takes back.

        Raises: Refused: nothing was changed. PersonNeeded, CloudFailed, TerraformFailed: what holds then is what
            ``status`` says; the same command goes on.
        """
        desk = self._desk
        seen = desk.deployments.observe()
        began = beginning(seen, desk.deployments.history(desk.environment.api), asked.digest, again=asked.again)
        run = Run(asked.digest, since_beginning(), known=frozenset(each.arn for each in seen.deployments()))
        if began.known_bad is not None and asked.again:
            newest = [each.created_at for each in seen.deployments()]
            run = replace(run, since=max(newest) + timedelta(microseconds=1))
        elif began.known_bad is not None:
            run = run.faulty(f"{began.known_bad} (--again releases it all the same)")
        desk.say(f"release of {asked.digest}", before=began.before, fresh=began.fresh, known_bad=began.known_bad)
        if run.fault is None and began.fresh:
            run = self._begin(asked, run, seen)
        return self._watch(run, began)

    def _begin(self, asked: Promotion, run: Run, seen: Seen) -> Run:
        """Looks before, prepares and applies. Raises: Refused."""
        desk = self._desk
        bad = [each for each in desk.preflight(asked.digest, outside_window=asked.outside_window) if each.ok is False]
        if bad:
            raise Refused("; ".join(f"{each.name}: {each.detail}" for each in bad))
        desk.prepare(seen)
        self._still_as_it_was(asked, run)
        run = self._apply(run)
        if run.fault is not None:
            raise Refused(run.fault)
        return run

    def _still_as_it_was(self, asked: Promotion, run: Run) -> None:
        """Looks again: a backup takes up to two hours. Raises: Refused: a deployment or the evening came."""
        desk = self._desk
        seen = desk.look()
        came = [each.words for each in (*seen.under_way(), *others_of(seen, run))]
        late = desk.hours(asked.outside_window)
        if came or late.ok is False:
            raise Refused("; ".join(("meanwhile", *came, *((late.detail,) if late.ok is False else ()))))

    def _apply(self, run: Run) -> Run:
        """Plans, and applies what there is; a run that must not go on comes back with its fault."""
        desk = self._desk
        plan, judged = desk.plan(run.digest, at_once=False)
        if judged.faults:
            return run.faulty(f"the plan is no release's: {'; '.join(judged.faults)}")
        if judged.empty:
            return replace(run, apply=Apply.OK, applied_at=desk.clock.now())
        standing = desk.standing(desk.deployments.observe())
        if standing:
            return run.faulty(f"no deployment begins while an alarm stands: {', '.join(standing)}")
        desk.say("terraform apply", changes=judged.changes)
        self._applying = desk.terraform.apply(plan)
        return replace(run, apply=Apply.RUNNING, applies=run.applies + 1)

    def _watch(self, run: Run, began: Beginning) -> Outcome:
        try:
            return self._until_ended(run, began)
        except KeyboardInterrupt:
            if self._applying is not None:
                self._applying.interrupt()
            raise

    def _until_ended(self, run: Run, began: Beginning) -> Outcome:
        desk = self._desk
        limits = Limits(desk.environment.abort_after)
        while True:
            run = self._apply_ended(run)
            seen = desk.look()
            self._tell(seen)
            match next_step(seen, run, limits, desk.clock.now()):
                case RunSmoke(percent):
                    found = desk.run_smoke(f"at {percent} %")
                    passed = replace(run, smoked=run.smoked | {percent})
                    run = passed if found.passed else run.faulty(f"smoke at {percent} %: {found.detail}")
                case Stop(deployments, why):
                    run = run.faulty(why)
                    self._stop(deployments, why)
                case GoBack(why):
                    return self._go_back(began, why, {str(each.digest) for each in others_of(seen, run)})
                case CallPerson(why):
                    raise PersonNeeded(why)
                case ApplyAgain():
                    run = self._apply(run)
                case Released():
                    standing = desk.standing(seen)
                    stands = f"; NOW STANDS: {', '.join(standing)}: look, and `rollback` goes back" if standing else ""
                    return desk.end(Outcome.DONE, f"every service runs {run.digest}{stands}")
                case _:
                    desk.clock.wait(LOOK_EVERY_SECONDS)

    def _stop(self, deployments: Iterable[Deployment], why: str) -> None:
        """Stops them; what fails is decided on and tried again. Raises: CloudFailed: for too long."""
        now = self._desk.clock.now()
        try:
            self._desk.stop(deployments, why)
            self._stopping = None
        except CloudFailed:
            self._stopping = self._stopping or now
            if now - self._stopping >= OUTAGE:
                raise
        self._desk.clock.wait(LOOK_EVERY_SECONDS)

    def _apply_ended(self, run: Run) -> Run:
        """Notices that the apply has ended."""
        if run.apply is not Apply.RUNNING or self._applying is None:
            return run
        ended = self._applying.ended()
        if ended is None:
            return run
        self._desk.say(f"terraform apply ended {'well' if ended.ok else 'with an error'}", says=ended.says)
        if ended.locked:
            raise PersonNeeded(f"Terraform's state is locked: {ended.says}")
        # A stale plan has changed nothing: it is no attempt.
        tried = run.applies - 1 if ended.stale else run.applies
        if ended.ok:
            return replace(run, apply=Apply.OK, applied_at=self._desk.clock.now())
        return replace(run, apply=Apply.NONE, applies=tried, says=ended.says)

    def _go_back(self, began: Beginning, why: str, others: set[str]) -> Outcome:
        """Goes back, to where somebody else has begun to, or not at all. Raises: PersonNeeded."""
        if others - {began.before}:
            raise PersonNeeded(f"{why}; this release was stopped, and what others have begun is left to them: `status`")
        if began.before is None:
            raise PersonNeeded(f"{why}; AWS names no digest of before: `rollback --to DIGEST`")
        self._desk.say("going back", to=began.before, why=why)
        self._desk.reconcile(began.before)
        return self._desk.end(Outcome.ROLLED_BACK, f"back on {began.before}: {why}")

    def _tell(self, seen: Seen) -> None:
        """Tells how far it is, when that has changed."""
        newest = seen.api.newest
        words = "" if newest is None else f"{newest.words}, stage {newest.stage}, {newest.weight:g} % of the requests"
        if words and words != self._last:
            self._desk.say(words)
            self._last = words


def overdue(seen: Seen, now: datetime, after: timedelta) -> list[str]:
    """Returns deployments that should have ended long ago, for people."""
    return [each.words for each in seen.under_way() if each.status.forward and now - each.created_at >= after]
