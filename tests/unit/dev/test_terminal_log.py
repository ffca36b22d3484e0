"""The log of `orders dev` on a terminal: whole in a file, in short on the screen."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from rich.text import Text

from orders.adapters.inbound.sqs import delivery
from orders.bootstrap import command_running
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.dev.terminal_log import (
    DEAD_LETTERED,
    DELIVERY,
    EARLIER_LOG_FILE,
    LAST_WORDS,
    LOG_FILE,
    ShortLines,
    logging_to_file,
)
from orders.bootstrap.errors import CannotRun
from tests.support.restored_logging import restored_logging

LOG = logging.getLogger("orders.somewhere")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(orders_data_dir=tmp_path, audit_file=tmp_path / "audit.log")


@pytest.fixture
def screen() -> list[str]:
    return []


@pytest.fixture
def shown(settings: Settings, screen: list[str]) -> Iterator[ShortLines]:
    def write(line: Text) -> None:
        screen.append(line.plain[9:])

    with restored_logging(), logging_to_file(settings, "INFO", write) as lines:
        yield lines


def in_file(settings: Settings) -> list[dict[str, object]]:
    lines = (settings.orders_data_dir / LOG_FILE).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_file_has_everything_as_json_and_the_screen_what_needs_a_look(
    settings: Settings, shown: ShortLines, screen: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    LOG.info("a message waits")
    structlog.get_logger("orders.elsewhere").warning("the bus throttles", error="slow\ndown", queue="q")
    assert [(each["level"], each["event"]) for each in in_file(settings)] == [
        ("info", "a message waits"),
        ("warning", "the bus throttles"),
    ]
    assert screen == ["warning the bus throttles error=slow down queue=q"]
    assert capfd.readouterr() == ("", "")


def test_personal_data_is_on_neither(settings: Settings, shown: ShortLines, screen: list[str]) -> None:
    LOG.error("no mail to %s", "thandi.mokoena@example.com")
    assert "thandi" not in str(screen) + str(in_file(settings))
    assert screen[0].startswith("error no mail to ")


def test_an_error_is_a_line_without_its_traceback(shown: ShortLines, screen: list[str]) -> None:
    try:
        int("Thandi")
    except ValueError:
        LOG.exception("it failed %s", "x" * 1000)
    (line,) = screen
    assert len(line) < 260
    assert "Traceback" not in line


def test_the_same_again_is_counted(shown: ShortLines, screen: list[str]) -> None:
    def warn(at: float) -> None:
        record = LOG.makeRecord(LOG.name, logging.WARNING, "", 0, "order %s waits", (f"ord_{at}",), None)
        record.created = at
        LOG.handle(record)

    for at in (100.0, 101.0, 109.0, 111.0):
        warn(at)
    assert screen == ["warning order ord_100.0 waits", "warning order ord_111.0 waits (and 2 more before it)"]


def test_a_dead_letter_is_told_by_who_knows_its_worker(shown: ShortLines, screen: list[str]) -> None:
    told: list[tuple[str, str]] = []
    shown.dead_lettered = lambda queue, why: told.append((queue, why))
    structlog.get_logger(DELIVERY).warning(DEAD_LETTERED, queue="q", kind="OrderNotFound", error="there is none")
    assert (told, screen) == ([("q", "there is none")], [])


def test_what_a_command_says_itself_is_not_said_twice(shown: ShortLines, screen: list[str]) -> None:
    logging.getLogger(LAST_WORDS).critical("the process ends: no emulator")
    assert screen == []


def test_names_are_those_of_who_logs() -> None:
    assert (delivery.__name__, command_running.__name__) == (DELIVERY, LAST_WORDS)
    source = Path(delivery.__file__).read_text(encoding="utf-8")
    assert f'warning("{DEAD_LETTERED}", kind=kind, error=what)' in source


def test_the_file_of_the_run_before_is_kept(settings: Settings) -> None:
    for run in ("first", "second", "third"):
        with restored_logging(), logging_to_file(settings, "INFO", lambda _: None):
            LOG.info(run)
    earlier = (settings.orders_data_dir / EARLIER_LOG_FILE).read_text(encoding="utf-8")
    assert (in_file(settings)[0]["event"], json.loads(earlier)["event"]) == ("third", "second")
    assert {each.stat().st_mode & 0o077 for each in settings.orders_data_dir.iterdir()} == {0}


def test_a_file_that_cannot_be_written_is_named(settings: Settings) -> None:
    (settings.orders_data_dir / LOG_FILE).mkdir()
    (settings.orders_data_dir / EARLIER_LOG_FILE).write_text("", encoding="utf-8")
    with pytest.raises(CannotRun, match=r"orders\.log can't be written"), logging_to_file(settings, "INFO", print):
        pytest.fail("it was written")
