"""AWS as a region's processes see it: where a call goes, and what is known of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from orders.adapters.outbound.dynamodb.events.statements import Parameters, insert, update
from tests.chaos.stack import aws_client
from tests.drill.regions.front import Front, Ground
from tests.drill.replication.gate import Gate
from tests.drill.waiting import until
from tests.faults.aws_calls import Answer, Call

A, B, BESIDE = "af-south-1", "eu-west-1", "eu-central-1"
ORDERS, CONTROL = "orders-table", "control-table"


@dataclass
class Emulator:
    """Answers every call, and keeps what it was asked."""

    calls: list[tuple[str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        self.calls.append((target, request.headers["Authorization"].split("/")[2]))
        return web.json_response({})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@dataclass
class Scene:
    """Two regions' emulators and the control table's, and a front in A."""

    emulators: Mapping[str, Emulator]
    ground: Ground
    front: Front
    url: str
    operators_url: str
    seen: list[str]

    async def call(self, operation: str, table: str, region: str, *, operator: bool = False, **more: Any) -> Any:
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/dynamodb/aws4_request, Signature=x",
        }
        url, body = self.operators_url if operator else self.url, json.dumps({"TableName": table} | more)
        async with aiohttp.ClientSession() as session, session.post(url, headers=headers, data=body) as response:
            assert response.status == 200
            return json.loads(await response.read())


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    seen: list[str] = []

    def observe(call: Call, _: Answer) -> None:
        seen.append(call.operation)

    async with AsyncExitStack() as stack:
        emulators = {name: Emulator() for name in (A, B, BESIDE)}
        urls = {name: await stack.enter_async_context(each.serving()) for name, each in emulators.items()}
        control = urls.pop(BESIDE)
        ground = Ground(urls, control, BESIDE, CONTROL, ORDERS, {name: Gate() for name in urls})
        fronts = [Front(ground, A, on_effect=observe, is_operator=each, now=lambda: 7.0) for each in (False, True)]
        own, operators = [await stack.enter_async_context(front.serving()) for front in fronts]
        yield Scene(emulators, ground, fronts[0], own, operators, seen)


async def test_a_call_goes_to_the_region_that_it_is_signed_for(scene: Scene) -> None:
    await scene.call("GetItem", ORDERS, A)
    await scene.call("GetItem", ORDERS, B)
    assert scene.emulators[A].calls == [("GetItem", A)]
    assert scene.emulators[B].calls == [("GetItem", B)]
    assert scene.seen == ["GetItem", "GetItem"]


@pytest.mark.parametrize("region", [B, BESIDE])
async def test_the_control_table_is_one_whichever_region_is_asked(scene: Scene, region: str) -> None:
    await scene.call("UpdateItem", CONTROL, region)
    assert scene.emulators[BESIDE].calls == [("UpdateItem", BESIDE)]
    assert scene.ground.writes == []


async def test_a_dead_region_is_out_of_reach_from_the_other_and_the_control_table_is_not(scene: Scene) -> None:
    scene.ground.dead.add(B)
    with pytest.raises(aiohttp.ClientError):
        await scene.call("GetItem", ORDERS, B)
    await scene.call("GetItem", CONTROL, B)
    await scene.call("GetItem", ORDERS, A)
    assert scene.emulators[B].calls == []


async def test_from_a_dead_region_nothing_is_in_reach(scene: Scene) -> None:
    scene.ground.dead.add(A)
    for table, region in ((ORDERS, A), (ORDERS, B), (CONTROL, BESIDE)):
        with pytest.raises(aiohttp.ClientError):
            await scene.call("GetItem", table, region)


async def test_writes_of_the_service_to_the_table_of_orders_are_known_with_their_region_and_time(scene: Scene) -> None:
    await scene.call("PutItem", ORDERS, A)
    await scene.call("UpdateItem", ORDERS, B)
    await scene.call("PutItem", "another-table", A)
    await scene.call("GetItem", ORDERS, A)
    await scene.call("PutItem", ORDERS, A, operator=True)
    assert [(write.at, write.region, write.operation) for write in scene.ground.writes] == [
        (7.0, A, "PutItem"),
        (7.0, B, "UpdateItem"),
    ]


async def test_statements_of_a_batch_are_made_as_the_writes_that_streams_know(scene: Scene) -> None:
    given = Parameters()
    changes, conditions = [f'SET "n" = {given.value(0)}'], [f'size("p") = {given.value(1)}']
    key = {"PK": "a", "SK": "b"}
    statements = [insert(ORDERS, key), update(ORDERS, key, changes, conditions, given)]
    requests = [statement.as_request() for statement in statements]
    answer = await scene.call("BatchExecuteStatement", ORDERS, B, Statements=requests)
    assert answer == {"Responses": [{"TableName": ORDERS}, {"TableName": ORDERS}]}
    assert scene.emulators[B].calls == [("PutItem", B), ("UpdateItem", B)]
    assert [write.operation for write in scene.ground.writes] == ["PutItem", "UpdateItem"]


async def test_a_write_waits_while_replication_is_alone_with_the_region(scene: Scene) -> None:
    async with scene.ground.gates[A].alone():
        writing = asyncio.create_task(scene.call("PutItem", ORDERS, A))
        await until(lambda: scene.front.counts["dynamodb", "PutItem", ""] == 1)
        await scene.call("GetItem", ORDERS, A)
        assert scene.emulators[A].calls == [("GetItem", A)]
    await writing
    assert scene.emulators[A].calls == [("GetItem", A), ("PutItem", A)]


@pytest.mark.parametrize("is_healthy", [True, False])
async def test_route_53_says_what_the_stand_in_sees(scene: Scene, is_healthy: bool) -> None:
    scene.ground.checked = lambda region: region == B or is_healthy
    async with aws_client(scene.operators_url, "route53") as route53:
        answer = await route53.get_health_check_status(HealthCheckId=A)
    (said,) = [each["StatusReport"]["Status"] for each in answer["HealthCheckObservations"]]
    assert said.startswith("Success") is is_healthy
