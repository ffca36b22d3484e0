"""The benchmarks' harness, with few requests on moto: what it measures says nothing here, only that it is measured."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from benchmarks.aws_stand_in import Waits, aws_stand_in
from benchmarks.compare import Comparison, Plan, compare
from benchmarks.create import UNKEYED
from benchmarks.ground import ADDRESS, NoTable, given_address, prepared
from benchmarks.list_page import ListPage
from benchmarks.report import Figure
from benchmarks.sustained import LONGEST, Course, faults_of
from tests.chaos.stack import aws_client
from tests.contract.moto_server import moto_server

A_LOOK = Plan(pairs=1, rounds=1, requests=8)


@pytest.mark.parametrize("comparison", [UNKEYED, ListPage()], ids=lambda each: each.name)
def test_both_sides_do_what_they_are_asked(comparison: Comparison) -> None:
    figure = asyncio.run(_measured(comparison))
    assert figure.ratio > 0
    assert figure.cpu_ms.keys() == {"ours", "floor"}
    # No service on moto reaches a target; then what misses comes with its profile.
    assert figure.holds or "function calls" in figure.profile


def test_without_a_table_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    with pytest.raises(NoTable, match=ADDRESS):
        given_address()


async def _measured(comparison: Comparison) -> Figure:
    with moto_server() as url:
        async with prepared(url) as ground:
            return await compare(comparison, ground, A_LOOK)


FLAT = [100, 118, 120, 121, 119, 120, 122, 120, 121, 120]
GROWING = [100, 110, 120, 130, 140, 150, 160, 170, 180, 190]
FEW = GROWING[:9]


def _told(p95: float = 0.01, holds: bool | None = True, faults: int = 0) -> dict[str, Any]:
    found = [{"what": "503 not-the-writer", "count": faults}] if faults else []
    row = {"name": "get", "p95": p95, "level": 0.5}
    return {"phases": [{"name": "steady", "holds": holds, "note": "late", "faults": found, "operations": [row]}]}


@pytest.mark.parametrize(
    ("told", "memory", "fault"),
    [
        (_told(), FLAT, None),
        (_told(), GROWING, "grows: api: MiB"),
        (_told(), FEW, None),
        (_told(p95=0.051), FLAT, "get: p95 0.051 s, a tenth of its level is 0.05 s"),
        (_told(holds=False), FLAT, "steady: late"),
        (_told(faults=2), FLAT, "steady: 2 times 503 not-the-writer"),
    ],
    ids=["well", "memory", "too short to tell", "slow", "missed", "errors"],
)
def test_a_steady_load_is_judged(told: dict[str, Any], memory: list[int], fault: str | None) -> None:
    course = Course(moments=[Counter({"api: MiB": value}) for value in memory])
    found = faults_of(told, course)
    assert len(found) == (fault is not None)
    assert all(each.startswith(fault or "") for each in found)


def test_what_comes_after_the_load_is_not_part_of_its_course() -> None:
    moments = [Counter({"messages that wait": value}) for value in (1, 2, 90)]
    course = Course(moments=moments, at=[0.0, 5.0, 10.0])
    assert course.until(7.0).moments == moments[:2]


def test_a_queue_that_is_shorter_again_does_not_grow() -> None:
    shorter = [223, 223, 166, 113, 106, 103, 95, 83, 73, 39]
    rising = [254, 499, 390, 344, 344, 392, 435, 442, 466, 478]
    assert [
        Course(moments=[Counter({"messages": value}) for value in each]).grows("messages") for each in (shorter, rising)
    ] == [False, True]


def test_messages_that_wait_a_second_longer_do_grow() -> None:
    flat = [90, 1_400, 210, 180, 160, 240, 300, 280, 350, 500]
    rising = [90, 1_400, 210, 380, 460, 540, 600, 780, 950, 1_200]
    assert [
        Course(moments=[Counter({LONGEST: value}) for value in each]).grows(LONGEST) for each in (flat, rising)
    ] == [
        False,
        True,
    ]


async def test_the_crossing_notes_how_long_messages_waited_when_they_are_received() -> None:
    with moto_server() as url, aws_stand_in(others_url=url) as crossing:
        async with aws_client(crossing.url, "sqs") as sqs:
            queue = (await sqs.create_queue(QueueName="crossed"))["QueueUrl"]
            for body in ("one", "two"):
                await sqs.send_message(QueueUrl=queue, MessageBody=body)
            asked = ["SentTimestamp"]
            got = await sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=asked)
        ages = crossing.ages()
        assert len(ages) == len(got["Messages"]) > 0
        # Its clock tells microseconds, a message's milliseconds: none can be younger than now.
        assert all(0 <= age < 60_000 for age in ages)
        assert crossing.ages() == []


def test_the_delay_with_which_a_message_was_sent_is_no_wait() -> None:
    waits = Waits()
    later, at_once = object(), object()
    waits.asked(later, b"POST / HTTP/1.1\r\n")
    waits.asked(later, b'{"DelaySeconds": 360, "MessageBody": "..."}')
    # An answer may come in parts, and beside that of another connection.
    waits.answered(later, b"HTTP/1.1 200 OK\r\n")
    waits.answered(at_once, b'{"MessageId": "at-once"}')
    waits.answered(later, b'{"MD5OfMessageBody": "d41d8cd9", "MessageId": "later"}')
    long_ago = str(time.time_ns() // 1_000_000 - 400_000).encode()
    received = b'{"MessageId": "%b", "Body": "{\\"MessageId\\": 1}", "Attributes": {"SentTimestamp": "%b"}}'
    waits.answered(later, b",".join(received % (message, long_ago) for message in (b"at-once", b"later")))
    whole, without_delay = waits.ages
    assert whole - without_delay == 360_000
    assert 40_000 <= without_delay < 100_000
