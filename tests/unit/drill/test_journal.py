"""The load generator's log, and what a client knows after a response."""

from pathlib import Path

import pytest

from tests.drill.journal import Entry, Journal, Operation, Outcome, read_journal
from tests.drill.load import outcome_of

ENTRY = Entry(Operation.CREATE, "key", "af-south-1", Outcome.ACKNOWLEDGED, asked_at=1.0, order_id="ord_1", status=201)


def test_an_entry_is_in_the_file_before_the_journal_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, now=lambda: 2.0) as journal:
        journal.note(ENTRY)
        (found,) = read_journal(path)
    assert found == journal.entries[0]
    assert (found.asked_at, found.at, found.order_id) == (1.0, 2.0, "ord_1")


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.note(ENTRY)
    path.write_text(path.read_text("utf-8") + '{"operation": "cre', "utf-8")
    assert len(read_journal(path)) == 1


@pytest.mark.parametrize(
    ("status", "text", "outcome"),
    [
        (None, "", Outcome.UNKNOWN),
        (201, "{}", Outcome.ACKNOWLEDGED),
        (202, "{}", Outcome.ACKNOWLEDGED),
        (404, "", Outcome.REFUSED),
        (409, "", Outcome.REFUSED),
        (429, "", Outcome.REFUSED),
        (500, "", Outcome.UNKNOWN),
        (503, '{"type": "https://example.test/problems/not-the-writer"}', Outcome.REFUSED),
        (503, '{"type": "https://example.test/problems/unavailable"}', Outcome.UNKNOWN),
    ],
)
def test_what_a_client_knows_after_a_response(status: int | None, text: str, outcome: Outcome) -> None:
    assert outcome_of(status, text) is outcome
