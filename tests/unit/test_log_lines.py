"""Lines of logs: one line of ASCII each, that says what the standard library's JSON would say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.log_lines import json_line
from orders.ports.audit import AuditOutcome

_LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
EVENTS = st.dictionaries(
    st.text(), st.recursive(_LEAVES, lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)


@given(EVENTS)
def test_a_line_says_what_the_standard_library_s_would(event: dict[str, Any]) -> None:
    line = json_line(event)
    assert json.loads(line) == json.loads(json.dumps(event))
    assert line.isascii()
    assert line.splitlines() == [line]


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "Zoë", "\ud800", "a\nb\r\x0b\x0c\x1c"])
def test_what_ends_a_line_elsewhere_is_escaped(text: str) -> None:
    line = json_line({"event": text})
    assert json.loads(line) == {"event": text}
    assert line.isascii()
    assert line.splitlines() == [line]


def test_values_that_json_has_no_form_for_are_represented() -> None:
    class Thing:
        def __repr__(self) -> str:
            return "a thing"

    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert json.loads(json_line({"it": Thing(), "also": ["é", Thing()]})) == {"it": "a thing", "also": ["é", "a thing"]}
    assert json.loads(json_line({"deep": deep, "outcome": AuditOutcome.ALLOWED})) == {
        "deep": deep,
        "outcome": "allowed",
    }
