"""Running steps, and waiting."""

import itertools

import pytest

from orders.acceptance.client import ApiResponse, NotReached
from orders.acceptance.steps import Failed, Patience, State, StepResult, expect, must, run_steps


def failing(error: Exception) -> StepResult:
    def step() -> str:
        raise error

    (result,) = run_steps({"step": step}, clock=lambda: 0.0)
    return result


def test_after_a_failure_the_others_are_not_run() -> None:
    clock = itertools.count()

    def broken() -> str:
        raise Failed("expected 1, not 2")

    results = list(run_steps({"a": lambda: "fine", "b": broken, "c": lambda: "never"}, clock=lambda: next(clock)))
    assert results == [
        StepResult("a", State.PASSED, 1, "fine"),
        StepResult("b", State.FAILED, 1, "expected 1, not 2"),
        StepResult("c", State.NOT_RUN, detail="b failed"),
    ]


@pytest.mark.parametrize("error", [KeyError("total"), ValueError("no JSON"), TypeError("none"), IndexError("0")])
def test_an_answer_of_another_shape_is_a_failure(error: Exception) -> None:
    result = failing(error)
    assert result.state is State.FAILED
    assert result.detail.startswith(f"an answer is not of the shape it must be: {type(error).__name__}")


def test_no_answer_is_a_failure() -> None:
    assert failing(NotReached("GET http://x: refused")).detail == "GET http://x: refused"


def test_waiting_ends_when_it_is_found_or_in_time() -> None:
    seconds = 0.0

    def pause(by: float) -> None:
        nonlocal seconds
        seconds += by

    waiting = Patience(10, clock=lambda: seconds, pause=pause)
    assert waiting.eventually(lambda: "PDF" if seconds > 3 else None, "the PDF") == "PDF"
    with pytest.raises(Failed, match="the mails: not within 10 s"):
        waiting.eventually(lambda: None, "the mails")
    assert seconds < 15


def test_a_status_that_is_another_says_what_the_service_said() -> None:
    answer = ApiResponse(409, {}, b'{"detail":"it is cancelled","request_id":"r"}')
    with pytest.raises(Failed, match=r"POST /x answered 409, not 200: it is cancelled \(request r\)"):
        expect(answer, 200, "POST /x")
    assert expect(answer, 409, "POST /x") is answer
    with pytest.raises(Failed, match="expected a PDF"):
        must(False, "a PDF")
    must(True, "nothing")
