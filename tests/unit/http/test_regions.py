"""The API in one of two regions ([DATA-3]): who takes changes, who serves reads, and where DNS sends everybody."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from orders.acceptance.takes_changes import PROBE
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.mail_intents import MemoryMailIntents
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.application.operations.check_region import RegionProbe
from orders.ports.errors import OutcomeUnknown
from tests.support.http_api import ORDERS, SMOKE, Api, an_api_in_this_loop, expect
from tests.support.regions import FIRST, A, B, Region, TwoRegions
from tests.support.service import Dependency, Service


class TwoApis:
    """The API in both regions, over tables that nothing replicates."""

    def __init__(self, regions: TwoRegions, a: Api, b: Api) -> None:
        self.regions = regions
        self.a, self.b = a, b

    async def creates(self) -> tuple[int, int]:
        """Tells how each region answers to a create."""
        answers = [await api.call("POST", ORDERS, SMOKE) for api in (self.a, self.b)]
        return answers[0].status_code, answers[1].status_code

    async def health(self) -> tuple[int, int]:
        """Tells how each region answers to DNS."""
        answers = [await asked_anew(api, "/health") for api in (self.a, self.b)]
        return answers[0].status_code, answers[1].status_code


def a_service(region: Region) -> Service:
    queue = Dependency("creation queue")
    return Service(
        table=MemoryTable(region.lease),
        documents=MemoryDocumentStore(region.lease),
        intents=MemoryMailIntents(region.lease),
        queues=(queue,),
        region_probes=(RegionProbe(region.lease),),
    )


async def asked_anew(api: Api, path: str) -> httpx.Response:
    """Asks for health when what was kept of it is too old."""
    api.service.clock.advance(timedelta(seconds=6))
    answer: httpx.Response = await api.client.get(path)
    return answer


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[TwoApis]:
    regions = TwoRegions()
    await regions.look()
    async with AsyncExitStack() as opened:
        made = [
            await opened.enter_async_context(an_api_in_this_loop(tmp_path / region.name, a_service(region)))
            for region in regions.both
        ]
        yield TwoApis(regions, *made)


async def test_the_region_that_does_not_write_refuses_changes_serves_reads_and_is_healthy(apis: TwoApis) -> None:
    order = await apis.a.placed()
    apis.b.service.table.rows.update(apis.a.service.table.rows)
    path = f"{ORDERS}/{order['order_id']}"
    changes: list[tuple[str, str, object]] = [
        ("POST", ORDERS, SMOKE),
        ("PATCH", path, {"notes": "ring twice"}),
        ("PUT", f"{path}/status", {"status": "processing"}),
        ("POST", f"{path}/cancel", {"reason": "changed my mind"}),
        ("DELETE", path, None),
        # Decided by nothing that is read here: a copy may lag behind.
        ("POST", f"{ORDERS}/ord_00000000000000000000000000/cancel", {}),
    ]
    for method, where, body in changes:
        answer = await apis.b.call(method, where, body, role="admin")
        problem = expect(answer, 503, "not-the-writer")
        assert "nothing was changed" in problem["detail"]
        assert A not in answer.text
        assert answer.headers["retry-after"] == "30"
    assert apis.b.service.table.rows == apis.a.service.table.rows
    for where in (path, ORDERS, f"{path}/status", f"{path}/history"):
        assert (await apis.b.call("GET", where, role="staff")).status_code == 200, where
    for where in ("/health", "/health/ready", "/health/live"):
        assert (await asked_anew(apis.b, where)).status_code == 200, where
    assert apis.b.service.publisher.published == []


async def test_what_a_rehearsal_asks_tells_the_writer_from_the_other_region_and_changes_nothing(apis: TwoApis) -> None:
    answer = await apis.a.call("POST", PROBE, {})
    assert expect(answer, 404, "not-found")["type"].endswith("not-found")
    expect(await apis.b.call("POST", PROBE, {}), 503, "not-the-writer")
    assert apis.a.service.table.rows == apis.b.service.table.rows == {}


async def test_a_new_writer_says_how_long_it_waits_and_then_takes_changes(apis: TwoApis) -> None:
    apis.regions.switch(B, evacuated=frozenset({A}))
    await apis.regions.look()
    answer = await apis.b.call("POST", ORDERS, SMOKE)
    expect(answer, 503, "not-the-writer")
    assert answer.headers["retry-after"] == "35"
    await apis.regions.live(34)
    assert (await apis.b.call("POST", ORDERS, SMOKE)).headers["retry-after"] == "1"
    await apis.regions.live(1)
    assert await apis.creates() == (503, 201)
    await apis.b.service.fast_path.drain()
    assert [event.epoch for event in apis.b.service.publisher.published] == [2]


@pytest.mark.parametrize("part", ["history", "events"])
@pytest.mark.parametrize("limit", [1, 2, 25])
async def test_what_came_late_behind_the_new_writer_s_change_is_no_part_of_the_order(
    apis: TwoApis, part: str, limit: int
) -> None:
    order = await apis.a.placed()
    here = f"{ORDERS}/{order['order_id']}"
    await apis.a.service.fast_path.drain()
    apis.b.service.table.log("demo", order["order_id"]).update(apis.a.service.table.log("demo", order["order_id"]))
    apis.b.service.table.rows.update({key: replace(row) for key, row in apis.a.service.table.rows.items()})
    await apis.a.call("PATCH", here, {"notes": "ring"})
    await apis.a.call("PUT", f"{here}/status", {"status": "processing"}, role="staff")
    await apis.a.service.fast_path.drain()
    lost = list(await apis.a.service.outbox.read("demo", order["order_id"]))
    assert [(event.epoch, event.sequence) for event in lost] == [(1, 1), (1, 2), (1, 3)]
    apis.regions.switch(B, evacuated=frozenset({A}))
    await apis.regions.live(60)
    assert (await apis.b.call("POST", f"{here}/cancel", {"reason": "changed my mind"})).status_code == 200
    await apis.b.service.fast_path.drain()
    apis.b.service.table.log("demo", order["order_id"])[3] = lost[2]

    shown, following = [], f"{here}/{part}?limit={limit}"
    while following:
        page = (await apis.b.call("GET", following, role="staff")).json()
        shown += [entry["type"] for entry in page["items"] if entry.get("kind") != "mail"]
        following = page["next_cursor"] and f"{here}/{part}?limit={limit}&cursor={page['next_cursor']}"
    assert [each.removesuffix(".v1").rpartition(".")[2] for each in shown] == ["created", "cancelled"]


async def test_a_died_and_returns_while_europe_is_out_of_reach(apis: TwoApis, tmp_path: Path) -> None:
    order = await apis.a.placed()
    apis.regions.switch(B, evacuated=frozenset({A}))
    apis.regions.a.control.reachable = False
    apis.regions.a.restart()
    service = a_service(apis.regions.a)
    service.table.rows.update(apis.a.service.table.rows)
    await apis.regions.live(60)
    async with an_api_in_this_loop(tmp_path, service) as returned:
        expect(await returned.call("POST", ORDERS, SMOKE), 503, "not-the-writer")
        assert (await returned.call("GET", f"{ORDERS}/{order['order_id']}", role="staff")).status_code == 200
        answer = await asked_anew(returned, "/health")
        assert answer.status_code == 503, "DNS does not come back by itself"
        assert answer.json()["checks"]["region"] == "region: the control table has not been read yet"
        apis.regions.a.control.reachable = True
        await apis.regions.live(60)
        answer = await asked_anew(returned, "/health")
        assert answer.json()["checks"]["region"] == "region: evacuated: traffic is to go to the other region"
        expect(await returned.call("POST", ORDERS, SMOKE), 503, "not-the-writer")
    assert (await apis.b.call("POST", ORDERS, SMOKE)).status_code == 201


async def test_a_loses_the_control_table_only(apis: TwoApis) -> None:
    order = await apis.a.placed()
    apis.regions.a.control.reachable = False
    await apis.regions.live(29)
    assert await apis.creates() == (201, 503)
    await apis.regions.live(1)
    answer = await apis.a.call("POST", ORDERS, SMOKE)
    expect(answer, 503, "not-the-writer")
    assert answer.headers["retry-after"] == "5"
    assert (await apis.a.call("GET", f"{ORDERS}/{order['order_id']}", role="staff")).status_code == 200
    assert await apis.health() == (200, 200)
    apis.regions.a.control.reachable = True
    await apis.regions.live(5)
    assert await apis.creates() == (201, 503)


async def test_a_loses_the_orders_table_only(apis: TwoApis) -> None:
    apis.a.service.table.reachable = False
    apis.a.service.dependency.fail()
    await apis.regions.live(60)
    expect(await apis.a.call("POST", ORDERS, SMOKE), 503, "unavailable")
    assert await apis.creates() == (503, 503)
    assert await apis.health() == (503, 200)
    assert apis.regions.writers() == (True, False), "nobody has decided otherwise"


async def test_both_cut_off_from_control_serve_reads_and_stay_where_they_are(apis: TwoApis) -> None:
    order = await apis.a.placed()
    for region in apis.regions.both:
        region.control.reachable = False
    await apis.regions.live(30)
    assert await apis.creates() == (503, 503)
    assert (await apis.a.call("GET", f"{ORDERS}/{order['order_id']}", role="staff")).status_code == 200
    assert await apis.health() == (200, 200)


async def test_planned_on_a_living_region(apis: TwoApis) -> None:
    assert await apis.creates() == (201, 503)
    apis.regions.decide(replace(FIRST, evacuated=frozenset({A}), at=apis.regions.a.clock.now()))
    await apis.regions.live(5)
    assert await apis.creates() == (503, 503)
    assert await apis.health() == (503, 200)
    apis.regions.switch(B, evacuated=frozenset({A}))
    await apis.regions.live(40)
    assert await apis.creates() == (503, 201)
    assert await apis.health() == (503, 200)


async def test_a_change_in_flight_when_the_lease_ends_claims_neither_that_it_was_made_nor_that_it_was_not(
    tmp_path: Path,
) -> None:
    class GivenUp(MemoryTable):
        given_up = True

        def answer(self) -> None:
            if self.given_up:
                raise OutcomeUnknown("orders table", "the writer's lease ended before it answered")

    table = GivenUp()
    key = {"Idempotency-Key": "one-and-the-same"}
    async with an_api_in_this_loop(tmp_path, Service(table=table)) as api:
        problem = expect(await api.call("POST", ORDERS, SMOKE, headers=key), 503, "timed-out")
        assert "not known" in problem["detail"]
        table.given_up = False
        assert (await api.call("POST", ORDERS, SMOKE, headers=key)).status_code == 201
    assert len(table.rows) == 1


async def test_queues_count_in_readiness_and_not_for_dns(apis: TwoApis) -> None:
    (queue,) = apis.a.service.queues
    assert isinstance(queue, Dependency)
    queue.fail()
    assert (await asked_anew(apis.a, "/health")).status_code == 200
    for path in ("/health/ready", "/v1.0/orders/health"):
        answer = await asked_anew(apis.a, path)
        assert answer.status_code == 503
        assert answer.json()["checks"]["creation queue"] == "creation queue: connection refused"


async def test_an_evacuated_region_is_not_ready_either_and_lives(apis: TwoApis) -> None:
    apis.regions.decide(replace(FIRST, evacuated=frozenset({A})))
    await apis.regions.look()
    assert (await asked_anew(apis.a, "/health/ready")).status_code == 503
    assert (await asked_anew(apis.a, "/health/live")).status_code == 200
