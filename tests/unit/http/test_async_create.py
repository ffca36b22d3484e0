"""Orders accepted now and placed later: ``Prefer: respond-async`` ([API-7])."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from orders.adapters.outbound.memory.products import MemoryProductCatalogue
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.ports.acceptances import AcceptanceState
from tests.support.eventually import eventually
from tests.support.http_api import ORDERS, SMOKE, Api, expect

PREFER = {"Prefer": "respond-async"}


async def accept(
    api: Api, body: Any = SMOKE, *, key: str | None = None, prefer: str = "respond-async", **who: Any
) -> httpx.Response:
    headers = {"Prefer": prefer} | ({} if key is None else {"Idempotency-Key": key})
    return await api.call("POST", ORDERS, body, headers=headers, **who)


def make_unplaceable(api: Api, order_id: str) -> None:
    """As if a rule, or another service, had changed its mind since the order was accepted."""
    acceptance = api.service.table.accepted["demo", order_id]
    assert acceptance.draft is not None
    api.service.table.accepted["demo", order_id] = replace(acceptance, draft=replace(acceptance.draft, currency="XXX"))


async def test_it_is_answered_under_its_final_id_and_queued(api: Api) -> None:
    answer = await accept(api)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["status"] == "accepted"
    assert answer.headers["location"] == f"{ORDERS}/{body['order_id']}"
    assert answer.headers["preference-applied"] == "respond-async"
    assert "etag" not in answer.headers
    eventually(lambda: bool(api.service.commands.asked), within_seconds=5, what="the command")
    assert api.service.commands.asked[0][:2] == ("demo", body["order_id"])


@pytest.mark.parametrize("prefer", ["respond-async, wait=10", "wait=10,RESPOND-ASYNC", "respond-async;x=1"])
async def test_the_preference_may_be_one_of_several(api: Api, prefer: str) -> None:
    assert (await accept(api, prefer=prefer)).status_code == 202


@pytest.mark.parametrize("prefer", ["return=minimal", "respond-asynchronously", ""])
async def test_other_preferences_are_none_of_ours(api: Api, prefer: str) -> None:
    answer = await accept(api, prefer=prefer)
    assert answer.status_code == 201
    assert "preference-applied" not in answer.headers


async def test_until_it_is_placed_everything_that_reads_says_accepted(api: Api) -> None:
    order_id = (await accept(api)).json()["order_id"]
    whole = (await api.call("GET", f"{ORDERS}/{order_id}")).json()
    assert (whole["status"], whole["allowed_actions"], whole["customer_id"]) == ("accepted", [], "cust_test_001")
    parts: dict[str, dict[str, Any]] = {
        "status": {"status": "accepted", "allowed_actions": []},
        "track": {"status": "accepted", "parcels": [], "open_items": []},
        "history": {"items": [], "next_cursor": None},
        "events": {"items": [], "next_cursor": None},
    }
    for part, shown in parts.items():
        answer = await api.call("GET", f"{ORDERS}/{order_id}/{part}")
        assert answer.status_code == 200
        assert answer.json().items() >= shown.items()
        assert answer.headers["retry-after"] == "1"
    document = await api.call("GET", f"{ORDERS}/{order_id}/document")
    assert (document.status_code, document.headers["retry-after"]) == (202, "1")


async def test_what_is_only_accepted_can_not_be_changed_yet(api: Api) -> None:
    order_id = (await accept(api)).json()["order_id"]
    for method, path, body in [
        ("POST", "/cancel", {}),
        ("PATCH", "", {"notes": "x"}),
        ("PUT", "/status", {"status": "processing"}),
    ]:
        refused = expect(
            await api.call(method, f"{ORDERS}/{order_id}{path}", body, role="staff"), 409, "illegal-transition"
        )
        assert refused["allowed_actions"] == []


async def test_it_is_there_for_nobody_else(api: Api) -> None:
    order_id = (await accept(api)).json()["order_id"]
    others: list[dict[str, Any]] = [{"customer": "cust_2"}, {"tenant": "other"}, {"tenant": "other", "role": "admin"}]
    for who in others:
        expect(await api.call("GET", f"{ORDERS}/{order_id}", **who), 404, "not-found")
    assert (await api.call("GET", f"{ORDERS}/{order_id}", role="staff")).json()["status"] == "accepted"


async def test_once_placed_it_is_an_order_like_any_other(api: Api) -> None:
    accepted = (await accept(api)).json()
    for _ in range(2):
        await api.service.place_accepted.execute("demo", accepted["order_id"])
    order = (await api.call("GET", f"{ORDERS}/{accepted['order_id']}")).json()
    assert (order["status"], order["order_number"]) == ("pending", accepted["order_number"])
    assert order["total"] == 59.98
    history = (await api.call("GET", f"{ORDERS}/{order['order_id']}/history")).json()["items"]
    assert [entry["type"] for entry in history] == ["created"]
    assert history[0]["actor"] == {"principal": "cust_test_001", "role": "customer"}
    acceptance = await api.service.acceptances.get("demo", order["order_id"])
    assert acceptance is not None
    assert (acceptance.state, acceptance.draft) == (AcceptanceState.PLACED, None)


async def test_mail_goes_where_it_would_have_gone(api: Api) -> None:
    token = {"Authorization": f"Bearer {api.token(email='thandi@example.com')}"}
    order_id = (await api.call("POST", ORDERS, SMOKE, headers=PREFER | token)).json()["order_id"]
    await api.service.place_accepted.execute("demo", order_id)
    order = await api.service.repository.get("demo", order_id)
    assert order is not None
    assert order.notification_email == "thandi@example.com"


async def test_what_is_invalid_is_refused_at_once(api: Api) -> None:
    expect(await accept(api, json.loads(SMOKE) | {"total": 1}), 422, "invalid-content")
    expect(await accept(api, json.loads(SMOKE) | {"customer_id": "cust_2"}), 403, "forbidden")
    assert api.service.table.accepted == {}


async def test_what_is_refused_later_says_why(api: Api) -> None:
    order_id = (await accept(api)).json()["order_id"]
    make_unplaceable(api, order_id)
    await api.service.place_accepted.execute("demo", order_id)
    order = (await api.call("GET", f"{ORDERS}/{order_id}")).json()
    assert order["status"] == "rejected"
    assert "XXX" in order["reason"]
    assert order["errors"][0]["pointer"] == "/currency"
    status = (await api.call("GET", f"{ORDERS}/{order_id}/status")).json()
    assert (status["status"], status["reason"]) == ("rejected", order["reason"])
    expect(await api.call("POST", f"{ORDERS}/{order_id}/cancel", {}), 409, "illegal-transition")


async def test_with_a_key_it_is_accepted_once_and_answered_alike(api: Api) -> None:
    answers = await asyncio.gather(*(accept(api, key="k") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    order_id = answers[0].json()["order_id"]
    await api.service.place_accepted.execute("demo", order_id)
    again = await accept(api, key="k")
    assert (again.status_code, again.content) == (202, answers[0].content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["preference-applied"] == "respond-async"
    plain = await api.call("POST", ORDERS, SMOKE, headers={"Idempotency-Key": "k"})
    assert (plain.status_code, plain.content) == (202, answers[0].content)
    expect(await accept(api, json.loads(SMOKE) | {"notes": "x"}, key="k"), 422, "idempotency-key-reused")
    assert len((await api.call("GET", ORDERS)).json()["items"]) == 1


async def test_what_was_placed_at_once_is_not_accepted_again(api: Api) -> None:
    placed = await api.call("POST", ORDERS, SMOKE, headers={"Idempotency-Key": "k"})
    again = await accept(api, key="k")
    assert (again.status_code, again.content) == (201, placed.content)
    assert api.service.table.accepted == {}


async def test_with_the_queue_out_of_reach_it_is_accepted_all_the_same_and_the_relay_queues_it(api: Api) -> None:
    service = api.service
    service.commands.reachable = False
    order_id = (await accept(api)).json()["order_id"]
    relay = service.relay()
    for _ in range(2):
        assert sum([await relay.sweep(shard) for shard in range(service.outbox.shards)]) == 0
    service.commands.reachable = True
    assert sum([await relay.sweep(shard) for shard in range(service.outbox.shards)]) == 1
    assert [asked[:2] for asked in service.commands.asked] == [("demo", order_id)]
    assert sum([await relay.sweep(shard) for shard in range(service.outbox.shards)]) == 0


async def test_killed_between_placing_and_noting_so_it_is_placed_once(api: Api) -> None:
    order_id = (await accept(api)).json()["order_id"]
    acceptance = api.service.table.accepted["demo", order_id]
    await api.service.place_accepted.execute("demo", order_id)
    # As before the note; and what could be placed then could not be placed now.
    api.service.table.accepted["demo", order_id] = acceptance
    make_unplaceable(api, order_id)
    await api.service.place_accepted.execute("demo", order_id)
    order = await api.service.repository.get("demo", order_id)
    assert order is not None
    assert order.totals.total == Money(5998, Currency.of("USD"))
    assert api.service.table.accepted["demo", order_id].state is AcceptanceState.PLACED


SAME, OTHER = json.loads(SMOKE), json.loads(SMOKE) | {"notes": "another"}
ASYNC, AT_ONCE = "respond-async", "wait=10"


@pytest.mark.parametrize(("first", "second"), [(ASYNC, AT_ONCE), (AT_ONCE, ASYNC), (ASYNC, ASYNC), (AT_ONCE, AT_ONCE)])
@pytest.mark.parametrize("placed_between", [False, True])
async def test_one_key_has_one_answer_whichever_way_it_came_first(
    api: Api, first: str, second: str, placed_between: bool
) -> None:
    answer = await accept(api, SAME, key="k", prefer=first)
    order_id = answer.json()["order_id"]
    if placed_between and first == ASYNC:
        await api.service.place_accepted.execute("demo", order_id)
    for _ in range(2):
        expect(await accept(api, OTHER, key="k", prefer=second), 422, "idempotency-key-reused")
        again = await accept(api, SAME, key="k", prefer=second)
        assert (again.status_code, again.content) == (answer.status_code, answer.content)
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers.get("etag") == answer.headers.get("etag")
    if first == ASYNC:
        await api.service.place_accepted.execute("demo", order_id)
    order = (await api.call("GET", f"{ORDERS}/{order_id}")).json()
    assert (order["status"], order.get("notes")) == ("pending", None)
    assert len((await api.call("GET", ORDERS)).json()["items"]) == 1


@pytest.mark.parametrize("prefer", [ASYNC, AT_ONCE])
async def test_whoever_finds_only_the_claim_goes_on_with_what_it_was_put_for(api: Api, prefer: str) -> None:
    first = await accept(api, SAME, key="k")
    order_id = first.json()["order_id"]
    # As if the process had died between the two writes, before anybody was answered.
    eventually(lambda: ("demo", order_id) not in api.service.table.unqueued, within_seconds=5, what="the command")
    acceptance = api.service.table.accepted.pop(("demo", order_id))
    api.service.commands.asked.clear()
    expect(await api.call("GET", f"{ORDERS}/{order_id}"), 404, "not-found")
    expect(await accept(api, OTHER, key="k", prefer=prefer), 422, "idempotency-key-reused")

    answer = await accept(api, SAME, key="k", prefer=prefer)

    assert (answer.status_code, answer.content) == (202, first.content)
    taken_up = api.service.table.accepted["demo", order_id]
    assert (taken_up.draft, taken_up.receipt) == (acceptance.draft, acceptance.receipt)
    eventually(lambda: bool(api.service.commands.asked), within_seconds=5, what="the command")
    await api.service.place_accepted.execute("demo", order_id)
    assert (await api.call("GET", f"{ORDERS}/{order_id}")).json()["status"] == "pending"


async def test_a_claim_is_gone_on_with_although_the_order_would_be_refused_by_now(api: Api) -> None:
    order_id = (await accept(api, SAME, key="k")).json()["order_id"]
    eventually(lambda: ("demo", order_id) not in api.service.table.unqueued, within_seconds=5, what="the command")
    del api.service.table.accepted["demo", order_id]
    catalogue = MemoryProductCatalogue()
    api.service.check_offers._products = Consulted(catalogue, WhenDown.REFUSE)
    assert (await accept(api, SAME, key="k", prefer=AT_ONCE)).status_code == 202
    await api.service.place_accepted.execute("demo", order_id)
    assert (await api.call("GET", f"{ORDERS}/{order_id}")).json()["status"] == "rejected"


async def test_what_is_rejected_later_keeps_its_first_answer_and_is_never_placed(api: Api) -> None:
    first = await accept(api, SAME, key="k")
    order_id = first.json()["order_id"]
    acceptance = api.service.table.accepted["demo", order_id]
    make_unplaceable(api, order_id)
    await api.service.place_accepted.execute("demo", order_id)
    for prefer in (ASYNC, AT_ONCE):
        again = await accept(api, SAME, key="k", prefer=prefer)
        assert (again.status_code, again.content) == (202, first.content)
        expect(await accept(api, OTHER, key="k", prefer=prefer), 422, "idempotency-key-reused")
    # Somebody else is at the same message, and finds nothing wrong with it.
    api.service.table.accepted["demo", order_id] = acceptance
    await api.service.place_accepted.execute("demo", order_id)
    order = (await api.call("GET", f"{ORDERS}/{order_id}")).json()
    assert (order["status"], order["errors"][0]["pointer"]) == ("rejected", "/currency")


async def test_an_acceptance_of_the_release_before_has_no_claim_and_its_key_one_answer(api: Api) -> None:
    first = await accept(api, SAME, key="k")
    order_id = first.json()["order_id"]
    del api.service.table.claims["demo", order_id]
    for prefer in (AT_ONCE, ASYNC):
        again = await accept(api, SAME, key="k", prefer=prefer)
        assert (again.status_code, again.content) == (202, first.content)
        expect(await accept(api, OTHER, key="k", prefer=prefer), 422, "idempotency-key-reused")
    await api.service.place_accepted.execute("demo", order_id)
    assert (await api.call("GET", f"{ORDERS}/{order_id}")).json()["status"] == "pending"


@pytest.mark.parametrize("same", [True, False], ids=["one body", "two bodies"])
async def test_of_both_ways_at_once_one_gives_the_answer(api: Api, same: bool) -> None:
    for number in range(20):
        requests = [(SAME, ASYNC), (SAME if same else OTHER, AT_ONCE)] * 3
        if number % 2:
            requests.reverse()
        answers = await asyncio.gather(*(accept(api, body, key=f"k{number}", prefer=how) for body, how in requests))
        answered = {(answer.status_code, answer.content) for answer in answers if answer.is_success}
        assert len(answered) == 1
        refused = [answer for answer in answers if not answer.is_success]
        assert [answer.status_code for answer in refused] == ([] if same else [422] * 3)
