"""``orders top`` as an operator types it, and what it looks like in terminals of two sizes."""

import asyncio
import io
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from orders.adapters.inbound.cli.commands.top import refresh
from orders.adapters.inbound.cli.commands.top_view import overview_view
from orders.adapters.inbound.cli.runtime import AuditedCommand, Result
from orders.application.operations.read_overview import Overview, ReadOverview
from orders.ports.recent_figures import Figures
from tests.support.overviews import WORKERS, a_busy_overview, a_quiet_overview
from tests.unit.application.test_read_overview import Desk
from tests.unit.cli.test_commands import Recorder, run


class Operator(Recorder):
    """A runtime over a service in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[AuditedCommand, str | None]] = []

    def with_overview(
        self, doing: AuditedCommand, work: Callable[[ReadOverview], Awaitable[Result]], *, namespace: str | None
    ) -> Result:
        self.done.append((doing, namespace))
        return asyncio.run(work(Desk().read()))  # type: ignore[arg-type]


def test_without_a_terminal_it_prints_once_and_is_audited_as_one_command() -> None:
    operator = Operator()
    for options in ((), ("--once",)):
        code, told = run("top", *options, runtime=operator)
        assert code == 0
        assert "nothing to look at" in told
        assert "pdf-creator" in told
        assert "\x1b[" not in told
    assert [each for each, _ in operator.done] == [AuditedCommand("top")] * 2


def test_json_is_one_document() -> None:
    operator = Operator()
    code, told = run("top", "--json", "--namespace", "Mine", runtime=operator)
    found = json.loads(told)
    assert (code, operator.done[0][1]) == (0, "Mine")
    assert found.keys() == {"at", "concerns", "queues", "rules", "outbox", "figures", "unreachable"}
    assert found["queues"][1] == {
        "worker": "pdf-creator", "waiting": 0, "in_flight": 0, "delayed": 0, "oldest_seconds": None, "dead_letters": 0,
    }  # fmt: skip
    assert found["rules"] == [{"rule": "rule:bbws-order-pdf-creation", "dead_letters": 0}]
    assert found["outbox"][0] == {
        "shard": 0, "waiting": 0, "more": False, "oldest_seconds": None, "unreadable": 0,
    }  # fmt: skip
    assert (found["figures"]["span_seconds"], found["figures"]["requests"]) == (300, None)


def test_an_interval_too_short_is_refused() -> None:
    assert run("top", "--interval", "0.1", runtime=Operator())[0] == 2


async def test_it_is_drawn_again_after_each_pause_until_it_is_broken_off() -> None:
    drawn: list[Overview] = []
    pauses = 0

    async def pause() -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            # As Ctrl-C does, by way of asyncio.run.
            raise asyncio.CancelledError

    await refresh(Desk().read(), drawn.append, pause)
    assert len(drawn) == 3


EMULATOR = "the emulator of .orders-dev on http://127.0.0.1:4566"


def shown(overview: Overview, width: int, height: int | None = None, *, colours: bool = False) -> list[str]:
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        height=height,
        highlight=False,
        force_terminal=colours,
        color_system="standard" if colours else None,
    )
    console.print(overview_view(overview, EMULATOR, width=width, height=height))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_it_fits_the_terminal(width: int) -> None:
    lines = shown(a_busy_overview(), width, 24)
    assert len(lines) <= 24
    assert all(len(line) <= width for line in lines)
    text = "\n".join(lines)
    assert EMULATOR in text
    assert "rates of the last 5 min" in lines[0]
    # The rates of a busy service are one line.
    assert next(line for line in lines if "requests" in line).rstrip().endswith("409 mails")
    for part in ("pdf-creator", "1240", "184", "not reached", "internal-notifier queue", "outbox", "2: 100+", "74 s",
                 "1230 requests, 6.7% failed", "205 orders", "442 events", "409 mails", "create 340 ms",
                 "read 12 ms", "12× order <b>x</b> waits"):  # fmt: skip
        assert part in text.replace("3 min", "184"), part


def test_the_last_errors_take_what_room_is_left_and_it_says_how_many_there_are() -> None:
    short, tall = shown(a_busy_overview(), 120, 24), shown(a_busy_overview(), 120, 50)
    assert any("of 15" in line for line in short)
    assert sum("dead-lettered" in line for line in tall) == 14
    assert sum("dead-lettered" in line for line in shown(a_busy_overview(), 80)) == 14


def test_rules_with_dead_letters_are_named_whatever_the_width() -> None:
    for width in (80, 120):
        assert any("bbws-order-pdf-creation" in line for line in shown(a_busy_overview(), width))
    assert any("no dead letters of 7 rules" in line for line in shown(a_quiet_overview(), 80))


def test_only_what_needs_a_look_is_red() -> None:
    red = "\x1b[1;31m"
    assert not any(red in line for line in shown(a_quiet_overview(), 80, colours=True))
    marked = re.findall(rf"{re.escape(red)} *([^\x1b]*)", "\n".join(shown(a_busy_overview(), 120, colours=True)))
    assert [each.strip() for each in marked] == [
        "7 to look at", "not reached", "2", "3 min", "17", "74 s", "1 unreadable", "6.7% failed", "error",
    ]  # fmt: skip


def test_what_is_not_known_is_a_dash_and_where_errors_are_is_said() -> None:
    nothing = replace(a_quiet_overview(), figures=None, outbox=(), rules=())
    text = "\n".join(shown(nothing, 80))
    assert "outbox   –" in text
    assert "rules    –" in text
    assert "requests" not in text
    elsewhere = replace(nothing, figures=Figures(span=timedelta(minutes=5), errors_are_in="Logs Insights"))
    text = "\n".join(shown(elsewhere, 80))
    assert "– requests, – · – orders" in text
    assert "errors   Logs Insights" in text
    assert "errors   none" in "\n".join(shown(a_quiet_overview(), 80))
    unsaid = replace(nothing, figures=Figures(span=timedelta(minutes=5)))
    assert not any("errors" in line for line in shown(unsaid, 80))


def test_a_terminal_of_no_height_shows_the_state_without_errors() -> None:
    lines = shown(a_busy_overview(), 80, 5)
    assert all(any(worker in line for line in lines) for worker in WORKERS)
    assert not any("dead-lettered" in line for line in lines)
