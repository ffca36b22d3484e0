"""Writes docs/configuration.md from the settings class: ``python -m tools.settings_table``."""

from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from orders.bootstrap.config.roles import NOTIFIERS, WORKERS, WRITERS, Role, readers
from orders.bootstrap.config.settings import Settings

_HEAD = """# Configuration

Every setting, read from environment variables. Made from `src/orders/bootstrap/config/settings.py` by `make docs`; a
test compares the two. A wrong or missing value stops the start with one message that names all of them.

*Read by* names the roles whose processes read a setting: `api`, a worker by its name, `relay`, and `operator` for every
command that ends by itself. Nothing is asked of a role that does not read it. `orders dev` reads what `api`, workers
and relay do. `tests/integration/test_settings_by_role.py` holds this column against what each process reads.

| variable | type | default | read by | what it is |
|---|---|---|---|---|
"""
_GROUPS = (
    (frozenset(Role), "all"),
    (WRITERS, "all but `operator`"),
    (WORKERS, "workers"),
    (NOTIFIERS, "`internal-notifier`, `customer-notifier`"),
)


def configuration_page() -> str:
    """The page as Markdown."""
    rows = []
    for name, field in Settings.model_fields.items():
        kind = (
            str(field.annotation)
            .replace("typing.", "")
            .replace("pathlib._local.", "")
            .replace("pathlib.", "")
            .replace("pydantic.types.", "")
        )
        kind = kind.removeprefix("<class '").removesuffix("'>").replace("|", "\\|")
        cells = (f"`{name.upper()}`", kind, _default(field.default), _readers(readers(field)), str(field.description))
        rows.append(f"| {' | '.join(cells)} |")
    return _HEAD + "\n".join(rows) + "\n"


def _readers(roles: frozenset[Role]) -> str:
    named: list[str] = []
    # Each part of `orders dev` reads for it; only what it alone reads is said to be its own.
    left = roles if roles == frozenset(Role) or not roles & WRITERS else roles - {Role.LOCAL}
    for group, words in _GROUPS:
        if group <= left:
            named.append(words)
            left -= group
    return ", ".join([*named, *(f"`{role}`" for role in Role if role in left)]).replace("`local`", "`orders dev`")


def _default(value: Any) -> str:
    if value is PydanticUndefined or value is None:
        return "–"
    if isinstance(value, frozenset | tuple):
        return ", ".join(f"`{each}`" for each in value) or "–"
    return f"`{value}`" if str(value) else "–"


if __name__ == "__main__":
    Path("docs/configuration.md").write_text(configuration_page(), encoding="utf-8")
