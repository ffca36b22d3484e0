"""JSON bodies: what is no JSON, or none that anybody could be sure of, is refused and says why."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.wire import json_body
from orders.adapters.wire.json_body import MAX_DEPTH, MAX_MEMBERS, MalformedJson
from orders.adapters.wire.json_structure import deeper_than, outside_strings
from tests.support.http_api import ORDERS, Api, expect

TWICE = [
    (b'{"a":1,"a":2}', "a"),
    (b'{"a":1,"\\u0061":1}', "a"),
    (b'[{"x":{"b":null,"c":[{"d":1,"d":1}]}}]', "d"),
    (b'{"\\\\":1, "b" : "\\\\\\"" ,"\\\\":2}', "\\"),
    (b'{"":1,"":2}', ""),
    (b'{"customer_id":"a","total":1E999999,"total":' + b"9" * 4000 + b"}", "total"),
]
ONCE = [
    b'{"a":":","b":"\\":\\":"}', b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', b'{"\\\\":"a\\\\","b":"{\\"c\\":1}"}',
    b'{"a":1,"A":2,"\xc3\xa4":3,"a\xcc\x88":4}', b' { "a" : [ ] , "b" : { } } ', b"[]", b'"a:b"',
]  # fmt: skip


@pytest.mark.parametrize(("body", "name"), TWICE)
def test_a_member_that_is_there_twice_is_refused_by_name(body: bytes, name: str) -> None:
    with pytest.raises(MalformedJson, match=re.escape(f"the member {name!r} twice")):
        json_body.decode(body)


@pytest.mark.parametrize("body", ONCE)
def test_what_only_looks_like_it_is_not(body: bytes) -> None:
    assert json_body.decode(body) == json.loads(body)


_names = st.text(alphabet='ab"\\:{}[],\u00e9', max_size=2)
_pairs = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(alphabet='a"\\:{}[], \n\u00e9', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_names, inner), max_size=4).map(tuple),
    max_leaves=12,
)
"""JSON values whose objects are tuples of pairs, names repeated or not."""


def _written(value: Any, ascii_only: bool) -> str:
    if isinstance(value, tuple):
        members = (f"{_written(name, ascii_only)} :{_written(each, ascii_only)}" for name, each in value)
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each, ascii_only) for each in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


def _repeats(value: Any) -> bool:
    if isinstance(value, tuple):
        return len({name for name, _ in value}) < len(value) or any(_repeats(each) for _, each in value)
    return isinstance(value, list) and any(map(_repeats, value))


def _depth(value: Any) -> int:
    inside = value if isinstance(value, list) else [each for _, each in value] if isinstance(value, tuple) else None
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)


@given(_pairs, st.booleans())
def test_repeated_names_and_depth_are_seen_however_it_is_written(value: Any, ascii_only: bool) -> None:
    text = _written(value, ascii_only).encode()
    depth = _depth(value)
    assert not deeper_than(depth, outside_strings(text))
    assert depth == 0 or deeper_than(depth - 1, outside_strings(text))
    if _repeats(value):
        with pytest.raises(MalformedJson, match="twice"):
            json_body.decode(text)
    else:
        assert json_body.decode(text) == json.loads(text)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "not UTF-8 at byte"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":-Infinity}', "not valid JSON"),
        (b'{"a":"\\ud800"}', "not valid JSON"),
        (b'{"a":"\\udc00\\ud800"}', "not valid JSON"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8 at byte"),
        (b'{"a":"\xc0\xaf"}', "not UTF-8 at byte"),
        (b'{"a":"\x00"}', "not valid JSON"),
        (b'{"a":01}', "not valid JSON"),
        (b'{"a":1} {}', "not valid JSON"),
        (b'{"a":' + b"9" * 100_000 + b"}", "too many digits"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deeper than 20"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "deeper than 20"),
        (b"[" * 130_000 + b"]" * 130_000, "deeper than 20"),
        (b"[" * 19_000, "deeper than 20"),
        (b"[" * 200_000, "more than 20,000 objects and arrays"),
        (b"[" + b"{}," * 20_000 + b"[]]", "more than 20,000 objects and arrays"),
        (b"{" + b",".join(b'"k%d":1' % at for at in range(MAX_MEMBERS + 1)) + b"}", "more than 20,000 members"),
        (b'{"items":[{"a":1},{"a":', "not valid JSON"),
    ],
)
async def test_what_is_no_json_for_us_is_400_and_says_why(api: Api, body: bytes, says: str) -> None:
    assert says in expect(await api.call("POST", ORDERS, body), 400, "malformed-request")["detail"]


def test_as_deep_as_may_be_is_taken() -> None:
    deep = json_body.decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert _depth(deep) == MAX_DEPTH


def test_a_page_is_encoded_as_any_other_object() -> None:
    page = {"items": [{"total": Decimal("0.10")}, {"name": 'Käse "mild"'}], "next_cursor": None, "unreadable": 1}
    assert json_body.encode_page(page) == json_body.encode(page)
    assert json_body.encode_page({"items": [], "next_cursor": None}) == b'{"items":[],"next_cursor":null}'
