"""Writes what npm has locked without addresses: ``python -m tools.npm_lock FROM TO``.

`npm ci` holds each package against its hash and asks whichever registry it is configured for. So the file names none,
as the lock files of pip do not.
"""

import json
import sys
from pathlib import Path
from typing import Any

ADDRESSES = frozenset({"resolved", "funding", "deprecated", "license"})
"""Members of a package that are addresses or may hold one. None of them is needed to install it."""


class NotLockedError(Exception):
    """A package has no hash to be held against, or an address is left in the file."""


def without_addresses(lock: dict[str, Any]) -> dict[str, Any]:
    """The lock with every package's address removed. Raises: NotLockedError."""
    packages = {
        path: {key: value for key, value in package.items() if key not in ADDRESSES}
        for path, package in lock["packages"].items()
    }
    unlocked = [path for path, package in packages.items() if path and "integrity" not in package]
    if unlocked:
        raise NotLockedError(f"no hash: {', '.join(unlocked)}")
    addressed = [path for path, package in packages.items() if "://" in json.dumps(package)]
    if addressed:
        raise NotLockedError(f"an address is left: {', '.join(addressed)}")
    return lock | {"packages": packages}


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    content = without_addresses(json.loads(source.read_text(encoding="utf-8")))
    target.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
