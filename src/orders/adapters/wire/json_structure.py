"""Measures a JSON text's structure outside its strings: its depth, and its number of members.

This only counts and replaces bytes, so it costs little compared with parsing, whatever the text is. msgspec silently
keeps the last of several members with the same name; this module counts how many there were.
"""

import json
import re
from typing import Any

_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class _Repeated(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


def outside_strings(text: bytes) -> bytes:
    """Removes the strings from a JSON text. The result for a text that is not JSON is meaningless."""
    if b"\\" in text:
        # A run of backslashes begins with one that is not escaped, so pairing them from the left is right.
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(text.split(b'"')[::2])


def deeper_than(levels: int, outside: bytes) -> bool:
    """Tells whether arrays and objects are nested deeper; for a text that is not JSON the result may be wrong.

    Args:
        outside: the text without its strings.
    """
    skeleton = outside.translate(_BRACKETS, _ALL_BUT_BRACKETS)
    for _ in range(levels):
        if b"[]" not in skeleton:
            return False
        # Each turn removes the innermost level.
        skeleton = skeleton.replace(b"[]", b"")
    return b"[]" in skeleton


def lone_surrogate(text: bytes) -> int | None:
    """Finds the byte position of the first escaped surrogate without its other half; ``None`` if there is none."""
    awaited = None
    for escape in _ESCAPE.finditer(text):
        code = int(escape[1], 16) if escape[1] else 0
        is_low = 0xDC00 <= code <= 0xDFFF
        if awaited is not None and not (is_low and awaited.end() == escape.start()):
            break
        if awaited is None and is_low:
            return escape.start()
        awaited = escape if 0xD800 <= code <= 0xDBFF else None
    return None if awaited is None else awaited.start()


def members(value: Any) -> int:
    """Counts the members of all objects in the value."""
    count, layer = 0, [value]
    while layer:
        below: list[Any] = []
        for node in layer:
            if isinstance(node, dict):
                count += len(node)
                below += node.values()
            elif isinstance(node, list):
                below += node
        layer = below
    return count


def repeated_name(text: bytes) -> str:
    """Finds the first name that an object of the text has twice; there must be one."""
    try:
        # Numbers stay text: converting huge ones takes long, and they don't matter here.
        json.loads(text, object_pairs_hook=_without_repetition, parse_int=str, parse_float=str)
    except _Repeated as found:
        return found.name
    raise AssertionError("no object of the text has two members of one name")


def _without_repetition(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _Repeated(name)
        seen.add(name)
