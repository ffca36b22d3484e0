"""Messages' texts are read with a limit of their own."""

import json
from typing import Any

import pytest

from orders.application.mail.notify_dead_letters import NO_EVENT, sequence_in
from orders.application.operations.dead_letters import Subject, subject_of
from orders.application.operations.message_outline import outline
from orders.contracts.message_text import MAX_DEPTH, parse_text
from tests.support.hostile import TOO_DEEP, nested


@pytest.mark.parametrize("value", [1, "a", None, [], {}, {"a": [1, {"b": "c"}]}])
def test_what_is_no_deeper_than_allowed_is_read(value: Any) -> None:
    assert parse_text(json.dumps(value)) == value


def test_the_last_level_is_read_and_the_next_is_not() -> None:
    parse_text(nested(MAX_DEPTH - 1))
    with pytest.raises(ValueError, match=f"deeper than {MAX_DEPTH} levels"):
        parse_text(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("body", TOO_DEEP, ids=lambda body: f"{len(body)} characters")
def test_what_says_whom_a_letter_is_about_never_fails(body: str) -> None:
    assert subject_of(body) == Subject()
    assert subject_of(json.dumps({"TopicArn": "arn", "Message": body})) == Subject()
    assert sequence_in(body) == NO_EVENT
    assert outline(body) == f"no JSON: {len(body)} characters"


@pytest.mark.parametrize("sequence", ["9" * 5000, "9" * 19, "", "-1", "1.5", 7, None])
def test_a_sequence_that_is_none_is_no_event(sequence: Any) -> None:
    assert sequence_in(json.dumps({"detail": {"sequence": sequence}})) == NO_EVENT


def test_an_outline_can_be_printed_whatever_its_names_are() -> None:
    shown = outline('{"\\ud800\\u009b": "Zoë", "status": "\\u202egone", "id": "7/a"}')
    assert json.loads(shown.encode()) == {"…1": "…", "status": "…", "id": "…"}


def test_an_outline_shows_nothing_of_a_person_wherever_it_stands() -> None:
    body = {"id": "jane@x.example", "status": "call Jane", "jane@x.example": 1, "Jane Doe": {"type": "a"}}
    assert json.loads(outline(json.dumps(body))) == {"id": "…", "status": "…", "…3": "…", "…4": {"type": "…"}}
