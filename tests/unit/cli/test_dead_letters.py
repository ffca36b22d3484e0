"""``orders dlq`` as an operator types it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from orders.adapters.inbound.cli.app import build
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.adapters.outbound.memory.dead_letters import MemoryDeadLetterQueues
from orders.application.operations.dead_letters import DeadLetterService
from orders.domain.identity import order_number
from orders.ports.dead_letters import DeadLetter, UnknownQueue
from tests.support.builders import NOON, an_order_id
from tests.support.hostile import TOO_DEEP
from tests.unit.application.test_dead_letters import Desk
from tests.unit.cli.test_commands import Recorder, run


class Operator(Recorder):
    """A runtime over dead letters in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.done: list[AuditedCommand] = []

    def now(self) -> datetime:
        return NOON

    def with_dead_letters(
        self, doing: AuditedCommand, work: Callable[[DeadLetterService], Awaitable[Result]]
    ) -> Result:
        import asyncio

        self.done.append(doing)

        return asyncio.run(work(self.desk.office))  # type: ignore[arg-type]


@pytest.fixture
def operator() -> Operator:
    found = Operator()
    found.desk.dead_letter(3)
    return found


def test_list_says_how_many_are_where_and_which_those_are(operator: Operator) -> None:
    code, printed = run("dlq", "list", runtime=operator)
    assert code == 0
    assert [line.split()[1::2] for line in printed.splitlines() if "pdf-creator" in line] == [["pdf-creator", "3"]]
    assert json.loads(run("dlq", "list", "--json", runtime=operator)[1]) == {"pdf-creator": 3, "customer-notifier": 0}
    listed = json.loads(run("dlq", "list", "pdf-creator", "--json", runtime=operator)[1])
    assert [each["order_id"] for each in listed] == [an_order_id(number) for number in (1, 2, 3)]
    table = run("dlq", "list", "--order", an_order_id(2), runtime=operator)[1]
    assert an_order_id(2) in table
    assert an_order_id(1) not in table
    number = order_number(an_order_id(2))
    for pasted in (number.replace("-", "\u2011"), f"{an_order_id(2)}\u200b ", f"\t{number}\r\n"):
        assert run("dlq", "list", "--order", pasted, runtime=operator)[1] == table


def test_show_says_nothing_of_a_person_unless_asked_to(operator: Operator) -> None:
    order = {"customer_id": "c", "customer": {"name": "Thandi"}, "items": [{"quantity": 2, "name": "Mug"}], "notes": 3}
    body = json.dumps({"command": "create-order", "tenant_id": "demo", "order": order})
    operator.desk.queues.dead_letter(DeadLetter("pdf-creator", "m9", body, NOON, "MessageRefused", "not an order"))
    shown = run("dlq", "show", "pdf-creator", "--id", "m9", runtime=operator)[1]
    assert "not an order" in shown
    assert "Thandi" not in shown
    (masked,) = json.loads(run("dlq", "show", "pdf-creator", "--id", "m9", "--json", runtime=operator)[1])
    assert json.loads(masked["body"]) == {
        "command": "create-order",
        "tenant_id": "demo",
        "order": {
            "customer_id": "c", "customer": {"name": "…"}, "items": [{"quantity": 2, "name": "…"}], "notes": "…",
        },
    }  # fmt: skip
    (clear,) = json.loads(run("dlq", "show", "all", "--id", "m9", "--clear", "--json", runtime=operator)[1])
    assert clear["body"] == body
    assert operator.done[-1] == AuditedCommand("dlq show --clear")
    with pytest.raises(CommandError, match="name it with --id"):
        run("dlq", "show", "all", "--clear", runtime=operator)
    operator.desk.queues.dead_letter(DeadLetter("pdf-creator", "m10", "call Thandi", NOON))
    for number, body in enumerate(TOO_DEEP, start=11):
        operator.desk.queues.dead_letter(DeadLetter("pdf-creator", f"m{number}", body, NOON))
    assert f"{5 + len(TOO_DEEP)} dead letters" in run("dlq", "list", "pdf-creator", runtime=operator)[1]
    assert run("dlq", "show", "pdf-creator", runtime=operator)[1].count("no JSON") == len(TOO_DEEP) + 1
    assert "no JSON: 11 characters" in run("dlq", "show", "pdf-creator", "--id", "m10", runtime=operator)[1]


