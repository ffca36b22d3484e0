"""Logs: JSON lines, with their request, without personal data."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from orders.adapters.inbound.http.request_id import current_request_id
from orders.bootstrap.logging import configure_logging
from orders.bootstrap.settings import load_settings


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_personal_data_is_masked_by_key_and_by_pattern_in_both_kinds_of_logging(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging(load_settings(environment="local", log_format="json"))
    token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    given = current_request_id.set("req-1")
    structlog.get_logger("a").info("mailed", recipient="Thandi", detail="to thandi@example.com", order_id="ord_1")
    logging.getLogger("b").warning("token %s of %s", token, "thandi@example.com")
    current_request_id.reset(given)
    first, second = lines(capsys)
    assert (first["recipient"], first["detail"], first["order_id"]) == ("***", "to ***", "ord_1")
    assert (first["level"], first["logger"], first["request_id"]) == ("info", "a", "req-1")
    assert second["event"] == "token *** of ***"


def fail() -> None:
    raise ValueError("thandi@example.com is no address")


def test_tracebacks_are_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(load_settings(environment="local", log_format="json"))
    try:
        fail()
    except ValueError:
        logging.getLogger("c").exception("failed")
    (line,) = lines(capsys)
    assert "thandi" not in str(line)
    assert "ValueError: *** is no address" in str(line["exception"])


def test_in_development_it_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(load_settings(environment="local", log_format="json", log_pii=True))
    logging.getLogger("d").warning("to %s", "thandi@example.com")
    assert lines(capsys)[0]["event"] == "to thandi@example.com"


def test_people_get_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(load_settings(environment="local", log_format="console", log_level="WARNING"))
    logging.getLogger("e").warning("careful, thandi@example.com")
    logging.getLogger("e").info("not shown")
    try:
        fail()
    except ValueError:
        logging.getLogger("e").exception("failed")
    out = capsys.readouterr().out
    assert "careful, ***" in out
    assert "not shown" not in out
    assert "ValueError: *** is no address" in out
