"""One key, used for placing and for accepting: no order of requests, and no death, gives it two answers.

The use cases run over the DynamoDB adapters; each request of theirs is a step, and every order of steps is gone
through ([API-4], [API-7], [DATA-1]).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations
from random import Random
from typing import Any, TypeAlias

import pytest
from botocore.exceptions import ClientError

from orders.adapters.inbound.http.routes.responses import accepted_answer, order_answer
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.dynamodb.items.claim_items import CLAIM
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.application.orders.accept_order import PlaceAccepted
from orders.application.orders.check_offers import CheckOffers, OfferQuestion
from orders.application.orders.place_order import PlaceOrder
from orders.application.policy.caller import Caller
from orders.application.policy.errors import OrderNotFound
from orders.application.policy.idempotency import AlreadyAnswered, KeyedRequest, KeyReused
from orders.domain.order import Order
from orders.domain.pricing.offer_checks import Answers
from tests.contract.interleavings import Actor, Request, State, Walk
from tests.contract.order_stores import EmulatorTable, store_over
from tests.contract.table_in_process import Items, carried_out
from tests.support.builders import NOON, a_draft
from tests.support.service import Service, a_caller

CALLER = a_caller()
KEY, OPERATION, REGION = "checkout-7", "POST /v1.0/orders", "region-of-claims"


@dataclass(frozen=True, slots=True)
class Answered:
    """A request under the key was answered: with success, or that the key belongs to another body."""

    body: str
    answer: KeyedAnswer | None


Part: TypeAlias = "Actor[Answered | None]"


class NothingOnOffer(CheckOffers):
    """A product service that knows no product any more, asked without tasks of their own."""

    def __init__(self) -> None:
        super().__init__(None, None, MemoryMetrics())

    @property
    def idle(self) -> bool:
        return False

    async def execute(self, caller: Caller, question: OfferQuestion) -> Answers:
        return Answers(offers={})


def request_of(body: str, respond: Callable[[Order], KeyedAnswer]) -> KeyedRequest:
    return KeyedRequest(KEY, OPERATION, f"fingerprint of {body}", lambda order: respond(order).encode())


ORDER_ID = request_of("", accepted_answer).order_id(CALLER)


def a_service(client: Any, number: int) -> Service:
    """A process of its own: no two of them take orders at the same moment, and none does anything on the side."""
    service = Service(over=store_over(client, "orders", REGION), start=NOON + timedelta(minutes=number))
    service.fast_path._limit = 0
    return service


def accepting(name: str, body: str, number: int, **how: Any) -> Part:
    async def play(client: Any) -> Answered:
        service = a_service(client, number)
        return await _answered(body, service.accept_order.execute, accepted_answer)

    return Actor(name, play, **how)


def placing(name: str, body: str, number: int, **how: Any) -> Part:
    def respond(order: Order) -> KeyedAnswer:
        return order_answer(order, CALLER, 201)

    async def play(client: Any) -> Answered:
        return await _answered(body, a_service(client, number).place_order.execute, respond)

    return Actor(name, play, **how)


async def _answered(body: str, execute: Any, respond: Callable[[Order], KeyedAnswer]) -> Answered:
    try:
        order = await execute(CALLER, a_draft(notes=body), request_of(body, respond))
    except AlreadyAnswered as error:
        return Answered(body, KeyedAnswer.decode(error.answer))
    except KeyReused:
        return Answered(body, None)
    return Answered(body, respond(order))


def working(name: str, number: int, *, refuses: bool = False, **how: Any) -> Part:
    """The record-creator at the command to place what was accepted, if anything was."""

    async def play(client: Any) -> None:
        service = a_service(client, number)
        place_order = service.place_order
        if refuses:
            place_order = PlaceOrder(
                service.repository, service.tenants, service.clock, service.ids, service.fast_path, service.replays,
                NothingOnOffer(), service.first_answer, service.price_terms,
            )  # fmt: skip
        place_accepted = PlaceAccepted(place_order, service.repository, service.acceptances, service.fast_path)
        try:
            await place_accepted.execute(CALLER.tenant_id, ORDER_ID)
        except OrderNotFound:
            return

    return Actor(name, play, **how)


def relaying(name: str, number: int) -> Part:
    """The relay, for whom a command is on the queue as soon as it says so."""

    async def play(client: Any) -> None:
        service = a_service(client, number)
        for shard in range(service.outbox.shards):
            for entry in await service.outbox.overdue(shard, before=service.clock.now() + timedelta(days=1), limit=10):
                if entry.accepted:
                    await service.queue_accepted.execute(entry.tenant_id, entry.order_id)

    return Actor(name, play)


@dataclass
class Verdict:
    """The invariants of every state, and of the state after all its actors have died.

    Attributes:
        retries: the actors who then retry, each before and after the record-creator has run.
    """

    retries: Sequence[Part]
    recovered: set[object] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)

    @staticmethod
    def of_step(before: Items, after: Items) -> None:
        """Checks that an accepted order keeps its identity, and a rejected one stays rejected."""
        for body_of in (order_body, accepted_body):
            assert body_of(before) in {None, body_of(after)} or state_of(after) in {"placed", "rejected"}
        assert order_body(before) in {None, order_body(after)}, "the order is another one"
        assert len({order_body(after), accepted_body(after)} - {None}) <= 1, "accepted is one, and placed another"
        if state_of(before) == "rejected":
            assert state_of(after) == "rejected"
            assert order_body(after) is None, "what was rejected is placed"

    def of_state(self, state: State[Answered | None]) -> None:
        """However those who died are followed, all requests of one body are answered alike, and no other is."""
        given = frozenset(outcome for outcome in state.ended.values() if outcome is not None)
        if (reached := (state.digest, given)) in self.recovered:
            return
        self.recovered.add(reached)
        for retries in permutations(self.retries):
            items, answered = state.items, list(given)
            for actor in (*retries, relaying("relay", 30), working("worker", 31), *retries):
                before = items
                items, outcome = actor.alone(items)
                self.of_step(before, items)
                answered += [] if outcome is None else [outcome]
            self._of_end(items, answered)

    def _of_end(self, items: Items, answered: Sequence[Answered]) -> None:
        successes = {each.answer for each in answered if each.answer is not None}
        assert len(successes) == 1, "one key has several answers, or none"
        (answer,) = successes
        (body,) = {each.body for each in answered if each.answer is not None}
        assert body not in {each.body for each in answered if each.answer is None}, "refused as another's, and is not"
        assert order_body(items) == body or state_of(items) == "rejected", "what was answered is lost"
        assert state_of(items) in {None, "placed", "rejected"}
        assert "outboxShard" not in items.get((PARTITION, "ACCEPTED"), {})
        self.ends.add(f"{answer.status} {state_of(items) or 'placed'}")
        order = items[PARTITION, "ORDER"]
        if order_body(items) is not None:
            (event,) = order["pending"]["M"].values()
            assert event["M"]["receipt"]["M"]["status"] == {"N": str(answer.status)}


PARTITION = f"TENANT#{CALLER.tenant_id}#ORDER#{ORDER_ID}"


def order_body(items: Items) -> str | None:
    item = items.get((PARTITION, "ORDER"), {})
    return from_wire(item["details"]["M"])["notes"] if "details" in item else None


def accepted_body(items: Items) -> str | None:
    item = items.get((PARTITION, "ACCEPTED"), {})
    return from_wire(item["draft"]["M"])["notes"] if "draft" in item else None


def state_of(items: Items) -> str | None:
    item = items.get((PARTITION, "ACCEPTED"), {})
    return item["state"]["S"] if item else None


def walked(actors: Sequence[Part], retries: Sequence[Part], items: Items | None = None) -> tuple[Walk[Any], Verdict]:
    """Go through all that the actors can do to the table. Raises: AssertionError with the way to where it is wrong."""
    verdict = Verdict(retries)
    walk: Walk[Answered | None] = Walk(actors, verdict.of_step, items or {})
    for state in walk.states():
        try:
            verdict.of_state(state)
        except AssertionError as error:
            error.add_note("\n".join(state.path))
            raise
    return walk, verdict


def both(body: str) -> list[Part]:
    return [accepting(f"accepts {body} again", body, 20), placing(f"places {body} again", body, 21)]


SCENARIOS: Mapping[str, tuple[list[Part], list[Part]]] = {
    "accept and place, one body": ([accepting("a", "1", 1), placing("p", "1", 2)], both("1")),
    "accept and place, two bodies": (
        [accepting("a", "1", 1), placing("p", "2", 2)],
        [accepting("a", "1", 20), placing("p", "2", 21)],
    ),
    "accept and accept, two bodies": (
        [accepting("a", "1", 1), accepting("b", "2", 2)],
        [accepting("a", "1", 20), accepting("b", "2", 21)],
    ),
    "accept, accept and place, one body": (
        [accepting("a", "1", 1), accepting("b", "1", 2), placing("p", "1", 3)], both("1")
    ),
    "accept, accept and place, two bodies": (
        [accepting("a", "1", 1), accepting("b", "1", 2), placing("p", "2", 3)],
        [accepting("a", "1", 20), placing("p", "2", 21)],
    ),
    "accept, place and the worker, one body": (
        [accepting("a", "1", 1), placing("p", "1", 2), working("w", 3)], both("1")
    ),
    "accept, place and the worker, two bodies": (
        [accepting("a", "1", 1), placing("p", "2", 2), working("w", 3)],
        [accepting("a", "1", 20), placing("p", "2", 21)],
    ),
    "accept, and two workers": ([accepting("a", "1", 1), working("w", 2), working("v", 3)], both("1")),
    "accept, and two workers who disagree": (
        [accepting("a", "1", 1), working("w", 2), working("v", 3, refuses=True)], both("1")
    ),
    "accept, relay and the worker": ([accepting("a", "1", 1), relaying("r", 2), working("w", 3)], both("1")),
    "accept and place, answers get lost": (
        [accepting("a", "1", 1, twice=True), placing("p", "2", 2, twice=True)],
        [accepting("a", "1", 20), placing("p", "2", 21)],
    ),
}  # fmt: skip


def _puts_a_claim(operation: str, arguments: Mapping[str, Any]) -> bool:
    return operation == "put_item" and CLAIM in arguments["Item"]


ACCEPTED, _ = accepting("accepted", "1", 0).alone({})
ACCEPTED_WITHOUT_A_CLAIM = {key: item for key, item in ACCEPTED.items() if key != (PARTITION, "ORDER")}
"""As the release before left it."""

LATER: Mapping[str, tuple[Items, list[Part], list[Part]]] = {
    "two workers who disagree, answers get lost": (
        ACCEPTED,
        [working("w", 2, twice=True), working("v", 3, refuses=True, twice=True)],
        both("1"),
    ),
    "two workers who disagree, and a request": (
        ACCEPTED,
        [working("w", 2), working("v", 3, refuses=True), placing("p", "2", 4)],
        [accepting("a", "1", 20), placing("p", "2", 21)],
    ),
    "without a claim: place and accept another": (
        ACCEPTED_WITHOUT_A_CLAIM,
        [placing("p", "2", 1), accepting("b", "2", 2), working("w", 3)],
        [accepting("a", "1", 20), placing("p", "2", 21)],
    ),
    "without a claim: place the same, and two workers who disagree": (
        ACCEPTED_WITHOUT_A_CLAIM,
        [placing("p", "1", 1), working("w", 2), working("v", 3, refuses=True)],
        both("1"),
    ),
}
"""Scenarios of an order accepted before: the items, the actor at work, the retrying actor."""

FOUR_AT_ONCE = [accepting("a", "1", 1), accepting("b", "2", 2), placing("p", "2", 3), working("w", 4)]

PLAYS: Mapping[str, tuple[Items, list[Part], list[Part]]] = {
    **{name: ({}, *play) for name, play in SCENARIOS.items()},
    **LATER,
    "accept, while the release before accepts another, and the worker": (
        {},
        [accepting("old", "1", 1, loses=_puts_a_claim), accepting("b", "2", 2), working("w", 3)],
        [accepting("a", "1", 20), accepting("b", "2", 21)],
    ),
    "accept two bodies, place one of them, and the worker": (
        {},
        FOUR_AT_ONCE,
        [accepting("a", "1", 20), placing("p", "2", 21)],
    ),
}


@pytest.mark.parametrize("play", PLAYS)
def test_one_key_has_one_answer_in_every_order_of_requests_whoever_dies(
    play: str, record_property: Callable[[str, object], None]
) -> None:
    items, actors, retries = PLAYS[play]
    walk, verdict = walked(actors, retries, items)
    figure = f"{play}: {walk.steps} requests, {len(verdict.recovered)} states taken up again, {sorted(verdict.ends)}"
    record_property("figure", figure)
    assert walk.steps > 40
    assert len(verdict.recovered) > 4


def _closes_a_place(operation: str, arguments: Mapping[str, Any]) -> bool:
    return operation == "update_item" and "if_not_exists" in arguments["UpdateExpression"]


def test_without_the_claim_the_walk_finds_the_order_that_was_replaced() -> None:
    actors = [accepting("a", "1", 1, loses=_puts_a_claim), placing("p", "2", 2)]
    with pytest.raises(AssertionError, match="accepted is one, and placed another"):
        walked(actors, [accepting("a", "1", 20)])


def test_without_closing_the_place_the_walk_finds_what_was_rejected_and_then_placed() -> None:
    workers = [working("w", 2), working("v", 3, refuses=True, loses=_closes_a_place)]
    with pytest.raises(AssertionError, match="what was rejected is placed"):
        walked(workers, both("1"), ACCEPTED)


async def test_an_emulator_answers_these_requests_as_the_table_in_the_walk_does(dynamo_table: EmulatorTable) -> None:
    chance = Random(7)  # noqa: S311 - which requests come first, the same in every run
    async with dynamo_table.endpoint.client("dynamodb") as client:
        for items, actors, _ in PLAYS.values():
            key: Any
            for key in [(PARTITION, "ORDER"), (PARTITION, "ACCEPTED")]:
                named = {"PK": {"S": key[0]}, "SK": {"S": key[1]}}
                await client.delete_item(TableName=dynamo_table.name, Key=named)
                if key in items:
                    await client.put_item(TableName=dynamo_table.name, Item=items[key])
            assert await _performed(client, dynamo_table.name, items, list(actors), chance) >= len(actors)


async def _performed(client: Any, table: str, items: Items, actors: list[Part], chance: Random) -> int:
    """Has the actors make their requests in some order, each of the emulator as well, which must answer alike.

    Returns: how many requests that were.
    """
    histories: dict[str, list[Any]] = {actor.name: [] for actor in actors}
    while actors:
        actor = chance.choice(actors)
        request = actor.after(histories[actor.name])
        if not isinstance(request, Request):
            actors.remove(actor)
            continue
        items, answer = carried_out(items, request.operation, request.arguments)
        try:
            given = await getattr(client, request.operation)(**{**request.arguments, "TableName": table})
        except ClientError as error:
            given = error
        assert _content(given) == _content(answer), request
        histories[actor.name].append(answer)
    return sum(map(len, histories.values()))


def _content(answer: Any) -> Any:
    told = answer.response if isinstance(answer, ClientError) else answer
    code = told.get("Error", {}).get("Code")
    return (code, *(told.get(name) or None for name in ("Item", "Items", "Attributes")))
