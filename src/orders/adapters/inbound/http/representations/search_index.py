"""Represents the index that the reference's search looks through."""

from typing import Literal

from typing_extensions import TypedDict


class SearchEntry(TypedDict):
    """A place in the reference."""

    kind: Literal["operation", "guide", "problem", "parameter", "header", "schema", "field"]
    title: str
    where: str
    """What it belongs to; for an operation its method and path."""
    href: str
    """Relative to this host."""
    text: str
    """The beginning of its description, or an operation's id."""


class SearchIndex(TypedDict):
    """All places in the reference, for its search."""

    entries: list[SearchEntry]
