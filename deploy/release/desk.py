"""What the commands share: the ports, and the steps that several of them take."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.release.decide import SETTLING
from deploy.release.evidence import Evidence
from deploy.release.figures import Environment
from deploy.release.model import ACCOUNT, API, Check, Deployment, Judgement, Outcome, Refused, Seen
from deploy.release.plan import judge
from deploy.release.ports import (
    Alarms,
    ApplyEnded,
    Applying,
    Backups,
    Clock,
    CloudFailed,
    Deployments,
    Plan,
    Preparations,
    Smoke,
    SmokeResult,
    StateLocked,
    Terraform,
)

LOOK_EVERY_SECONDS = 15.0
OUTAGE = timedelta(minutes=10)
"""So long AWS may fail to answer before a command gives up; what is under way goes on without it."""
BACKUP_WITHIN = timedelta(hours=2)
PLANS = 4
"""So often is planned anew when another apply came between a plan and its apply."""
BUSINESS_HOURS = (9, 15)
"""South African time (UTC+2, no summer time), Monday to Friday: a release of 75 minutes ends in daylight too."""

BackupsOf = Callable[[], Backups]


class PersonNeeded(Exception):
    """The tool can't go on; the message says what holds, and what to do."""


@dataclass(frozen=True, slots=True)
class Desk:
    """An environment, and everything that is asked and done there."""

    environment: Environment
    deployments: Deployments
    alarms: Alarms
    preparations: Preparations
    backups: Backups
    terraform: Terraform
    smoke: Smoke
    clock: Clock
    evidence: Evidence
    tell: Callable[[str], None]

    def say(self, what: str, **facts: Any) -> None:
        """Tells people, and the evidence."""
        self.evidence.note(what, **facts)
        self.tell(what)

    def standing(self, seen: Seen) -> list[str]:
        """Returns the alarms that would end a release and stand now.

        ECS watches none of a deployment's alarms if one of them stands when it begins: that release would be blind.
        https://aws.github.io/copilot-cli/docs/manifest/lb-web-service/#deployment
        """
        names: dict[str, list[str]] = {}
        for state in seen.states:
            names.setdefault(state.service.region, []).extend(state.alarm_names)
        return self.alarms.standing({region: each for region, each in names.items() if each})

    def plan(self, digest: str, *, at_once: bool) -> tuple[Plan, Judgement]:
        """Plans, and judges the plan. Raises: TerraformFailed."""
        plan = self.terraform.plan(digest, at_once=at_once)
        judged = judge(plan.document, digest)
        self.evidence.note("plan", digest=digest, at_once=at_once, changes=judged.changes, faults=judged.faults)
        return plan, judged

    def run_smoke(self, when: str) -> SmokeResult:
        """Runs the smoke test and keeps its report."""
        found = self.smoke.run()
        word = "passed" if found.passed else "failed"
        self.say(f"smoke {when}: {word}", detail=found.detail, report=found.report)
        return found

    def preflight(self, digest: str, *, outside_window: str | None = None) -> list[Check]:
        """Looks at all that could stop a release halfway; changes nothing. Raises: CloudFailed."""
        checks = [*self.preparations.checks(digest)]
        if any(each.ok is False and each.name == ACCOUNT for each in checks):
            # In another account nothing else could be said of this environment.
            self.evidence.checks(checks)
            return checks
        seen = self.deployments.observe()
        checks += [self._no_deployment(seen), *self._alarms(seen), self.hours(outside_window)]
        smoke = self.run_smoke("before")
        checks.append(Check("smoke test before", smoke.passed, smoke.detail))
        self.evidence.checks(checks)
        return checks

    def _no_deployment(self, seen: Seen) -> Check:
        going = [each.words for each in seen.under_way()]
        return Check("no deployment under way", not going, "; ".join(going) or "none")

    def _alarms(self, seen: Seen) -> list[Check]:
        watched = {s.service.region: len(s.alarm_names) for s in seen.states if s.service.role == API}
        wanted = self.environment.release_alarms
        there = all(number == wanted for number in watched.values())
        found = f"{wanted} each" if there else f"{watched}, not {wanted} each"
        standing = self.standing(seen)
        return [
            Check("rollback alarms are watched", there, found),
            Check("no rollback alarm stands", not standing, ", ".join(standing) or "none of them stands"),
        ]

    def hours(self, outside_window: str | None) -> Check:
        """Looks whether an environment that is released to in business hours has them now."""
        now = self.clock.now().astimezone(UTC) + timedelta(hours=2)
        first, last = BUSINESS_HOURS
        within = now.weekday() < 5 and first <= now.hour < last
        words = f"{now:%A %H:%M} in South Africa"
        if not self.environment.business_hours:
            return Check("deploy window", None, f"none here; {words}")
        if not within and outside_window:
            return Check("deploy window", None, f"{words}, outside of it: {outside_window}")
        return Check("deploy window", within, words + ("" if within else ": give the reason with --outside-window"))

    def prepare(self, seen: Seen) -> None:
        """Keeps what runs, and a backup of the table where the plan wants one. Raises: Refused: it failed."""
        self.evidence.note("task definitions that run", definitions=self.deployments.snapshot(seen))
        if self.environment.backup_days is None:
            return
        job = self.backups.start()
        self.say(f"backup of the table: job {job}")
        until = self.clock.now() + BACKUP_WITHIN
        while (state := self.backups.state(job)) != "COMPLETED":
            if state in {"ABORTED", "EXPIRED", "FAILED", "PARTIAL"} or self.clock.now() >= until:
                raise Refused(f"the backup before the release is {state} (job {job})")
            self.clock.wait(LOOK_EVERY_SECONDS)
        self.say("backup of the table: completed")

    def look(self) -> Seen:
        """Looks at AWS while something goes on there, and bears with an outage of some minutes. Raises: CloudFailed."""
        began = self.clock.now()
        while True:
            try:
                return self.deployments.observe()
            except CloudFailed as error:
                if self.clock.now() - began >= OUTAGE:
                    raise
                self.tell(f"looking again: {error}")
                self.clock.wait(LOOK_EVERY_SECONDS)

    def stop(self, deployments: Iterable[Deployment], why: str) -> None:
        """Has deployments rolled back, all of them whatever becomes of one. Raises: CloudFailed: the last failure."""
        failure: CloudFailed | None = None
        for each in deployments:
            self.say(f"stop-service-deployment, {each.service}", arn=each.arn, why=why)
            try:
                self.deployments.stop(each)
            except CloudFailed as error:
                self.say(f"not stopped: {error}")
                failure = error
        if failure is not None:
            raise failure

    def settle(self) -> Seen:
        """Waits until ECS is through with everything. Raises: PersonNeeded: not in time."""
        until = self.clock.now() + self.environment.abort_after + self.environment.bake
        while (seen := self.look()).under_way():
            if self.clock.now() >= until:
                raise PersonNeeded("; ".join(each.words for each in seen.under_way()) + ": it does not end")
            self.clock.wait(LOOK_EVERY_SECONDS)
        return seen

    def reconcile(self, digest: str) -> None:
        """Puts every service and Terraform's state on a digest of before, all requests at once.

        Raises: PersonNeeded: the plan would do more, or an apply fails. TerraformFailed.
        """
        for _ in range(PLANS):
            try:
                plan, judged = self.plan(digest, at_once=True)
            except StateLocked:
                self._wait_for_others()
                continue
            if judged.faults:
                raise PersonNeeded(
                    f"back to {digest} would do more than a release may: {'; '.join(judged.faults)}; apply the commit "
                    "of before as a whole (docs/runbooks/rollback.md)"
                )
            if judged.empty:
                break
            self.say(f"terraform apply, back to {digest}", changes=len(judged.changes))
            ended = self._waited(self.terraform.apply(plan))
            if ended.locked:
                self._wait_for_others()
            elif not (ended.ok or ended.stale):
                raise PersonNeeded(f"the apply back to {digest} failed: {ended.says}")
        else:
            raise PersonNeeded(f"back to {digest}: after {PLANS} plans Terraform still has something to change")
        until = self.clock.now() + SETTLING
        while not (seen := self.settle()).all_serve(digest) and self.clock.now() < until:
            self.clock.wait(LOOK_EVERY_SECONDS)
        if not seen.all_serve(digest):
            raise PersonNeeded(f"back to {digest}: {', '.join(seen.elsewhere(digest))}")
        self.say(f"every service and Terraform's state are on {digest}")

    def _wait_for_others(self) -> None:
        """Waits while whoever has the state's lock has ECS at work, such as another rollback to the same digest.

        Raises: StateLocked: nothing is under way, so nobody is waited for.
        """
        if not self.look().under_way():
            raise StateLocked("Terraform's state is locked, and no deployment is under way: docs/release.md")
        self.say("somebody else holds Terraform's state, and ECS is at work: waiting")
        self.settle()
        self.clock.wait(LOOK_EVERY_SECONDS)

    def _waited(self, applying: Applying) -> ApplyEnded:
        """Waits for an apply that goes back.

        It is not interrupted with its command: the provider would have ECS undo what it has begun, and bring the
        newer revision back.
        """
        while (ended := applying.ended()) is None:
            self.clock.wait(LOOK_EVERY_SECONDS)
        return ended

    def end(self, outcome: Outcome, words: str) -> Outcome:
        """Keeps and tells how the command ended."""
        self.evidence.end(outcome, words)
        self.tell(f"{outcome.name.lower().replace('_', ' ')}: {words}")
        return outcome


def since_beginning() -> datetime:
    """Returns a time before every deployment."""
    return datetime(2000, 1, 1, tzinfo=UTC)
