"""``rollback`` and ``abort``: the revision of before, wherever a release has got to."""

from deploy.release.decide import way_back
from deploy.release.desk import Desk, PersonNeeded
from deploy.release.model import Outcome, Refused, Seen, Status
from deploy.release.promote import overdue


class Rollback:
    """Brings the digest of before back. Repeated, or started again after it was killed, it ends in the same state."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def execute(self, reason: str, to: str | None = None) -> Outcome:
        """Inside bake time the deployment is stopped; afterwards the digest of before is applied, at once.

        Raises: Refused: nothing to go back to. PersonNeeded, CloudFailed, TerraformFailed.
        """
        desk = self._desk
        if not reason.strip():
            raise Refused("a rollback has a reason: what was seen, for the record")
        seen = desk.deployments.observe()
        found = way_back(seen, desk.deployments.history(desk.environment.api), to)
        if to is not None:
            self._is_there(to)
        desk.say(f"rollback to {found.to}: {found.why}", reason=reason)
        desk.stop(found.stop, reason)
        self._check(desk.settle(), found.to)
        desk.reconcile(found.to)
        smoke = desk.run_smoke("after the rollback")
        if not smoke.passed:
            raise PersonNeeded(f"every service is on {found.to}, but the smoke test fails: {smoke.detail}")
        return desk.end(Outcome.DONE, f"back on {found.to}: {reason}")

    def _is_there(self, to: str) -> None:
        """Looks for an image that a person has named. Raises: Refused."""
        missing = [each for each in self._desk.preparations.images(to) if each.ok is False]
        if missing:
            raise Refused("; ".join(f"{each.name}: {each.detail}" for each in missing))

    @staticmethod
    def _check(seen: Seen, to: str) -> None:
        stuck = [each.words for each in seen.deployments() if each.status is Status.ROLLBACK_FAILED]
        if stuck:
            raise PersonNeeded(f"ECS could not roll back to {to}: {'; '.join(stuck)}")


class Abort:
    """Ends a release that is under way, once it has taken too long or for a reason that is given."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def execute(self, reason: str | None) -> Outcome:
        """Without a reason only what is over its time is ended. Raises: as ``Rollback.execute``."""
        desk = self._desk
        seen = desk.deployments.observe()
        late = overdue(seen, desk.clock.now(), desk.environment.abort_after)
        newest = seen.api.newest
        going = [each.words for each in seen.under_way()]
        # Taken back by ECS while nobody looked: the other services and Terraform's state have still to follow.
        # Tasks of the same digest that could not be replaced are no release.
        returned = newest is not None and newest.status.failed and newest.digest != newest.before
        if reason and going and all(each.digest == each.before for each in seen.under_way()):
            return self._stop(seen, reason)
        if late or (going and reason) or returned:
            return Rollback(desk).execute(reason or "; ".join(late) or "ECS has taken the API back")
        if going:
            return desk.end(Outcome.DONE, f"not over its time yet, left alone: {'; '.join(going)}")
        return desk.end(Outcome.DONE, "nothing is under way")

    def _stop(self, seen: Seen, reason: str) -> Outcome:
        """Stops the replacing of tasks, which is no release: there is no digest of before to bring back."""
        desk = self._desk
        desk.stop([each for each in seen.under_way() if each.status.forward], reason)
        desk.settle()
        return desk.end(Outcome.DONE, f"stopped, on the digest that was there: {reason}")
