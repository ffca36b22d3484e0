"""``orders events replay`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.application.events.replay_events import ReplayEvents
from orders.domain.events import EventType
from orders.ports.errors import ItemKind, TransientPortError
from tests.support.builders import NOON, an_order_id
from tests.unit.application.test_replay_events import Replay, an_event
from tests.unit.cli.test_commands import Recorder, run


class Operator(Recorder):
    """A runtime over logs in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.replay = Replay()
        self.done: list[AuditedCommand] = []
        self.mails: list[bool] = []

    def now(self) -> datetime:
        return NOON

    def with_replay(
        self, doing: AuditedCommand, work: Callable[[ReplayEvents], Awaitable[Result]], *, mails: bool
    ) -> Result:
        self.done.append(doing)
        self.mails.append(mails)
        try:
            return asyncio.run(work(self.replay.use_case))  # type: ignore[arg-type]
        except TransientPortError as error:
            raise CommandError(str(error)) from error


@pytest.fixture
def operator() -> Operator:
    found = Operator()
    for order in range(25):
        found.replay.log(an_event(order, 1, 100 * order, EventType.CREATED if order % 2 else EventType.PROCESSING))
    return found


def replay(operator: Operator, *options: str) -> tuple[int, str]:
    return run("events", "replay", "--tenant", "tenant_a", *options, runtime=operator)


def test_it_publishes_what_was_asked_for_and_says_how_many(operator: Operator) -> None:
    assert replay(operator, "--since", "1h") == (0, "25 events published again\n")
    assert operator.mails == [False]
    replay(operator, "--order", an_order_id(3), "--with-mails")
    assert operator.replay.published[25:] == [(an_order_id(3), 1)]
    assert operator.mails == [False, True]
    assert operator.done == [
        AuditedCommand("events replay", tenant_id="tenant_a"),
        AuditedCommand("events replay --with-mails", order_id=an_order_id(3), tenant_id="tenant_a"),
    ]
    told = json.loads(replay(operator, "--since", "1h", "--type", "created", "--json")[1])
    assert (told["published"], told["finished"]) == (12, True)


def test_a_dry_run_counts_and_publishes_nothing(operator: Operator) -> None:
    told = json.loads(replay(operator, "--since", "1h", "--dry-run", "--json")[1])
    assert told == {"dry_run": True, "matched": 25, "by_type": {"processing": 13, "created": 12}, "unreadable": 0}
    assert "nothing was published" in replay(operator, "--since", "1h", "--dry-run")[1]
    assert operator.replay.published == []


def test_what_cannot_be_read_is_left_out_and_said(operator: Operator) -> None:
    operator.replay.table.damage(ItemKind.EVENT, "tenant_a", an_order_id(3), 1)
    told = json.loads(replay(operator, "--since", "1h", "--dry-run", "--json")[1].split("1 event ")[0])
    assert (told["matched"], told["unreadable"]) == (24, 1)
    assert "1 event can't be read and left out" in replay(operator, "--since", "1h")[1]
    assert len(operator.replay.published) == 24


def test_stopped_halfway_it_goes_on_from_its_checkpoint(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "place.json"
    options = ("--since", "2026-11-22T11:00:00Z", "--checkpoint", str(file))
    assert NOON.isoformat() == "2026-11-22T12:00:00+00:00"
    operator.replay.publisher.refuse = lambda event: "down" if event.order_id == an_order_id(20) else None
    with pytest.raises(CommandError, match="event bus"):
        replay(operator, *options)
    assert json.loads(file.read_text())["published"] == 20
    operator.replay.publisher.refuse = lambda event: None
    operator.replay.publisher.published.clear()
    assert replay(operator, *options) == (0, "5 events published again\n")
    assert operator.replay.published == [(an_order_id(order), 1) for order in range(20, 25)]
    assert json.loads(file.read_text())["finished"] is True


def test_a_checkpoint_that_cannot_be_kept_is_found_out_before_anything_is_published(
    operator: Operator, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=r"the checkpoint can't be kept in .*; 0 events were published again"):
        replay(operator, "--since", "1h", "--checkpoint", str(tmp_path / "nowhere" / "place"))
    assert operator.replay.published == []
    with pytest.raises(CommandError, match="--until must be later than --since"):
        replay(operator, "--since", "1h", "--until", "2h")


def test_a_checkpoint_of_another_replay_or_none_at_all_is_refused(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "place.json"
    replay(operator, "--order", an_order_id(1), "--checkpoint", str(file))
    with pytest.raises(CommandError, match="of another replay"):
        replay(operator, "--order", an_order_id(2), "--checkpoint", str(file))
    file.write_text("[]")
    with pytest.raises(CommandError, match="no checkpoint"):
        replay(operator, "--order", an_order_id(1), "--checkpoint", str(file))


def test_what_is_missing_or_unknown_is_said(operator: Operator) -> None:
    with pytest.raises(CommandError, match="--order, or --since"):
        replay(operator)
    with pytest.raises(CommandError, match="no type creatd; there are created, "):
        replay(operator, "--since", "1h", "--type", "creatd")
