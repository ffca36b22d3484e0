"""Answers of DynamoDB to batches of writes, statement by statement, that no emulator gives on request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.memory.writer_leases import SetLease
from orders.domain.events import OrderEvent
from orders.ports.errors import NotTheWriter, TransientPortError
from tests.contract.changes import event_of, placed, processed

ADDS, REMOVES = "INSERT", "UPDATE"
ORDERS = 3


@dataclass
class AnsweringClient:
    """Does every write but those of batches that ``refuse`` gives a code for, by the statement's verb and place.

    ``whole`` gives a code for which a batch is refused as a whole; ``told`` is how many of a batch's statements are
    answered for.
    """

    refuse: Callable[[str, int], str | None] = lambda verb, place: None
    whole: Callable[[str], str | None] = lambda verb: None
    told: int = 25
    before: Callable[[str], None] = lambda verb: None
    requests: list[str] = field(default_factory=list)
    batches: list[list[dict[str, Any]]] = field(default_factory=list)

    async def put_item(self, **_: Any) -> dict[str, Any]:
        self.requests.append("put")
        return {}

    async def update_item(self, **_: Any) -> dict[str, Any]:
        self.requests.append("update")
        return {}

    async def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's
        verb = Statements[0]["Statement"].split()[0]
        self.before(verb)
        self.requests.append(f"{verb} {len(Statements)}")
        self.batches.append(Statements)
        if code := self.whole(verb):
            raise ClientError({"Error": {"Code": code, "Message": "refused"}}, "BatchExecuteStatement")
        codes = [self.refuse(verb, place) for place in range(len(Statements))]
        answers = [{"Error": {"Code": code, "Message": "refused"}} if code else {"TableName": "t"} for code in codes]
        return {"Responses": answers[: self.told]}


def outbox_over(client: Any, lease: SetLease | None = None) -> DynamoOutbox:
    return DynamoOutbox(client, "orders", lease or SetLease(), region="region-1", outbox_shards=1)


def events(count: int = ORDERS) -> list[OrderEvent]:
    return [event_of(placed("tenant_a")) for _ in range(count)]


def sequence_of(statement: dict[str, Any]) -> str:
    """The sequence of the event that a statement adds."""
    place = statement["Statement"].partition("'sequence'")[0].count("?")
    return str(statement["Parameters"][place]["N"])


def only(verb: str, place: int, code: str) -> Callable[[str, int], str | None]:
    return lambda given, at: code if (given, at) == (verb, place) else None


async def test_a_lone_event_is_settled_without_a_batch() -> None:
    client = AnsweringClient()
    assert await outbox_over(client).settle_all(events(1)) == [True]
    assert client.requests == ["put", "update"]


async def test_events_of_several_orders_take_two_requests() -> None:
    client = AnsweringClient()
    assert await outbox_over(client).settle_all(events()) == [True] * ORDERS
    assert client.requests == [f"{ADDS} {ORDERS}", f"{REMOVES} {ORDERS}"]


async def test_a_request_has_no_more_statements_than_dynamodb_takes() -> None:
    client = AnsweringClient()
    assert await outbox_over(client).settle_all(events(52)) == [True] * 52
    assert client.requests == [f"{ADDS} 25", f"{REMOVES} 25"] * 2 + [f"{ADDS} 2", f"{REMOVES} 2"]


async def test_an_event_is_not_touched_before_the_one_in_front_of_it_is_settled() -> None:
    client = AnsweringClient()
    first, other = placed("tenant_a"), placed("tenant_a")
    lines = [first, processed(first.order), other, processed(other.order)]
    assert await outbox_over(client).settle_all([event_of(change) for change in lines]) == [True] * 4
    assert client.requests == [f"{ADDS} 2", f"{REMOVES} 2"] * 2
    assert [[sequence_of(statement) for statement in batch] for batch in client.batches[::2]] == [
        ["1", "1"],
        ["2", "2"],
    ]


@pytest.mark.parametrize("code", ["DuplicateItem", "TransactionConflict", "ValidationError", "SomethingNew"])
async def test_what_is_not_added_in_the_batch_is_decided_alone(code: str) -> None:
    client = AnsweringClient(only(ADDS, 1, code))
    assert await outbox_over(client).settle_all(events()) == [True] * ORDERS
    assert client.requests == [f"{ADDS} {ORDERS}", "put", f"{REMOVES} {ORDERS}"]


@pytest.mark.parametrize(
    "code", ["ConditionalCheckFailed", "TransactionConflict", "ValidationError", "AccessDenied", "SomethingNew"]
)
async def test_what_is_not_removed_in_the_batch_is_decided_alone(code: str) -> None:
    client = AnsweringClient(only(REMOVES, 0, code))
    assert await outbox_over(client).settle_all(events()) == [True] * ORDERS
    assert client.requests == [f"{ADDS} {ORDERS}", f"{REMOVES} {ORDERS}", "update"]


@pytest.mark.parametrize(
    ("code", "throttled"),
    [
        ("ThrottlingError", True),
        ("ProvisionedThroughputExceeded", True),
        ("RequestLimitExceeded", True),
        ("InternalServerError", False),
    ],
)
@pytest.mark.parametrize("verb", [ADDS, REMOVES])
async def test_what_is_throttled_fails_its_own_event_and_is_not_tried_again_at_once(
    verb: str, code: str, throttled: bool
) -> None:
    client = AnsweringClient(only(verb, 1, code))
    one, failed, other = await outbox_over(client).settle_all(events())
    assert (one, other) == (True, True)
    assert isinstance(failed, TransientPortError)
    assert failed.throttled == throttled
    # What is not in the log stays in the outbox.
    assert client.requests == [f"{ADDS} 3", f"{REMOVES} {2 if verb == ADDS else 3}"]


async def test_a_throttled_event_keeps_back_those_behind_it_and_no_other_orders() -> None:
    client = AnsweringClient(only(ADDS, 0, "ThrottlingError"))
    first, other, third = placed("tenant_a"), placed("tenant_a"), placed("tenant_a")
    changes = [first, processed(first.order), other, third]
    outcomes = await outbox_over(client).settle_all([event_of(change) for change in changes])
    assert outcomes[0] is outcomes[1]
    assert isinstance(outcomes[0], TransientPortError)
    assert outcomes[2:] == [True, True]
    assert client.requests == [f"{ADDS} 3", f"{REMOVES} 2"]


async def test_statements_that_are_not_answered_for_are_decided_alone() -> None:
    client = AnsweringClient(told=2)
    assert await outbox_over(client).settle_all(events()) == [True] * ORDERS
    assert client.requests == [f"{ADDS} {ORDERS}", "put", f"{REMOVES} {ORDERS}", "update"]


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "InternalServerError", "ProvisionedThroughputExceededException"]
)
async def test_a_batch_that_fails_as_a_whole_for_a_while_is_left_as_it_is(code: str) -> None:
    client = AnsweringClient(whole=lambda verb: code)
    outcomes = await outbox_over(client).settle_all(events())
    assert [type(outcome) for outcome in outcomes] == [TransientPortError] * ORDERS
    assert client.requests == [f"{ADDS} {ORDERS}"]


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
async def test_a_batch_that_is_refused_as_a_whole_is_done_one_by_one(code: str) -> None:
    client = AnsweringClient(whole=lambda verb: code)
    assert await outbox_over(client).settle_all(events()) == [True] * ORDERS
    assert client.requests == [f"{ADDS} 3", *["put"] * 3, f"{REMOVES} 3", *["update"] * 3]


async def test_the_lease_is_asked_before_each_batch() -> None:
    lease = SetLease()

    def lose_it(verb: str) -> None:
        lease.epoch = None

    client = AnsweringClient(before=lose_it)
    outcomes: Sequence[object] = await outbox_over(client, lease).settle_all(events())
    assert [type(outcome) for outcome in outcomes] == [NotTheWriter] * ORDERS
    assert client.requests == [f"{ADDS} {ORDERS}"]
