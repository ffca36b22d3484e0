"""Tags of releases: ``v1.0.0-sit``, ``v1.0.0-prod``. A tag stays where it is; another image needs another version."""

import json

from deploy.release.model import Refused
from deploy.workflows.commands import Run, asked, must
from orders import __version__

TAGGED = ("sit", "prod")


def name_of(environment: str, version: str = __version__) -> str:
    """Returns the tag of this version's release. Raises: Refused: releases to there have none."""
    if environment not in TAGGED:
        raise Refused(f"releases to {environment} have no tag: {', '.join(TAGGED)} have")
    return f"v{version}-{environment}"


def check(run: Run, environment: str, repository: str, commit: str) -> bool:
    """Returns whether the tag is there already, on this commit. Raises: Refused: it is on another one."""
    name = name_of(environment)
    refs = asked(run, ["gh", "api", f"repos/{repository}/git/matching-refs/tags/{name}"])
    found = {each["ref"]: each["object"]["sha"] for each in refs}.get(f"refs/tags/{name}")
    if found not in {None, commit}:
        raise Refused(f"{name} is on {found}: this version was released already; raise the version")
    return found is not None


def put(run: Run, environment: str, repository: str, commit: str) -> str:
    """Puts the tag on the commit that the image is of, and returns its name. Raises: Refused."""
    name = name_of(environment)
    if not check(run, environment, repository, commit):
        body = json.dumps({"ref": f"refs/tags/{name}", "sha": commit})
        must(run, ["gh", "api", "--method", "POST", f"repos/{repository}/git/refs", "--input", "-"], body)
    return name
