"""``orders suppressions`` as an operator types it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from orders.adapters.inbound.cli.app import build
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.suppressions import MemorySuppressions
from orders.application.mail.suppression_list import SuppressionList
from orders.domain.errors import InvalidIdentifier
from orders.ports.mail import recipient_hash
from orders.ports.suppressions import Suppression, SuppressionReason
from tests.support.builders import NOON, an_order_id
from tests.unit.cli.test_commands import Recorder, run

HASH = recipient_hash("thandi@example.com")


class Operator(Recorder):
    """A runtime over a list in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.suppressions = MemorySuppressions()
        self.done: list[AuditedCommand] = []

    def with_suppressions(self, doing: AuditedCommand, work: Callable[[SuppressionList], Awaitable[Result]]) -> Result:
        self.done.append(doing)
        kept = SuppressionList(self.suppressions, FixedClock(NOON + timedelta(hours=1)))
        return asyncio.run(work(kept))  # type: ignore[arg-type]


@pytest.fixture
def operator() -> Operator:
    found = Operator()
    bounced = Suppression("tenant_a", HASH, SuppressionReason.BOUNCED, NOON, an_order_id(), "Permanent/NoEmail")
    for tenant in ("tenant_a", "tenant_b"):
        asyncio.run(found.suppressions.add(replace(bounced, tenant_id=tenant)))
    other = replace(bounced, recipient_hash="0" * 16, reason=SuppressionReason.COMPLAINED)
    asyncio.run(found.suppressions.add(other))
    return found


def test_an_entry_that_cannot_be_read_is_left_out_and_said(operator: Operator) -> None:
    operator.suppressions.damage("tenant_a", HASH)
    told = run("suppressions", "list", "--tenant", "tenant_a", runtime=operator)[1]
    assert "1 suppressed address of tenant_a" in told
    assert "can't be read and left out: 1 entry, to" in told


def typed(operator: Operator, answer: str, *arguments: str) -> str:
    """Runs the command with that answer to its prompt; returns its output."""
    result = CliRunner().invoke(build(operator, "1.2.3"), ["suppressions", *arguments], input=f"{answer}\n")
    if isinstance(result.exception, CommandError):
        raise result.exception
    assert result.exit_code == 0, result.output
    # What is typed shows on the terminal, too.
    return result.stdout.removeprefix(f" {answer}\n") if answer else result.stdout


def test_a_shops_addresses_are_listed_without_any(operator: Operator) -> None:
    shop = ("suppressions", "list", "--tenant", "tenant_a")
    listed = json.loads(run(*shop, "--json", runtime=operator)[1])
    assert [each["recipient_hash"] for each in listed] == ["0" * 16, HASH]
    assert (listed[0]["reason"], listed[1]["reason"], listed[1]["order_id"]) == ("complained", "bounced", an_order_id())
    page = json.loads(run(*shop, "--after", "0" * 16, "--json", runtime=operator)[1])
    assert [each["recipient_hash"] for each in page] == [HASH]
    assert "2 suppressed addresses of tenant_a" in run(*shop, runtime=operator)[1]
    assert operator.done == [AuditedCommand("suppressions list", tenant_id="tenant_a")] * 3


def test_an_international_address_is_looked_for_as_mail_is_delivered_to_it(operator: Operator) -> None:
    hashed = recipient_hash("petra@xn--bcher-kva.example")
    known = Suppression("tenant_a", hashed, SuppressionReason.BOUNCED, NOON, an_order_id())
    asyncio.run(operator.suppressions.add(known))
    shown = typed(operator, "Petra@Bücher.example", "list", "--tenant", "tenant_a", "--ask", "--json")
    assert [each["recipient_hash"] for each in json.loads(shown)] == [hashed]
    with pytest.raises(CommandError, match="this must be an e-mail address"):
        typed(operator, "petra", "list", "--tenant", "tenant_a", "--ask")


def test_who_knows_an_address_can_look_for_it(operator: Operator) -> None:
    shown = typed(operator, "Thandi@Example.com ", "list", "--tenant", "tenant_a", "--ask", "--json")
    assert [each["recipient_hash"] for each in json.loads(shown)] == [HASH]
    assert json.loads(typed(operator, "nobody@example.com", "list", "--tenant", "tenant_a", "--ask", "--json")) == []


@pytest.mark.parametrize(("answer", "how"), [("Thandi@example.com", ()), ("", ("--hash", HASH))])
def test_an_address_is_written_to_again_by_that_shop(operator: Operator, answer: str, how: tuple[str, ...]) -> None:
    assert typed(operator, answer, "remove", "--tenant", "tenant_a", *how) == "tenant_a mails it again\n"
    assert asyncio.run(operator.suppressions.find("tenant_a", HASH)) is None
    assert asyncio.run(operator.suppressions.find("tenant_b", HASH)) is not None
    assert operator.done == [AuditedCommand("suppressions remove", tenant_id="tenant_a")]
    with pytest.raises(CommandError, match="shop tenant_a has no such suppressed address"):
        typed(operator, answer, "remove", "--tenant", "tenant_a", *how)


def test_a_dry_run_says_whether_it_is_on_the_list_and_changes_nothing(operator: Operator) -> None:
    for how, said in ((), "tenant_a would mail it again\n"), (("--json",), '"removed": false'):
        told = typed(operator, "", "remove", "--tenant", "tenant_a", "--hash", HASH, "--dry-run", *how)
        assert said in told
    with pytest.raises(CommandError, match="shop tenant_a has no such suppressed address"):
        typed(operator, "", "remove", "--tenant", "tenant_a", "--hash", "f" * 16, "--dry-run")
    assert asyncio.run(operator.suppressions.find("tenant_a", HASH)) is not None
    assert {each.command for each in operator.done} == {"suppressions remove --dry-run"}


def test_removal_is_printed_as_json(operator: Operator) -> None:
    told = json.loads(typed(operator, "", "remove", "--tenant", "tenant_a", "--hash", HASH, "--json"))
    assert told == {"tenant_id": "tenant_a", "recipient_hash": HASH, "removed": True}


def test_wrong_arguments_say_what_is_right(operator: Operator) -> None:
    with pytest.raises(CommandError, match="a hash is 16 of 0-9 and a-f"):
        run("suppressions", "remove", "--tenant", "tenant_a", "--hash", "thandi@example.com", runtime=operator)
    result = CliRunner().invoke(build(operator, "1.2.3"), ["suppressions", "list", "--tenant", "a b"])
    assert isinstance(result.exception, InvalidIdentifier)
    assert operator.done == []
