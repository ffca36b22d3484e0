"""Erasing personal data over HTTP, and that nothing of it is left anywhere ([DATA-5], [API-4])."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.canaries import CANARY, ERASED_VIEW, Lives, TellingRenderer, a_body, marks_in
from tests.support.http_api import ORDERS, Api, an_api_in_this_loop, expect
from tests.support.service import Service
from tests.support.workers import Workers

FISCAL = (
    "order_id", "order_number", "tenant_id", "customer_id", "status", "currency", "items", "subtotal", "tax",
    "shipping", "discount", "total", "parcels", "campaign_code", "locale", "created_at",
)  # fmt: skip


@pytest.fixture
async def lives(tmp_path: Path) -> AsyncIterator[Lives]:
    """Orders at their end, over an application that runs in the test's own event loop, as the workers do."""
    async with an_api_in_this_loop(tmp_path, Service(renderer=TellingRenderer())) as api:
        lives = Lives(api, Workers(api.service))
        await lives.live()
        yield lives


def kept_in(service: Service) -> dict[str, Any]:
    """Everything that is kept anywhere."""
    return {
        "orders": service.table.rows,
        "events": service.table._log,
        "acceptances": service.table.accepted,
        "mails": service.intents._entries,
        "documents": service.documents.documents,
        "versions of documents": service.documents.versions,
    }


def exact(body: bytes) -> Any:
    """JSON with every number to the digit as it is written."""
    return json.loads(body, parse_float=Decimal)


async def test_not_one_mark_is_left_anywhere(lives: Lives) -> None:
    service = lives.api.service
    # They were everywhere before, but that a placed order's acceptance has let go of them already.
    assert {where for where, what in kept_in(service).items() if marks_in(what)} == kept_in(service).keys() - {
        "acceptances"
    }
    # Each of the three was called off as well, and the documents there were then have been dated by their end.
    assert len(service.documents.versions) == 5 + 3 + 5
    before = {order_id: (await lives.call("GET", f"{ORDERS}/{order_id}")).json() for order_id in lives.order_ids}
    mails = len(service.sender.sent)

    await lives.erase()
    await lives.workers.settle()
    await lives.workers.let_time_pass()

    assert {where: marks_in(what) for where, what in kept_in(service).items() if marks_in(what)} == {}
    assert marks_in(await lives.read()) == []
    assert all(marks_in(event) == [] for event in service.publisher.cloud_events[-6:])
    assert len(service.sender.sent) == mails
    for order_id, order in before.items():
        now = (await lives.call("GET", f"{ORDERS}/{order_id}")).json()
        assert {name: now[name] for name in FISCAL} == {name: order[name] for name in FISCAL}
        assert {name: now[name] for name in ERASED_VIEW} == ERASED_VIEW
        assert now["erased_at"]
        assert now["version"] == order["version"] + 1


async def test_from_the_answer_on_nobody_reads_any_of_it_although_all_is_still_kept(lives: Lives) -> None:
    await lives.erase()
    assert marks_in(kept_in(lives.api.service)["events"])
    assert marks_in(await lives.read()) == []
    assert [marks_in(now.text) for _, now in await lives.replayed()] == [[]] * len(lives.answered)


@pytest.mark.parametrize("scrubbed", [False, True])
async def test_a_replay_is_the_first_answer_redacted_and_nothing_else(lives: Lives, scrubbed: bool) -> None:
    await lives.erase()
    if scrubbed:
        await lives.workers.settle()
    for first, now in await lives.replayed():
        assert now.headers["idempotent-replayed"] == "true"
        assert now.status_code == first.status_code
        told = ("etag", "location", "content-type", "preference-applied")
        assert [now.headers.get(name) for name in told] == [first.headers.get(name) for name in told]
        was = exact(first.content)
        assert exact(now.content) == was | {name: ERASED_VIEW[name] for name in ERASED_VIEW if name in was}
        assert list(exact(now.content)) == list(was)
        # The digits too: 68.98 and 60.00, not 60.0.
        assert first.content.count(b":59.98,") == now.content.count(b":59.98,")
        assert first.content.count(b'"shipping":0.00,') == now.content.count(b'"shipping":0.00,')
    assert marks_in([now.text for _, now in await lives.replayed()]) == []


