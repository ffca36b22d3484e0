"""The pages say nothing of tests that aren't there, and link to nothing that is missing."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
REQUIREMENTS = [
    *(f"DOM-{n}" for n in range(1, 8)), *(f"API-{n}" for n in range(1, 10)), *(f"PIPE-{n}" for n in range(1, 14)),
    *(f"DATA-{n}" for n in range(1, 6)), *(f"SEC-{n}" for n in range(1, 10)), *(f"OPS-{n}" for n in range(1, 13)),
    *(f"Q-{n}" for n in range(1, 16)),
]  # fmt: skip


def test_every_test_that_the_requirements_name_is_there() -> None:
    named = NAMED.findall((ROOT / "docs/requirements.md").read_text(encoding="utf-8"))
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or (name and f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8"))
    ]
    assert len(named) > 50
    assert missing == []


def test_every_requirement_has_its_line() -> None:
    page = (ROOT / "docs/requirements.md").read_text(encoding="utf-8")
    assert [name for name in REQUIREMENTS if not re.search(rf"^\| ?\[?{name}\]? ?\|", page, re.MULTILINE)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
