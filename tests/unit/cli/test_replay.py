"""``orders events replay`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.adapters.outbound.memory.orders_table import OrderRow
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants, MemoryTenantFiles
from orders.application.events.replay_events import ReplayEvents
from orders.application.events.replay_shops import ReplayShops
from orders.application.operations.find_shops import FindShops
from orders.application.policy.errors import ApplicationError
from orders.domain.events import EventType
from orders.ports.errors import ItemKind, TransientPortError
from tests.support.builders import NOON, an_order, an_order_id
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
        except (TransientPortError, ApplicationError) as error:
            raise CommandError(str(error)) from error

    def with_shops_replay(
        self, doing: AuditedCommand, work: Callable[[ReplayShops], Awaitable[Result]], *, mails: bool
    ) -> Result:
        shops = FindShops(MemoryTenantFiles(), MemoryOrderingTenants(self.replay.table), named={"tenant_a", "tenant_b"})
        use_case = ReplayShops(shops, self.replay.use_case, pause=self.replay._pause)
        return self.with_replay(doing, lambda _: work(use_case), mails=mails)


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


def test_an_order_is_named_by_its_number_too(operator: Operator, tmp_path: Path) -> None:
    order, other = an_order(order_id=an_order_id(3)), an_order(order_id=an_order_id(4))
    rows, checkpoint = operator.replay.table.rows, str(tmp_path / "replay.json")
    rows["tenant_a", order.order_id] = OrderRow(order)
    number = order.order_number.lower().replace("-", " ")
    assert replay(operator, "--order", number, "--checkpoint", checkpoint) == (0, "1 event published again\n")
    assert operator.replay.published == [(order.order_id, 1)]
    with pytest.raises(CommandError, match="checkpoint of another replay"):
        replay(operator, "--order", other.order_number, "--checkpoint", checkpoint)
    with pytest.raises(CommandError, match="no such order"):
        replay(operator, "--order", other.order_number)
    rows["tenant_a", other.order_id] = OrderRow(replace(other, order_number=order.order_number))
    with pytest.raises(CommandError, match="more than one order has this number"):
        replay(operator, "--order", number)
    with pytest.raises(CommandError, match="typo"):
        replay(operator, "--order", "BB-0000-0000-0000-1")
    with pytest.raises(CommandError, match="or its number"):
        replay(operator, "--order", "BB-0")


def test_a_dry_run_counts_and_publishes_nothing(operator: Operator) -> None:
    told = json.loads(replay(operator, "--since", "1h", "--dry-run", "--json")[1])
    assert told == {"dry_run": True, "matched": 25, "by_type": {"processing": 13, "created": 12}, "unreadable": 0}
    assert "nothing was published" in replay(operator, "--since", "1h", "--dry-run")[1]
    assert operator.replay.published == []


def test_nothing_to_replay_is_said_and_fails_if_that_was_asked_for(operator: Operator) -> None:
    nothing = ("--since", "1h", "--type", "erased")
    assert replay(operator, *nothing) == (0, "no event matches, or none is left: nothing was published\n")
    for options in ((), ("--dry-run",), ("--json",)):
        with pytest.raises(CommandError, match="no event matches"):
            replay(operator, *nothing, "--fail-if-empty", *options)
    for options in ((), ("--dry-run",)):
        assert replay(operator, "--since", "1h", "--fail-if-empty", *options)[0] == 0


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
    code, told = replay(operator, *options)
    assert (code, told.splitlines()[-1]) == (0, "5 events published again")
    assert operator.replay.published == [(an_order_id(order), 1) for order in range(20, 25)]
    assert json.loads(file.read_text())["finished"] is True


def test_a_checkpoint_that_cannot_be_kept_is_found_out_before_anything_is_published(
    operator: Operator, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=r"the checkpoint can't be kept in .*; published again: 0 events"):
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


def of_all(operator: Operator, *options: str) -> tuple[int, str]:
    return run("events", "replay", "--all-tenants", *options, runtime=operator)


@pytest.fixture
def of_two_shops(operator: Operator) -> Operator:
    for order in range(100, 115):
        operator.replay.log(replace(an_event(order, 1, order, EventType.CREATED), tenant_id="tenant_b"))
    return operator


def test_all_shops_are_replayed_by_one_command_audited_as_such(of_two_shops: Operator) -> None:
    assert of_all(of_two_shops, "--since", "1h", "--with-mails") == (0, "40 events published again\n")
    assert of_two_shops.done == [AuditedCommand("events replay --all-tenants --with-mails")]
    assert of_two_shops.mails == [True]
    assert [event.tenant_id for event in of_two_shops.replay.publisher.published] == ["tenant_a"] * 25 + [
        "tenant_b"
    ] * 15


def test_a_dry_run_of_all_shops_says_how_much_each_has(of_two_shops: Operator) -> None:
    told = json.loads(of_all(of_two_shops, "--since", "1h", "--dry-run", "--json")[1])
    assert (told["matched"], told["by_tenant"]) == (40, {"tenant_a": 25, "tenant_b": 15})
    shown = of_all(of_two_shops, "--since", "1h", "--dry-run")[1]
    assert "40 events of 2 shops; dry run: nothing was published" in shown
    assert of_two_shops.done == [AuditedCommand("events replay --all-tenants --dry-run")] * 2
    assert of_two_shops.replay.published == []


def test_all_shops_go_on_from_the_checkpoint_in_the_shop_where_it_stopped(
    of_two_shops: Operator, tmp_path: Path
) -> None:
    options = ("--since", "2026-11-22T11:00:00Z", "--checkpoint", str(tmp_path / "place.json"))
    of_two_shops.replay.publisher.refuse = lambda event: "down" if event.order_id == an_order_id(112) else None
    with pytest.raises(CommandError, match="event bus"):
        of_all(of_two_shops, *options)
    of_two_shops.replay.publisher.refuse = lambda event: None
    of_two_shops.replay.publisher.published.clear()
    code, told = of_all(of_two_shops, *options)
    assert (code, told.splitlines()[-1]) == (0, "5 events published again")
    assert of_two_shops.replay.published == [(an_order_id(order), 1) for order in range(110, 115)]
    with pytest.raises(CommandError, match="of another replay"):
        replay(of_two_shops, *options)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "say whose events: --tenant SHOP, or --all-tenants"),
        (("--all-tenants", "--tenant", "tenant_a"), "say whose events"),
        (("--all-tenants", "--order", an_order_id(1)), "--order is one shop's"),
    ],
)
def test_one_shop_is_named_or_all(operator: Operator, options: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run("events", "replay", "--since", "1h", *options, runtime=operator)
    assert operator.done == []


def test_a_place_of_no_shop_is_refused(of_two_shops: Operator, tmp_path: Path) -> None:
    file = tmp_path / "place.json"
    options = ("--since", "2026-11-22T11:00:00Z", "--checkpoint", str(file))
    of_all(of_two_shops, *options)
    kept = json.loads(file.read_text())
    for place in ("tenant_a", "/", "a b/", kept["place"].partition("/")[2], "tenant_a/tomorrow"):
        file.write_text(json.dumps(kept | {"place": place}))
        with pytest.raises(CommandError, match="no checkpoint"):
            of_all(of_two_shops, *options)


def test_with_a_checkpoint_it_says_by_which_time_the_replay_is_continued(operator: Operator, tmp_path: Path) -> None:
    file = ("--checkpoint", str(tmp_path / "place.json"))
    _, told = replay(operator, "--since", "90m", *file)
    assert told.splitlines()[0] == "to go on after an interruption: the same with --since 2026-11-22T10:30:00Z"
    assert replay(operator, "--since", "2026-11-22T10:30:00Z", *file)[0] == 0
