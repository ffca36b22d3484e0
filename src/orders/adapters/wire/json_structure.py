"""A JSON text's structure, from what stands outside its strings: how deep it is, how many members it has.

All of it is counting and replacing of bytes, so it costs little beside parsing, whatever the text is. msgspec keeps
the last of several members of one name and tells nobody; how many there were is seen here.
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
    """The text without its strings. What comes of a text that is no JSON means nothing."""
    if b"\\" in text:
        # A run of backslashes begins with one that is not escaped, so the pairs are found as they are meant.
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(text.split(b'"')[::2])


def deeper_than(levels: int, outside: bytes) -> bool:
    """Whether arrays and objects are nested deeper; of a text that is no JSON it may go unnoticed.

    Args:
        outside: the text without its strings.
    """
    skeleton = outside.translate(_BRACKETS, _ALL_BUT_BRACKETS)
    for _ in range(levels):
        if b"[]" not in skeleton:
            return False
        # What holds no other goes: one level with each turn.
        skeleton = skeleton.replace(b"[]", b"")
    return b"[]" in skeleton


def lone_surrogate(text: bytes) -> int | None:
    """Where the first escape of half a character is whose other half does not follow; ``None`` without one."""
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
    """How many members all objects in the value have."""
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
    """The first name that an object of the text has twice, once it is known that there is one."""
    try:
        # Numbers stay text: they may be monstrous, and are of no interest.
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
