"""Brings an image to an environment's registry by its digest: both architectures, and what is attested to it."""

import json
from collections.abc import Callable
from pathlib import Path

from deploy.release.figures import REPOSITORY, Environment, environment
from deploy.release.model import Refused
from deploy.release.plan import DIGEST
from deploy.workflows.commands import Run, must

Wait = Callable[[float], None]
"""Returns when so many seconds have passed."""
_EVERY_SECONDS = 15.0
_LOOKS = 120


def digest_of(metadata: Path) -> str:
    """Returns the digest that ``docker buildx build --metadata-file`` wrote. Raises: Refused: there is none."""
    try:
        digest = str(json.loads(metadata.read_text(encoding="utf-8"))["containerimage.digest"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{metadata}: no digest of an image: {error!r}") from error
    return _digest(digest)


def host_of(where: Environment) -> str:
    """Returns the registry of an environment, in the region that its requests go to."""
    return f"{where.account}.dkr.ecr.{where.regions[0]}.amazonaws.com"


def push(run: Run, to: str, archive: Path, digest: str, tag: str, wait: Wait) -> bool:
    """Pushes an archive (OCI) that was built and looked at before. Returns whether it had to. Raises: Refused."""
    brought = _bring(run, to, f"oci-archive:{archive}", _digest(digest), tag, source=None)
    _until_everywhere(run, environment(to), digest, wait)
    return brought


def copy(run: Run, to: str, source: str, digest: str, tag: str, wait: Wait) -> bool:
    """Copies an image from the environment before. Returns whether it had to. Raises: Refused."""
    where = environment(source)
    place = f"docker://{host_of(where)}/{REPOSITORY}@{_digest(digest)}"
    brought = _bring(run, to, place, digest, tag, source=where)
    _until_everywhere(run, environment(to), digest, wait)
    return brought


def _until_everywhere(run: Run, target: Environment, digest: str, wait: Wait) -> None:
    """Waits until the registry has copied it to the other regions, "in less than 30 minutes" in most cases.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
    """
    for region in target.regions[1:]:
        for _ in range(_LOOKS):
            if _there(run, target, digest, region):
                break
            wait(_EVERY_SECONDS)
        else:
            minutes = _LOOKS * _EVERY_SECONDS / 60
            raise Refused(f"{digest} is not in {region} {minutes:g} minutes after it was in {target.regions[0]}")


def _bring(run: Run, to: str, place: str, digest: str, tag: str, *, source: Environment | None) -> bool:
    target = environment(to)
    if _there(run, target, digest, target.regions[0]):
        return False
    for registry in (target, source):
        if registry is not None:
            _sign_in(run, registry)
    into = f"docker://{host_of(target)}/{REPOSITORY}:{tag}"
    # Fails where the digest would become another one.
    must(run, ["skopeo", "copy", "--all", "--preserve-digests", place, into])
    if not _there(run, target, digest, target.regions[0]):
        raise Refused(f"{digest} is not in the registry of {to} after it was copied")
    return True


def _there(run: Run, where: Environment, digest: str, region: str) -> bool:
    command = ["aws", "ecr", "describe-images", "--region", region, "--registry-id", where.account]
    done = run([*command, "--repository-name", REPOSITORY, "--image-ids", f"imageDigest={digest}"], None)
    if done.code and "ImageNotFoundException" not in done.err:
        raise Refused(f"the registry of {where.name} in {region} can't be read: {done.err.strip()}")
    return not done.code


def _sign_in(run: Run, where: Environment) -> None:
    password = must(run, ["aws", "ecr", "get-login-password", "--region", where.regions[0]])
    must(run, ["skopeo", "login", "--username", "AWS", "--password-stdin", host_of(where)], password)


def _digest(text: str) -> str:
    if DIGEST.fullmatch(text) is None:
        raise Refused(f"{text}: a digest is sha256: and 64 hexadecimal digits")
    return text
