"""Who has approved a run: once more asked of GitHub by the job that releases, whatever the workflow before it says."""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.release.model import Refused
from deploy.workflows.commands import Run, asked


def judge(wanted: Sequence[str], reviews: Sequence[Mapping[str, Any]], asker: str) -> dict[str, str]:
    """Returns who approved, by environment on GitHub.

    Args:
        wanted: environments, one for each approver.
        reviews: the run's reviews, as GitHub's API has them.
        asker: whoever started the run.

    Raises:
        Refused: an approval is missing, is the asker's own, or one person's for two approvers.
    """
    found: dict[str, str] = {}
    for review in reviews:
        names = {str(each.get("name")) for each in review.get("environments", [])}
        login = str((review.get("user") or {}).get("login") or "")
        for name in names & set(wanted):
            if review.get("state") == "rejected":
                raise Refused(f"{name}: rejected by {login}: begin a new run")
            if review.get("state") == "approved":
                found[name] = login
    missing = [name for name in wanted if not found.get(name)]
    if missing:
        raise Refused(f"not approved: {', '.join(missing)}")
    if asker.lower() in {login.lower() for login in found.values()}:
        raise Refused(f"{asker} has asked for this release, and approved it too")
    if len({login.lower() for login in found.values()}) < len(found):
        raise Refused(f"one person approved for two: {', '.join(f'{name} {login}' for name, login in found.items())}")
    return found


def check(run: Run, wanted: Sequence[str], repository: str, run_id: str, asker: str) -> dict[str, str]:
    """Asks GitHub who has approved this run. Raises: Refused."""
    if not wanted:
        raise Refused("nobody is named who could approve: environments.json and environments.yaml say who")
    return judge(wanted, asked(run, ["gh", "api", f"repos/{repository}/actions/runs/{run_id}/approvals"]), asker)
