"""The last errors of the log, kept in memory for the local page."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.logging import configure_logging
from orders.bootstrap.recent_errors import MAX_TEXT_CHARACTERS, RecentErrors, recent_errors
from tests.support.restored_logging import restored_logging

LOG = logging.getLogger("orders.somewhere")


@pytest.fixture
def kept() -> Iterator[RecentErrors]:
    with restored_logging():
        configure_logging(load_settings(log_pii=True))
        with recent_errors() as found:
            yield found


def test_what_happens_again_is_one_entry_with_its_last_text(kept: RecentErrors) -> None:
    LOG.warning("the bus throttles")
    for number in range(3):
        LOG.error("order %s is passed over", f"ord_{number}")
    LOG.info("not kept")
    newest, older = kept.newest()
    assert (newest.text, newest.count, newest.level, newest.logger) == (
        "order ord_2 is passed over", 3, "error", "orders.somewhere",
    )  # fmt: skip
    assert newest.at.tzinfo is not None
    assert (older.text, older.count, older.level) == ("the bus throttles", 1, "warning")


def test_values_follow_the_event_and_the_error_comes_first(kept: RecentErrors) -> None:
    structlog.get_logger("orders.elsewhere").warning("message dead-lettered", queue="q", error="not an event")
    (entry,) = kept.newest()
    assert (entry.text, entry.logger) == ("message dead-lettered error=not an event queue=q", "orders.elsewhere")


def test_of_an_exception_its_kind_is_kept(kept: RecentErrors) -> None:
    try:
        int("Thandi")
    except ValueError:
        LOG.exception("it failed")
    (entry,) = kept.newest()
    assert entry.text == "it failed ValueError"


def test_personal_data_is_masked_even_where_the_log_shows_it(kept: RecentErrors) -> None:
    LOG.error("no mail to %s", "thandi.mokoena@example.com")
    structlog.get_logger("orders.elsewhere").error("refused", email="thandi.mokoena@example.com")
    assert not [each for each in kept.newest() if "thandi" in each.text]


def test_it_is_bounded(kept: RecentErrors) -> None:
    small = RecentErrors(kept=2)
    for number in range(3):
        small.handle(LOG.makeRecord(LOG.name, logging.ERROR, "f", 1, f"error {number} {'x' * 1000}", (), None))
    newest, older = small.newest()
    assert (newest.text[:7], older.text[:7]) == ("error 2", "error 1")
    assert len(newest.text) == MAX_TEXT_CHARACTERS


def test_a_record_that_can_t_be_formatted_is_reported_and_not_kept(
    kept: RecentErrors, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.handle(LOG.makeRecord(LOG.name, logging.ERROR, "file.py", 1, "%d orders", ("many",), None))
    assert kept.newest() == ()
    assert "a log line could not be written" in capsys.readouterr().err


def test_afterwards_the_log_is_as_it_was() -> None:
    before = list(logging.getLogger().handlers)
    with recent_errors():
        assert logging.getLogger().handlers != before
    assert logging.getLogger().handlers == before
