"""A JSON text's structure, from what stands outside its strings: how deep it is, how many members it has.

All of it is counting and replacing of bytes, so it costs little beside parsing, whatever the text is. msgspec keeps
the last of several members of one name and tells nobody; how many there were is seen here.
"""

import json
from typing import Any

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
