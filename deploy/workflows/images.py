"""Brings an image to an environment's registry by its digest: both architectures, and what is attested to it."""

import json
from pathlib import Path

from deploy.release.figures import REPOSITORY, Environment, environment
from deploy.release.model import Refused
from deploy.release.plan import DIGEST
from deploy.workflows.commands import Run, must


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


def push(run: Run, to: str, archive: Path, digest: str, tag: str) -> bool:
    """Pushes an archive (OCI) that was built and looked at before. Returns whether it had to. Raises: Refused."""
    return _bring(run, to, f"oci-archive:{archive}", _digest(digest), tag, source=None)


def copy(run: Run, to: str, source: str, digest: str, tag: str) -> bool:
    """Copies an image from the environment before. Returns whether it had to. Raises: Refused."""
    where = environment(source)
    place = f"docker://{host_of(where)}/{REPOSITORY}@{_digest(digest)}"
    return _bring(run, to, place, digest, tag, source=where)


def _bring(run: Run, to: str, place: str, digest: str, tag: str, *, source: Environment | None) -> bool:
    target = environment(to)
    if _there(run, target, digest):
        return False
    for registry in (target, source):
        if registry is not None:
            _sign_in(run, registry)
    into = f"docker://{host_of(target)}/{REPOSITORY}:{tag}"
    # Fails where the digest would become another one.
    must(run, ["skopeo", "copy", "--all", "--preserve-digests", place, into])
    if not _there(run, target, digest):
        raise Refused(f"{digest} is not in the registry of {to} after it was copied")
    return True


def _there(run: Run, where: Environment, digest: str) -> bool:
    command = ["aws", "ecr", "describe-images", "--region", where.regions[0], "--registry-id", where.account]
    done = run([*command, "--repository-name", REPOSITORY, "--image-ids", f"imageDigest={digest}"], None)
    if done.code and "ImageNotFoundException" not in done.err:
        raise Refused(f"the registry of {where.name} can't be read: {done.err.strip()}")
    return not done.code


def _sign_in(run: Run, where: Environment) -> None:
    password = must(run, ["aws", "ecr", "get-login-password", "--region", where.regions[0]])
    must(run, ["skopeo", "login", "--username", "AWS", "--password-stdin", host_of(where)], password)


def _digest(text: str) -> str:
    if DIGEST.fullmatch(text) is None:
        raise Refused(f"{text}: a digest is sha256: and 64 hexadecimal digits")
    return text