def test_a_letter_is_found_by_the_id_that_the_log_has(operator: Operator) -> None:
    operator.desk.queues.dead_letter(DeadLetter("pdf-creator", "new", "{", NOON, "MessageRefused", "no JSON", "logged"))
    for known in ("new", "logged"):
        (found,) = json.loads(run("dlq", "show", "all", "--id", known, "--json", runtime=operator)[1])
        assert (found["message_id"], found["logged_as"]) == ("new", "logged")


def test_what_cannot_be_meant_is_said_to_be_wrong(operator: Operator) -> None:
    with pytest.raises(CommandError, match="--order is an order's id"):
        run("dlq", "list", "--order", "ord_1", runtime=operator)
    with pytest.raises(CommandError, match="--until must be later than --since"):
        run("dlq", "purge", "all", "--since", "1h", "--until", "2h", runtime=operator)
    assert "no matching dead letter" in run("dlq", "show", "all", "--id", "nope", runtime=operator)[1]


def test_redrive_sends_what_is_meant_and_a_dry_run_nothing(operator: Operator) -> None:
    dry = json.loads(run("dlq", "redrive", "pdf-creator", "--dry-run", "--json", runtime=operator)[1])
    assert (dry["matched"], operator.desk.queues.redriven) == (3, [])
    assert "nothing was changed" in run("dlq", "redrive", "all", "--dry-run", runtime=operator)[1]
    code, printed = run("dlq", "redrive", "pdf-creator", "--order", an_order_id(3), runtime=operator)
    assert (code, printed) == (0, "1 dead letter sent again (1 matched, 3 looked at)\n")
    tally = json.loads(run("dlq", "redrive", "all", "--rate", "1000", "--json", runtime=operator)[1])
    assert (tally["acted_on"], tally["failed"]) == (2, [])
    assert operator.done[1:3] == [
        AuditedCommand("dlq redrive --dry-run"),
        AuditedCommand("dlq redrive", order_id=an_order_id(3)),
    ]


def test_redrive_says_that_a_letter_has_come_back_already(operator: Operator) -> None:
    class Failing(MemoryDeadLetterQueues):
        async def redrive(self, letter: DeadLetter) -> None:
            await super().redrive(letter)
            # Its worker refuses it before the pass has ended.
            self.dead_letter(replace(letter, message_id=f"{letter.message_id}-again", sent_at=self.clock.now()))

    queues = Failing(operator.desk.clock)
    operator.desk.office = DeadLetterService(queues, operator.desk.clock)
    operator.desk.queues = queues
    operator.desk.dead_letter(1)
    code, printed = run("dlq", "redrive", "pdf-creator", "--rate", "1000", runtime=operator)
    assert (code, printed) == (
        0,
        (
            "1 dead letter sent again (1 matched, 2 looked at)\n"
            "1 of them has failed again and come back already; `orders dlq show` says why\n"
        ),
    )
    tally = json.loads(run("dlq", "redrive", "pdf-creator", "--rate", "1000", "--json", runtime=operator)[1])
    assert (tally["acted_on"], tally["came_back"]) == (1, 1)


@pytest.mark.parametrize("command", [["list"], ["show"], ["redrive"], ["redrive", "--dry-run"], ["purge", "--yes"]])
def test_an_unknown_queue_is_refused_with_the_names_of_those_that_exist(operator: Operator, command: list[str]) -> None:
    name, *options = command
    result = CliRunner().invoke(build(operator, "1.2.3"), ["dlq", name, "nope", *options])
    assert isinstance(result.exception, UnknownQueue)
    assert "there is none of 'nope'; there are pdf-creator, customer-notifier" in str(result.exception)


def test_what_could_not_be_sent_ends_with_one(operator: Operator) -> None:
    operator.desk.queues.failures = 1
    code, printed = run("dlq", "redrive", "pdf-creator", runtime=operator)
    assert code == 1
    assert "told to fail" in printed