async def test_history_shows_the_erasure_and_what_became_of_mails_but_not_whose(lives: Lives) -> None:
    await lives.erase()
    await lives.workers.settle()
    path = f"{ORDERS}/{lives.order_ids[0]}/history?limit=100"
    entries = (await lives.call("GET", path, role="admin")).json()["items"]
    erased = next(entry for entry in entries if entry.get("type") == "erased")
    assert erased["actor"] == {"principal": "cust_test_001", "role": "admin"}
    assert erased["changed"][-1] == "/erased_at"
    assert "reason" not in erased
    cancelled = next(entry for entry in entries if entry.get("type") == "cancelled")
    assert cancelled["reason"] == "[erased]"
    mails = {entry["template"]: entry for entry in entries if entry["kind"] == "mail"}
    assert {mail["state"] for mail in mails.values()} == {"sent"}
    assert mails["order_cancelled"]["recipient"] == "[erased]"
    events = (await lives.call("GET", path.replace("history", "events"), role="admin")).json()["items"]
    assert [event["data"].get("reason_code") for event in events if "cancelled" in event["type"]] == ["other"]
    assert events[-1]["type"] == "io.bbws.orders.order.document_ready.v1"


async def test_the_document_is_rendered_again_and_only_that_one_is_kept(lives: Lives) -> None:
    await lives.erase()
    assert (await lives.call("GET", f"{ORDERS}/{lives.order_ids[0]}/document")).status_code == 202
    await lives.workers.settle()
    service = lives.api.service
    assert len(service.documents.versions) == len(service.documents.documents) == 3
    for order_id in lives.order_ids:
        order = (await lives.call("GET", f"{ORDERS}/{order_id}")).json()
        (key,) = [key for key in service.documents.documents if order_id in key]
        assert key.endswith(f"/{order['version']}.pdf")
        printed = json.loads(service.documents.documents[key])
        assert (printed["order_number"], printed["customer"]) == (order["order_number"], {"name": "[erased]"})
        assert printed["total"] == 68.98
        link = await lives.call("GET", f"{ORDERS}/{order_id}/document")
        assert (link.status_code, key in link.headers["location"]) == (302, True)


async def test_a_deleted_order_is_erased_as_any_other(lives: Lives) -> None:
    for order_id in lives.order_ids:
        assert (await lives.call("DELETE", f"{ORDERS}/{order_id}", role="admin")).status_code == 204
    await lives.workers.settle()
    await lives.erase(role="operator")
    await lives.workers.settle()
    await lives.workers.let_time_pass()
    assert marks_in(kept_in(lives.api.service)) == []
    assert len(lives.api.service.documents.documents) == 3
    path = f"{ORDERS}/{lives.order_ids[0]}"
    expect(await lives.call("GET", path, role="admin"), 404, "not-found")
    kept = (await lives.call("GET", path + "?include_deleted=true", role="admin")).json()
    assert (kept["customer"], bool(kept["deleted_at"]), kept["allowed_actions"]) == ({"name": "[erased]"}, True, [])


async def ended(api: Api, **who: Any) -> str:
    order = await api.call("POST", ORDERS, a_body("x"), **who)
    path = f"{ORDERS}/{order.json()['order_id']}"
    assert (await api.call("POST", path + "/cancel", **who)).status_code == 200
    return path


