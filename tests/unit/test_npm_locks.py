"""What npm installs is locked by hash, and names no registry."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools.npm_lock import NotLockedError, without_addresses

SETS = sorted((Path(__file__).parents[2] / "requirements/npm").iterdir())
HASH = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")


def lock(**package: Any) -> dict[str, Any]:
    return {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1.0.0"}}, "node_modules/a": package}}


@pytest.mark.parametrize("directory", SETS, ids=lambda each: each.name)
def test_every_package_is_locked_to_a_hash_and_no_address(directory: Path) -> None:
    text = (directory / "lock.json").read_text(encoding="utf-8")
    locked, wanted = json.loads(text), json.loads((directory / "package.json").read_text(encoding="utf-8"))
    packages = locked["packages"]
    assert "://" not in text
    assert [name for name, each in packages.items() if name and not HASH.fullmatch(each["integrity"])] == []
    assert packages.pop("")["dependencies"] == wanted["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted["dependencies"]} == wanted[
        "dependencies"
    ]


def test_there_are_such_sets() -> None:
    assert [each.name for each in SETS] == ["browser", "bruno", "clients"]


def test_addresses_are_taken_out() -> None:
    found = without_addresses(lock(version="1.0.0", integrity="sha512-x", resolved="https://r", funding={"url": "//f"}))
    assert found == lock(version="1.0.0", integrity="sha512-x")


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        ({"version": "1.0.0"}, "no hash: node_modules/a"),
        ({"version": "https://elsewhere/a.tgz", "integrity": "sha512-x"}, "an address is left: node_modules/a"),
    ],
)
def test_what_has_no_hash_or_keeps_an_address_is_refused(package: dict[str, Any], fault: str) -> None:
    with pytest.raises(NotLockedError, match=fault):
        without_addresses(lock(**package))