def test_purge_asks_first(operator: Operator) -> None:
    with pytest.raises(CommandError, match="no answer: nothing was changed; --yes"):
        run("dlq", "purge", "pdf-creator", runtime=operator)
    assert len(operator.desk.queues._kept["pdf-creator"]) == 3
    assert run("dlq", "purge", "pdf-creator", "--dry-run", runtime=operator)[0] == 0
    code, printed = run("dlq", "purge", "pdf-creator", "--yes", "--limit", "2", runtime=operator)
    assert (code, printed) == (0, "2 dead letters deleted (2 matched, 2 looked at)\n")
    assert operator.done == [
        AuditedCommand("dlq purge --dry-run"),  # counted, before it was asked
        AuditedCommand("dlq purge --dry-run"),
        AuditedCommand("dlq purge"),
    ]


@pytest.mark.parametrize(
    ("options", "asked", "left"),
    [
        (("pdf-creator",), "Delete 3 dead letters of pdf-creator for good, on the emulator", 0),
        (("pdf-creator", "--order", an_order_id(2)), "Delete 1 dead letter of pdf-creator for good", 2),
        (("all", "--limit", "2"), "Delete 2 dead letters of all queues for good", 1),
    ],
)
def test_purge_says_how_many_it_is_about_to_delete(
    options: tuple[str, ...], asked: str, left: int, operator: Operator
) -> None:
    result = CliRunner().invoke(build(operator, "1.2.3"), ["dlq", "purge", *options], input="y\n")
    assert asked in result.output
    assert len(operator.desk.queues._kept["pdf-creator"]) == left


def test_what_comes_while_somebody_thinks_about_it_is_not_purged() -> None:
    class Thinking(Operator):
        def aws_target(self) -> str:
            self.desk.queues.dead_letter(DeadLetter("pdf-creator", "later", "{}", NOON))
            return super().aws_target()

    thinking = Thinking()
    thinking.desk.dead_letter(1)
    result = CliRunner().invoke(build(thinking, "1.2.3"), ["dlq", "purge", "pdf-creator"], input="y\n")
    assert "1 dead letter deleted" in result.output
    assert list(thinking.desk.queues._kept["pdf-creator"]) == ["later"]


def test_nothing_to_purge_is_not_asked_about(operator: Operator) -> None:
    nothing = "no matching dead letter: nothing was deleted\n"
    assert run("dlq", "purge", "customer-notifier", runtime=operator) == (0, nothing)
    assert run("dlq", "purge", "customer-notifier", "--yes", runtime=operator) == (0, nothing)


def test_nothing_to_redrive_is_said_and_fails_if_that_was_asked_for(operator: Operator) -> None:
    nothing = "no matching dead letter: nothing was sent again\n"
    assert run("dlq", "redrive", "customer-notifier", runtime=operator) == (0, nothing)
    for options in ((), ("--dry-run",), ("--json",)):
        with pytest.raises(CommandError, match="no dead letter matches"):
            run("dlq", "redrive", "customer-notifier", "--fail-if-empty", *options, runtime=operator)
    assert run("dlq", "redrive", "pdf-creator", "--fail-if-empty", "--dry-run", runtime=operator)[0] == 0
    assert run("dlq", "redrive", "pdf-creator", "--fail-if-empty", runtime=operator)[0] == 0


def test_times_may_be_moments_or_so_long_ago(operator: Operator) -> None:
    def matched(*options: str) -> int:
        printed = run("dlq", "redrive", "pdf-creator", "--dry-run", "--json", *options, runtime=operator)[1]
        found: int = json.loads(printed)["matched"]
        return found

    assert matched("--since", "90m") == 3
    assert matched("--since", "30m") == 0
    assert matched("--until", (NOON - timedelta(hours=1)).isoformat()) == 0
    assert matched("--since", "999999d") == 3
    for wrong in ("yesterday", "2026-03-01T12:00:00", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(CommandError, match="--since is a time such as"):
            run("dlq", "list", "pdf-creator", "--since", wrong, runtime=operator)
