"""The costliest bodies of 256 KiB that an operation can be sent, made from the schema of what it takes.

Whatever place a schema has for an object, a list, a text or a number is filled with what costs readers most there, so
an operation that comes later is tried without anything being added here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from orders.adapters.inbound.http.app import MAX_BODY_BYTES
from orders.adapters.wire.json_body import MAX_DEPTH, MAX_MEMBERS

Schema = Mapping[str, Any]

_MOST_ELEMENTS = 500
"""Of a list, as far as its schema doesn't say."""
_BROADEST = 2 * MAX_MEMBERS // 3
"""Unknown names of an object: near 14,000 fit into a body."""

_NUMBER = "(a number)"
"""Stands for one until its value is written."""

# What each is hard for: the search for card numbers, NFC, its expansion, the scripts' digits, patterns, e-mail
# addresses, masks of logs and problems.
TEXTS: Mapping[str, str] = {
    "single digits": "4 ",
    "digits and dashes": "4-1-1-1 ",
    "digits of other scripts": "\u0664\u00a0",
    "card numbers": "4111 1111 1111 1111 ",
    "combining marks": "a" + "\u0315\u0300" * 15,
    "too many marks": "\u0315\u0300",
    "expanding": "\ufdfa",
    "decomposed": "e\u0301",
    "blank": "\u3164",
    "addresses": "a@b.",
    "domains": "a" * 60 + ".",
    "masked pairs": "name=x;email: 'y' ",
    "quotes": "name='",
    "brackets": "name=[(",
    "telephones": "+1 ",
    "escapes": '\\\\"',
    "a long word": "x",
}


