"""Logs: JSON lines, with their request, without personal data, whoever logs and whatever fails."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.middleware.request_context import current_request_id
from orders.adapters.outbound.audit_log import AUDIT_LOGGER
from orders.bootstrap.config.settings import SettingsError, load_settings
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.exception_hooks import install_exception_hooks
from orders.bootstrap.logging import configure_logging
from tests.support.builders import an_order
from tests.support.http_api import anything
from tests.support.restored_logging import restored_logging

SECRET = "Thandi Mokoena"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    with restored_logging():
        yield


def configured(**settings: Any) -> None:
    configure_logging(
        load_settings(**({"environment": "local", "log_format": "json", "log_level": "DEBUG"} | settings))
    )


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_personal_data_is_masked_by_key_and_by_pattern_in_both_kinds_of_logging(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configured()
    token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    given = current_request_id.set("req-1")
    structlog.get_logger("orders.a").info("mailed", recipient=SECRET, detail="to thandi@example.com", order_id="ord_1")
    logging.getLogger("orders.b").warning("token %s of %s", token, "thandi@example.com", extra={"phone": SECRET})
    current_request_id.reset(given)
    first, second = lines(capsys)
    assert (first["recipient"], first["detail"], first["order_id"]) == ("***", "to ***", "ord_1")
    assert (first["level"], first["logger"], first["request_id"]) == ("info", "orders.a", "req-1")
    assert (second["event"], second["phone"]) == ("token *** of ***", "***")


def test_every_line_names_the_revision_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    revision = "4111111111111111abcdef0123456789abcdef01"
    configured(revision=revision)
    structlog.get_logger("orders.a").info("told")
    logging.getLogger("orders.b").warning("told")
    structlog.get_logger(AUDIT_LOGGER).info("audit")
    assert [line["revision"] for line in lines(capsys)] == [revision] * 3
    configured()
    structlog.get_logger("orders.a").info("told")
    assert "revision" not in lines(capsys)[0]


def test_arguments_of_messages_are_masked_whatever_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    log = logging.getLogger("orders.c")
    log.info("%s and %r", an_order(), an_order().shipping_address)
    log.info("%(name)s", {"name": SECRET})
    log.info("%s", {"customer": {"name": SECRET}})
    structlog.get_logger("orders.c").info("it was %r", {"notes": SECRET}, order=an_order(), nested=[{"email": SECRET}])
    out = capsys.readouterr().out
    assert "Thandi" not in out
    assert "Long Street" not in out
    assert len(out.splitlines()) == 4


def fail() -> None:
    value = SECRET
    raise ValueError(value)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_of_errors_the_kind_and_the_place_are_logged_and_nothing_they_say(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configured(log_format=log_format)
    for log in (logging.getLogger("orders.d"), structlog.get_logger("orders.d")):
        try:
            fail()
        except ValueError as error:
            log.exception("failed")
            log.warning("failed with %s", {"it": error})
            log.warning("failed with %s", error)
    out = capsys.readouterr().out
    assert SECRET not in out.replace(f'value = "{SECRET}"', "")
    assert out.count("ValueError") >= 6
    assert "in fail" in out


def test_in_development_it_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_pii=True)
    log = logging.getLogger("orders.d")
    log.warning("to %s", "thandi@example.com")
    try:
        fail()
    except ValueError:
        log.exception("failed")
    first, second = lines(capsys)
    assert first["event"] == "to thandi@example.com"
    assert f"ValueError: {SECRET}" in second["exception"]


@pytest.mark.parametrize(("environment", "allowed"), [("local", True), ("dev", True), ("sit", False), ("prod", False)])
def test_clear_text_is_for_developers_machines_and_dev(environment: str, allowed: bool) -> None:
    settings: Any = {
        "environment": environment,
        "log_pii": True,
        "auth_issuer": "https://issuer.example",
        "auth_audiences": "web",
        "cursor_keys": "k" * 32,
    }
    if allowed:
        assert load_settings(**settings).log_pii
        return
    with pytest.raises(SettingsError, match=f"LOG_PII is not allowed when ENVIRONMENT is {environment}"):
        load_settings(**settings)


def test_people_get_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_format="console", log_level="WARNING")
    logging.getLogger("orders.e").warning("careful, thandi@example.com")
    logging.getLogger("orders.e").info("not shown")
    out = capsys.readouterr().out
    assert "careful, ***" in out
    assert "not shown" not in out


def test_what_quotes_requests_is_silent_at_every_level(capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_level="DEBUG")
    for name in ("botocore.endpoint", "botocore.parsers", "aiobotocore", "urllib3.connectionpool", "litestar", "x"):
        logging.getLogger(name).debug("body: %s", SECRET)
        logging.getLogger(name).info("body: %s", SECRET)
        logging.getLogger(name).warning("worth a warning")
    logging.getLogger("orders.f").debug("ours")
    shown = [line["event"] for line in lines(capsys)]
    assert shown == ["worth a warning"] * 6 + ["ours"]


async def test_a_task_that_nobody_asks_says_no_more_than_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    configured()

    async def failing() -> None:
        fail()

    loop = asyncio.get_running_loop()
    task = loop.create_task(failing(), name=SECRET)
    await asyncio.wait({task})
    error = task.exception()
    loop.call_exception_handler({"message": "Task exception was never retrieved", "exception": error, "future": task})
    (line,) = lines(capsys)
    assert line["event"] == "Task exception was never retrieved"
    assert line["exception"].endswith("ValueError")
    assert "asyncio" in line["logger"]
    assert SECRET not in json.dumps(line).replace(f'value = \\"{SECRET}\\"', "")


def test_uncaught_errors_and_warnings_are_logged_as_all_else(capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    try:
        install_exception_hooks()
        try:
            fail()
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)  # what has just been saved is what stands there without it
            warnings.warn("input_value='Thandi Mokoena' of thandi@example.com", UserWarning, stacklevel=1)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    finally:
        logging.captureWarnings(False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    captured = capsys.readouterr()
    found = [json.loads(line) for line in captured.out.splitlines()]
    assert [line["level"] for line in found] == ["critical", "error", "warning"]
    assert SECRET not in captured.out.replace(f'value = \\"{SECRET}\\"', "").replace("warnings.warn(", "")
    assert captured.err == ""


class _Closed(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, SECRET)


def test_of_a_line_that_cannot_be_written_only_its_place_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    logging.getLogger("orders.g").info("%d", SECRET)
    configure_logging(load_settings(log_format="json"), stream=_Closed())
    logging.getLogger("orders.g").info("to %s", SECRET)
    captured = capsys.readouterr()
    faults = [json.loads(line) for line in captured.err.splitlines()]
    assert [fault["error"] for fault in faults] == ["TypeError", "OSError"]
    assert {fault["event"] for fault in faults} == {"a log line could not be written"}
    assert SECRET not in captured.err + captured.out


def test_no_application_puts_its_own_logging_in_the_place_of_this() -> None:
    configured()
    before = [(name, list(logging.getLogger(name).handlers)) for name in ("", "litestar", "uvicorn", "orders")]
    create_app(anything(lambda _: None))
    assert before == [(name, list(logging.getLogger(name).handlers)) for name in ("", "litestar", "uvicorn", "orders")]


def test_audit_records_are_marked_and_pass_at_every_level(capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_level="ERROR", log_format="console")
    structlog.get_logger("orders.audit").info("audit", operation="getOrder", principal="p")
    logging.getLogger("orders.h").warning("not shown")
    (line,) = lines(capsys)
    assert (line["stream"], line["logger"], line["operation"]) == ("audit", "orders.audit", "getOrder")


def test_audit_records_can_have_a_file_of_their_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "made" / "audit.log"
    for _ in range(2):
        configured(audit_file=file)
        structlog.get_logger("orders.audit").info("audit", operation="getOrder")
    assert capsys.readouterr().out == ""
    assert [json.loads(line)["stream"] for line in file.read_text().splitlines()] == ["audit", "audit"]
    configured()
    with pytest.raises(CannotRun, match=r"AUDIT_FILE: .* can't be written to"):
        configured(audit_file=file / "below")