async def test_it_is_answered_at_once_and_again_changes_nothing(api: Api) -> None:
    path = await ended(api)
    first = await api.call("POST", path + "/erase", role="admin")
    assert first.status_code == 202
    assert first.json() == {
        "order_id": path.rpartition("/")[2],
        "order_number": first.json()["order_number"],
        "status": "erasing",
        "erased_at": first.json()["erased_at"],
        "_links": {"self": {"href": path}, "history": {"href": path + "/history"}},
    }
    assert first.headers["etag"].startswith('"3-')
    again = await api.call("POST", path + "/erase", {}, role="operator", headers={"If-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (202, first.content)
    kinds = [entry["type"] for entry in (await api.call("GET", path + "/events", role="admin")).json()["items"]]
    assert kinds.count("io.bbws.orders.order.erased.v1") == 1


async def test_it_is_offered_to_who_may_until_it_is_done(api: Api) -> None:
    path = await ended(api)
    offered = (await api.call("GET", path, role="admin")).json()
    assert offered["allowed_actions"] == ["delete", "erase"]
    assert offered["_links"]["erase"] == {"href": path + "/erase", "method": "POST"}
    await api.call("POST", path + "/erase", role="admin")
    for view in (
        (await api.call("GET", path, role="admin")).json(),
        (await api.call("GET", ORDERS, role="admin")).json()["items"][0],
    ):
        assert view["allowed_actions"] == ["delete"]
        assert "erase" not in view["_links"]


async def test_an_order_that_is_not_at_its_end_is_not_erased(api: Api) -> None:
    order = (await api.call("POST", ORDERS, a_body("x"))).json()
    path = f"{ORDERS}/{order['order_id']}"
    refused = expect(await api.call("POST", path + "/erase", role="admin"), 409, "illegal-transition")
    assert refused["allowed_actions"] == ["process", "reject", "cancel", "update"]
    refused = expect(await api.call("POST", path + "/erase", role="operator"), 409, "illegal-transition")
    assert refused["allowed_actions"] == []
    assert (await api.call("GET", path)).json()["notes"] == f"{CANARY} notes x"


@pytest.mark.parametrize("role", ["customer", "staff", "service"])
async def test_who_may_not_erase_is_told_so_about_what_is_theirs_only(api: Api, role: str) -> None:
    path = await ended(api)
    expect(await api.call("POST", path + "/erase", {"x": 1}, role=role), 403, "forbidden")
    expect(await api.call("POST", path + "/erase", role=role, tenant="other"), 404, "not-found")
    await api.call("DELETE", path, role="admin")
    expect(await api.call("POST", path + "/erase", role=role), 404, "not-found")


async def test_an_operator_erases_and_reads_nothing(api: Api) -> None:
    path = await ended(api)
    for part in ("", "/status", "/track", "/history", "/events", "/document"):
        expect(await api.call("GET", path + part, role="operator"), 403, "forbidden")
    expect(await api.call("POST", path + "/erase", role="operator", tenant="other"), 404, "not-found")
    answer = await api.call("POST", path + "/erase", role="operator")
    assert answer.status_code == 202
    assert "customer" not in answer.json()
    await api.call("DELETE", path, role="admin")
    expect(await api.call("GET", path + "?include_deleted=true", role="operator"), 404, "not-found")


async def test_nothing_can_be_said_with_it(api: Api) -> None:
    path = await ended(api)
    faults = expect(await api.call("POST", path + "/erase", {"reason": "x"}, role="admin"), 422, "invalid-content")
    assert faults["errors"][0]["pointer"] == "/reason"
    headers = {"If-Match": '"1-00000000"'}
    expect(await api.call("POST", path + "/erase", role="admin", headers=headers), 412, "version-mismatch")
    assert "erased_at" not in (await api.call("GET", path)).json()


async def test_with_a_key_it_is_answered_as_the_first_time(api: Api) -> None:
    path = await ended(api)
    key = {"Idempotency-Key": "erase-1"}
    first = await api.call("POST", path + "/erase", role="admin", headers=key)
    await api.call("DELETE", path, role="admin")
    again = await api.call("POST", path + "/erase", role="admin", headers=key)
    assert (again.status_code, again.content, again.headers["etag"]) == (202, first.content, first.headers["etag"])
    assert again.headers["idempotent-replayed"] == "true"
    expect(await api.call("POST", f"{ORDERS}/{'x' * 30}/erase", role="admin", headers=key), 404, "not-found")


async def test_what_is_accepted_only_is_not_at_its_end(api: Api) -> None:
    accepted = await api.call("POST", ORDERS, a_body("x"), headers={"Prefer": "respond-async"})
    path = f"{ORDERS}/{accepted.json()['order_id']}"
    assert (
        expect(await api.call("POST", path + "/erase", role="admin"), 409, "illegal-transition")["allowed_actions"]
        == []
    )


async def test_what_an_erased_order_shows_can_be_sent_back(api: Api) -> None:
    path = await ended(api)
    await api.call("POST", path + "/erase", role="admin")
    order = (await api.call("GET", path, role="admin")).json()
    expect(await api.call("PUT", path, order, role="admin"), 409, "illegal-transition")
    expect(await api.call("PATCH", path, {"notes": "back again"}, role="admin"), 409, "illegal-transition")
