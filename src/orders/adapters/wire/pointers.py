"""Converts faults' paths to JSON pointers (RFC 6901), and stored pointers back to paths."""

from orders.domain.errors import Path


def pointer_of(path: Path) -> str:
    """Converts a path to the pointer to that place in a document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def path_of(pointer: str) -> Path:
    """Converts a pointer to a path; digits become an index of a list. Raises: ValueError: it is no pointer."""
    if pointer and not pointer.startswith("/"):
        raise ValueError("a JSON pointer begins with a slash")
    parts = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    return tuple(int(part) if _is_place(part) else part for part in parts)


def _is_place(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= _MAX_DIGITS and (part == "0" or part[0] != "0")


_MAX_DIGITS = 9