def worst_bodies(schema: Schema, components: Mapping[str, Schema]) -> Iterator[tuple[str, bytes]]:
    """Bodies by what is bad about them, each within the size that is taken and as near to it as it gets."""
    whole = _Whole(components)
    yield from _structures()
    properties = whole.resolved(schema).get("properties", {})
    yield "unknown names", _object({}, _near(properties))
    yield "unknown names that nothing is like", _object({}, (f"{at}qz" for at in count()))
    yield "unknown names with dots and tildes", _object({}, (f"~/{at}.it~e/m" for at in count()))
    yield "unknown names set to null", _object({}, _near(properties), value="null")
    for name, member in properties.items():
        yield from whole.in_member(name, whole.resolved(member))
    plain = [name for name, each in properties.items() if _kind(whole.resolved(each)) not in {"object", "array"}]
    for what, part in TEXTS.items():
        yield f"long texts: {what}", _cut(dict.fromkeys(plain, _text(part, MAX_BODY_BYTES // max(1, len(plain)))))
        yield f"every text: {what}", _cut(whole.filled(schema, part))
    yield "lists for texts", _cut(dict.fromkeys(plain, [1] * (MAX_BODY_BYTES // 4 // max(1, len(plain)))))
    for number in ("1E999999", "1E-999999", "9" * 60, "9" * 4000, "0." + "0" * 50 + "1", "-0", "1.50"):
        yield f"every number: {number[:12]}", _cut(whole.filled(schema, "x"), number)


def _structures() -> Iterator[tuple[str, bytes]]:
    room = MAX_BODY_BYTES - 100
    yield "as deep as may be", b"[" + b",".join([b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1)] * (room // 40)) + b"]"
    nested = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH
    yield "objects as deep as may be", b'{"a":[' + b",".join([nested.replace(b'{"a":', b"", 2)[:-2]] * 900) + b"]}"
    yield "one level too deep", b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1) + b" " * room
    yield "far too deep", b"[" * (room // 2) + b"]" * (room // 2)
    yield "objects far too deep", b'{"a":' * (room // 6) + b"1" + b"}" * (room // 6)
    yield "one digit after another", b'{"total":' + b"9" * room + b"}"
    yield "a fraction without end", b'{"total":0.' + b"9" * room + b"}"
    yield "long numbers", b'{"total":[' + b",".join([b"9" * 4000] * (room // 4001)) + b"]}"
    yield "exponents", b'{"total":[' + b",".join([b"1E999999"] * (room // 9)) + b"]}"
    yield "a name twice", _object({}, (f"k{at}" for at in count()), last='"k0":1')
    yield "one name again and again", b"{" + b",".join([b'"a":1'] * MAX_MEMBERS) + b"}"
    yield "too many members", b"{" + b",".join([b'"a":1'] * (room // 6)) + b"}"
    yield "cut off", b'{"a":"' + b"x" * room
    yield "no UTF-8 at its end", b'{"a":"' + b"x" * room + b'\xff"}'
    yield "half a character at its end", b'{"a":"' + b"\\ud83d\\ude00" * (room // 12 - 1) + b'\\ud83d"}'
    yield "escapes", b'{"a":"' + b"\\u0041" * (room // 6) + b'"}'
    yield "backslashes", b'{"a":"' + b"\\\\" * (room // 2) + b'"}'
    yield "empty texts", b'{"a":[' + b",".join([b'""'] * (room // 3)) + b"]}"
    yield "blanks", b" " * room + b"{}"
    yield "a long name", b'{"' + b"k" * room + b'":1}'
    yield "a name of digits", b'{"' + b"4 " * (room // 2) + b'":1}'
    yield "a list", b"[" + b",".join([b"1"] * (room // 2)) + b"]"


class _Whole:
    """A document's schemas, and values for them."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def resolved(self, schema: Schema) -> Schema:
        """Resolves a schema's references and drops its ``null``."""
        while True:
            if "$ref" in schema:
                schema = self._components[schema["$ref"].rpartition("/")[2]]
            elif "anyOf" in schema or "oneOf" in schema:
                schema = next(each for each in (schema.get("anyOf") or schema["oneOf"]) if each.get("type") != "null")
            else:
                return schema

    def in_member(self, name: str, schema: Schema) -> Iterator[tuple[str, bytes]]:
        """Bodies with a bad value for one member."""
        kind = _kind(schema)
        if kind == "object":
            properties = self.resolved(schema).get("properties", {})
            for like, names in (("", _near(properties)), (" that are none", (f"k {at}\u0301" for at in count()))):
                yield f"unknown names{like} in {name}", _object({}, names, inside=name)
                yield f"null for unknown names{like} in {name}", _object({}, names, value="null", inside=name)
        elif kind == "array":
            element = self.resolved(schema["items"])
            near = _near(element.get("properties", {}))
            elements = schema.get("maxItems", _MOST_ELEMENTS)
            few = {f"{next(near)}": 1 for _ in range(MAX_MEMBERS // elements - 1)}
            text = json.dumps(few)
            yield f"unknown names in each of {name}", _list(name, [text] * elements)
            yield f"one unknown name in each of {name}", _list(name, [json.dumps({next(near): 1})] * elements)
            for value in ("{}", "1", '""', "[]", "null", "1E999999"):
                yield f"{value} in {name}", _list(name, [value] * elements)
                yield f"no end of {value} in {name}", _list(name, [value] * (MAX_BODY_BYTES // (len(value) + 1)))

    def filled(self, schema: Schema, part: str, most: int = _MOST_ELEMENTS) -> Any:
        """A value with all that the schema has a place for, its texts made of ``part`` and as long as may be."""
        schema = self.resolved(schema)
        kind = _kind(schema)
        if kind == "object":
            members = {name: self.filled(each, part, most) for name, each in schema.get("properties", {}).items()}
            others = schema.get("additionalProperties")
            if isinstance(others, Mapping):
                filled = self.filled(others, part, most)
                members |= {f"k{at}": filled for at in range(schema.get("maxProperties", 20))}
            return members
        if kind == "array":
            return [self.filled(schema["items"], part, most=2)] * min(most, schema.get("maxItems", most))
        if kind == "string":
            return schema["enum"][0] if "enum" in schema else _text(part, schema.get("maxLength", 64))
        return _NUMBER if kind in {"number", "integer"} else None


def _kind(schema: Schema) -> str:
    kinds = schema.get("type", "object")
    return kinds if isinstance(kinds, str) else str(next(kind for kind in kinds if kind != "null"))


def _near(known: Mapping[str, Any]) -> Iterator[str]:
    """Names that resemble those that are known: what a search for the one that is meant has most to do with."""
    names = list(known) or ["name"]
    for at in count():
        name = names[at % len(names)]
        yield f"{name[:-1]}{at:x}{name[-1]}"


def _text(part: str, characters: int) -> str:
    return (part * (characters // len(part) + 1))[:characters]


def _object(
    members: Mapping[str, Any], names: Iterator[str], *, value: str = "1", last: str = "", inside: str | None = None
) -> bytes:
    """An object of as many of those names as there is room for, or one that has it as a member."""
    pieces = [f"{json.dumps(name)}:{json.dumps(each)}" for name, each in members.items()]
    room = MAX_BODY_BYTES - 200 - len(last)
    while room > 0 and len(pieces) < _BROADEST:
        pieces.append(f"{json.dumps(next(names), ensure_ascii=False)}:{value}")
        room -= len(pieces[-1].encode()) + 1
    text = "{" + ",".join([*pieces, *([last] if last else [])]) + "}"
    return (text if inside is None else f"{{{json.dumps(inside)}:{text}}}").encode()


def _list(name: str, elements: Sequence[str]) -> bytes:
    """An object with a list of as many of those elements as there is room for."""
    room, taken = MAX_BODY_BYTES - 200, 0
    for element in elements:
        room -= len(element.encode()) + 1
        if room < 0:
            break
        taken += 1
    return f"{{{json.dumps(name)}:[{','.join(elements[:taken])}]}}".encode()


def _cut(value: Any, number: str = "1") -> bytes:
    """The value as JSON, with as much of its lists as there is room for.

    Args:
        number: as all its numbers are to be written.
    """
    while (
        len(text := json.dumps(value, ensure_ascii=False).replace(json.dumps(_NUMBER), number).encode())
        > MAX_BODY_BYTES
    ):
        value = _shorter(value)
    return text


def _shorter(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shorter(each) for name, each in value.items()}
    if isinstance(value, list):
        return value[: len(value) * 9 // 10]
    return value[: max(64, len(value) * 9 // 10)] if isinstance(value, str) else value
