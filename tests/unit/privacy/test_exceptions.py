"""Errors in logs show kinds and safe facts, and no message of other libraries."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError
from pydantic import BaseModel

from orders.adapters.privacy.exceptions import safe_error_text, traceback_text
from orders.ports.errors import TransientPortError


class _Model(BaseModel):
    name: int


def _raised(call: Any) -> BaseException:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked at
        return error
    raise AssertionError("nothing was raised")


def _client_error(code: str, message: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, "PutItem")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("Thandi"), "RuntimeError"),
        (_raised(lambda: int("Thandi")), "ValueError"),
        (_raised(lambda: dict[str, int]()["Thandi"]), "KeyError"),
        (
            _raised(lambda: _Model.model_validate({"name": "Thandi"})),
            "ValidationError: 1 faults of _Model (int_parsing)",
        ),
        (_client_error("ValidationException", "Thandi"), "ClientError: ValidationException (PutItem, HTTP 400)"),
        (
            _client_error("AccessDeniedException", "User x may not dynamodb:PutItem"),
            "ClientError: AccessDeniedException (PutItem, HTTP 400): User x may not dynamodb:PutItem",
        ),
        (
            EndpointConnectionError(endpoint_url="https://b.example/o/Thandi?X-Amz-Signature=1", error="Thandi"),
            "EndpointConnectionError: https://b.example",
        ),
        (ConnectTimeoutError(endpoint_url="https://b.example/"), "ConnectTimeoutError: https://b.example"),
        (OSError(28, "Thandi", "/thandi"), "OSError: No space left on device"),
        (_raised(lambda: None.thandi), "AttributeError: 'thandi'"),  # type: ignore[attr-defined]
        (_raised(b"\xff".decode), "UnicodeDecodeError: utf-8 at 0"),
        (TransientPortError("orders table", "throttled"), "TransientPortError: orders table: throttled"),
    ],
)
def test_of_each_error_its_kind_and_what_is_surely_a_fact(error: BaseException, expected: str) -> None:
    assert safe_error_text(error) == expected


def _fail() -> None:
    value = "Thandi"
    raise LookupError(value)


def _fail_again() -> None:
    try:
        _fail()
    except LookupError as error:
        error.add_note("Thandi")
        raise TransientPortError("orders table", "out of reach") from error


def _fail_while_handling() -> None:
    try:
        _fail_again()
    except TransientPortError:
        dict[str, int]()["Thandi"]


def test_a_traceback_has_every_cause_and_line_and_no_message_of_others() -> None:
    text = traceback_text(_raised(_fail_while_handling))
    assert "Thandi" not in text.replace('()["Thandi"]', "").replace('value = "Thandi"', "")
    kinds = [line for line in text.splitlines() if not line.startswith(" ")]
    assert kinds == [
        "Traceback (most recent call last):",
        "LookupError",
        "which was the direct cause of:",
        "Traceback (most recent call last):",
        "TransientPortError: orders table: out of reach",
        "which was being handled at the time of:",
        "Traceback (most recent call last):",
        "KeyError",
    ]
    assert "in _fail\n    raise LookupError(value)" in text


def test_groups_are_told_one_by_one() -> None:
    group = ExceptionGroup("Thandi", [ValueError("Thandi"), ExceptionGroup("Thandi", [KeyError("Thandi")])])
    text = traceback_text(group)
    assert "Thandi" not in text
    assert ("ExceptionGroup: 2 errors" in text, "ValueError" in text, "KeyError" in text) == (True, True, True)


def test_causes_that_form_a_ring_end() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert traceback_text(first).count("Traceback") == 2
