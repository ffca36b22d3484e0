"""Kept answers as bytes: given again byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.wire.keyed_answers import KeyedAnswer

TEXTS = st.text(max_size=20)


@given(st.integers(200, 599), st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple), st.binary(max_size=60))
def test_an_answer_comes_back_as_it_was(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    answer = KeyedAnswer(status, headers, body)
    assert KeyedAnswer.decode(answer.encode()) == answer


def test_its_form_is_a_line_of_json_and_the_body() -> None:
    answer = KeyedAnswer(201, (("ETag", '"1-ab"'),), b'{"total":59.98}\n')
    assert answer.encode() == b'[201,[["ETag","\\"1-ab\\""]]]\n{"total":59.98}\n'


@pytest.mark.parametrize("other", [b"", b"Thandi", b"[201]", b"201", b'{"status":201}'])
def test_other_bytes_are_refused(other: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        KeyedAnswer.decode(other)
