"""Writes docs/configuration.md from the settings class: ``python -m tools.settings_table``."""

from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from orders.bootstrap.config.settings import Settings

_HEAD = """# Configuration

Every setting, read from environment variables. Made from `src/orders/bootstrap/config/settings.py` by `make docs`; a
test compares the two. A wrong or missing value stops the start with one message that names all of them.

| variable | type | default | what it is |
|---|---|---|---|
"""


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
        rows.append(f"| `{name.upper()}` | {kind} | {_default(field.default)} | {field.description} |")
    return _HEAD + "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    if value is PydanticUndefined or value is None:
        return "–"
    if isinstance(value, frozenset | tuple):
        return ", ".join(f"`{each}`" for each in value) or "–"
    return f"`{value}`" if str(value) else "–"


if __name__ == "__main__":
    Path("docs/configuration.md").write_text(configuration_page(), encoding="utf-8")
