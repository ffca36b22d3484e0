"""The client of the hot path and aiobotocore's own, asked and answered alike."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioCredentials
from aiobotocore.session import get_session
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.retries.standard import ExponentialBackoff

from orders.adapters.outbound.dynamodb.client.signed_client import (
    SignedClient,
    goes_through_proxy,
    signed_client,
    signed_events,
)
from tests.support.scripted_endpoint import CLOSED, SILENT, Scripted, ScriptedEndpoint, answered, scripted_endpoint

KEY = {"PK": {"S": "TENANT#a"}, "SK": {"S": "ORDER#1"}}
ITEM = KEY | {
    "n": {"N": "1"},
    "b": {"B": "AAE="},
    "m": {"M": {"B": {"S": "x"}, "l": {"L": [{"BS": ["AA==", "AQ=="]}]}}},
}
FOUND = answered({"Item": ITEM})
WRITTEN = answered({})
IDENTITY: Any = AioCredentials("test", "test", "token1")
SESSION: Any = get_session()


def refused(kind: str, status: int = 400, **more: Any) -> bytes:
    return answered({"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": "no", **more}, status)


THROTTLED = refused("ThrottlingException")
UNAVAILABLE = answered(b"<html><body>busy</body></html>", 503)


@asynccontextmanager
async def sdk_of(url: str, service: str = "dynamodb", **config: Any) -> AsyncIterator[Any]:
    given: dict[str, Any] = {"retries": {"mode": "standard", "total_max_attempts": 3}, "read_timeout": 20, **config}
    async with SESSION.create_client(
        service,
        region_name="af-south-1",
        endpoint_url=url,
        verify=False,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        aws_session_token="token1",
        config=AioConfig(parameter_validation=False, **given),
    ) as client:
        yield client


@asynccontextmanager
async def asked(
    script: Sequence[Scripted], credentials: Any = IDENTITY, **config: Any
) -> AsyncIterator[tuple[SignedClient, ScriptedEndpoint]]:
    async with (
        scripted_endpoint(script) as endpoint,
        sdk_of(endpoint.url, **config) as sdk,
        signed_client(sdk, credentials) as client,
    ):
        yield client, endpoint


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the attempts after which there were pauses, which take no time."""
    found: list[int] = []

    def at_once(_: ExponentialBackoff, context: Any) -> float:
        found.append(context.attempt_number)
        return 0

    monkeypatch.setattr(ExponentialBackoff, "delay_amount", at_once)
    return found


async def outcome(call: Callable[..., Any], **arguments: Any) -> Any:
    """What became of a call, without what only one of the clients tells."""
    try:
        answer = await call(**arguments)
    except ClientError as error:
        answer = {"raised": type(error).__name__, "text": str(error), **error.response}
    except BotoCoreError as error:
        return type(error)
    else:
        # Of a success at the last attempt botocore says, too, that there may be no other.
        answer["ResponseMetadata"].pop("MaxAttemptsReached", None)
    answer["ResponseMetadata"].pop("HTTPHeaders", None)
    return answer


@pytest.mark.parametrize(
    "script",
    [
        [FOUND],
        [WRITTEN],
        [answered({"Item": ITEM, "ConsumedCapacity": {"TableName": "orders", "CapacityUnits": 0.5}})],
        [refused("ConditionalCheckFailedException", Item=ITEM)],
        [refused("ConditionalCheckFailedException")],
        [refused("ResourceNotFoundException")],
        [refused("ValidationException")],
        [refused("TransactionCanceledException", CancellationReasons=[{"Code": "None"}, {"Code": "X", "Item": ITEM}])],
        [answered({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not you"}, 400)],
        [answered({"message": "nobody"}, 403)],
        [answered(b"", 400)],
        [THROTTLED],
        [THROTTLED, WRITTEN],
        [refused("ProvisionedThroughputExceededException"), THROTTLED, FOUND],
        [refused("TransactionInProgressException"), FOUND],
        [refused("ReplicatedWriteConflictException"), FOUND],
        [refused("InternalServerError", 500)],
        [UNAVAILABLE, UNAVAILABLE, WRITTEN],
        [UNAVAILABLE],
        [answered(b"", 502), FOUND],
        [answered({}, 501)],
        [CLOSED],
        [CLOSED, FOUND],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", CLOSED],
        [b"no HTTP at all\r\n\r\n", FOUND],
        [answered({"Item": ITEM}, 200, checksum=1), FOUND],
        [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"Item"\r\n4\r\n:{}}\r\n0\r\n\r\n'],
        [answered({"Item": ITEM}, 200, "Connection: close")],
    ],
)
async def test_an_answer_means_to_both_clients_the_same(script: list[Scripted], pauses: list[int]) -> None:
    found = []
    for own in (False, True):
        pauses.clear()
        async with AsyncExitStack() as opened:
            endpoint = await opened.enter_async_context(scripted_endpoint(script))
            client = await opened.enter_async_context(sdk_of(endpoint.url, read_timeout=0.5))
            if own:
                client = await opened.enter_async_context(signed_client(client, IDENTITY))
            told = await outcome(client.get_item, TableName="orders", Key=KEY)
            found.append((told, len(endpoint.bodies), list(pauses)))
    assert found[0] == found[1]


async def test_requests_are_those_of_aiobotocore() -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("get_item", {"Key": KEY, "ConsistentRead": True}),
        ("put_item", {"Item": {**KEY, "b": {"B": b"\x00\xff"}, "s": {"BS": [b"a"]}, "u": {"S": "ü\u2028"}}}),
        (
            "update_item",
            {"Key": KEY, "UpdateExpression": "SET #n = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
        ),
        ("delete_item", {"Key": KEY}),
        ("query", {"KeyConditionExpression": "#n = :v", "Limit": 25, "ExclusiveStartKey": KEY}),
        ("scan", {"Limit": 1}),
        ("batch_execute_statement", {"Statements": [{"Statement": "INSERT", "Parameters": [{"B": b"\x00"}]}]}),
    ]
    async with asked([WRITTEN]) as (client, endpoint):
        for operation, arguments in calls:
            table = {} if operation == "batch_execute_statement" else {"TableName": "orders"}
            for each in (client._sdk, client):
                await getattr(each, operation)(**table, **arguments)
            assert endpoint.bodies[-1] == endpoint.bodies[-2]
            for name in ("x-amz-target", "content-type", "host", "x-amz-security-token"):
                assert endpoint.header(name) == endpoint.header(name, -2) is not None
            assert endpoint.heads[-1][0] == endpoint.heads[-2][0]


async def test_statements_answer_each_for_itself() -> None:
    given = {"Responses": [{"Error": {"Code": "DuplicateItem", "Item": ITEM}, "TableName": "orders"}, {"Item": ITEM}]}
    async with asked([answered(given)]) as (client, _):
        own = await outcome(client.batch_execute_statement, Statements=[])
        assert own == await outcome(client._sdk.batch_execute_statement, Statements=[])
        assert own["Responses"][0]["Error"]["Item"]["b"] == {"B": b"\x00\x01"}


@pytest.mark.parametrize(
    "script",
    [
        [answered({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})],
        [answered({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "x"}]})],
        [answered({"__type": "InternalException", "message": "no"}, 500)],
        [answered({"__type": "ThrottlingException", "message": "no"}, 400), answered({"FailedEntryCount": 0})],
        [answered({"__type": "AccessDeniedException", "Message": "no"}, 400)],
        [CLOSED],
    ],
)
async def test_events_are_put_as_by_aiobotocore(script: list[Scripted], pauses: list[int]) -> None:
    found = []
    entry = {
        "Source": "io.bbws.orders",
        "DetailType": "OrderCreated",
        "Detail": '{"a": "ü"}',
        "EventBusName": "orders",
        "Time": datetime(2026, 3, 1, 10, 15, 30, 999_999, tzinfo=timezone(timedelta(hours=2))),
    }
    for own in (False, True):
        pauses.clear()
        async with AsyncExitStack() as opened:
            endpoint = await opened.enter_async_context(scripted_endpoint(script))
            client = await opened.enter_async_context(sdk_of(endpoint.url, "events"))
            if own:
                client = await opened.enter_async_context(signed_events(client, IDENTITY))
            told = await outcome(client.put_events, Entries=[entry, entry | {"TraceHeader": "Root=1"}])
            headers = [endpoint.header(name) for name in ("x-amz-target", "content-type", "x-amz-security-token")]
            found.append((told, endpoint.bodies, list(pauses), headers))
    assert found[0] == found[1]


async def test_one_connection_carries_requests_one_after_the_other() -> None:
    async with asked([FOUND]) as (client, endpoint):
        for _ in range(5):
            await client.get_item(TableName="orders", Key=KEY)
        assert endpoint.connections == 1


async def test_no_more_connections_are_opened_than_the_pool_may_have() -> None:
    async with asked([FOUND], max_pool_connections=2) as (client, endpoint):
        await asyncio.gather(*(client.get_item(TableName="orders", Key=KEY) for _ in range(20)))
        assert len(endpoint.bodies) == 20
        assert endpoint.connections == 2


async def test_an_answer_that_nobody_asked_for_is_given_to_nobody() -> None:
    async with asked([FOUND + refused("Stray"), FOUND]) as (client, endpoint):
        for _ in range(2):
            assert "Item" in await client.get_item(TableName="orders", Key=KEY)
        assert endpoint.connections == 2


async def test_a_call_that_is_given_up_leaves_no_answer_to_the_next() -> None:
    async with asked([SILENT, FOUND]) as (client, endpoint):
        given_up = asyncio.create_task(client.put_item(TableName="orders", Item=KEY))
        await endpoint.asked.wait()
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert "Item" in await client.get_item(TableName="orders", Key=KEY)
        assert endpoint.connections == 2


async def test_silence_ends_at_the_time_that_one_read_may_take(pauses: list[int]) -> None:
    async with asked([SILENT], read_timeout=0.02) as (client, endpoint):
        with pytest.raises(ReadTimeoutError):
            await client.get_item(TableName="orders", Key=KEY)
        assert (len(endpoint.bodies), pauses) == (3, [1, 2])


async def test_nobody_listening_is_an_error_of_the_endpoint(pauses: list[int]) -> None:
    async with scripted_endpoint([FOUND]) as endpoint:
        url = endpoint.url
    async with sdk_of(url) as sdk, signed_client(sdk, IDENTITY) as client:
        with pytest.raises(EndpointConnectionError):
            await client.get_item(TableName="orders", Key=KEY)
    assert pauses == [1, 2]


async def test_what_is_no_http_is_no_answer(pauses: list[int]) -> None:
    async with asked([b"no HTTP at all\r\n\r\n"]) as (client, endpoint):
        with pytest.raises(ConnectionClosedError):
            await client.get_item(TableName="orders", Key=KEY)
        assert (len(endpoint.bodies), endpoint.connections, pauses) == (3, 3, [1, 2])


async def test_a_damaged_answer_is_none_even_at_the_last_attempt(pauses: list[int]) -> None:
    async with asked([answered({"Item": ITEM}, checksum=1)]) as (client, endpoint):
        with pytest.raises(HTTPClientError, match="checksum"):
            await client.get_item(TableName="orders", Key=KEY)
    assert (len(endpoint.bodies), pauses) == (3, [1, 2])
    async with asked([answered(b"[1]")]) as (client, _):
        with pytest.raises(HTTPClientError, match="no JSON object"):
            await client.get_item(TableName="orders", Key=KEY)


async def test_pauses_have_full_jitter() -> None:
    slept: list[float] = []

    async def pause(seconds: float) -> None:
        slept.append(seconds)

    async with asked([THROTTLED]) as (opened, _):
        client = SignedClient(opened._sdk, IDENTITY, opened._pool, opened._signer, chance=lambda: 0.5, pause=pause)
        with pytest.raises(ClientError, match="reached max retries: 2"):
            await client.get_item(TableName="orders", Key=KEY)
    assert slept == [0.5, 1.0]


async def test_retries_end_when_all_calls_together_have_had_too_many(pauses: list[int]) -> None:
    async with asked([UNAVAILABLE]) as (client, endpoint):
        for _ in range(60):
            with pytest.raises(ClientError):
                await client.get_item(TableName="orders", Key=KEY)
        assert len(endpoint.bodies) == 60 + 100
        endpoint.script = [FOUND]
        for _ in range(5):
            await client.get_item(TableName="orders", Key=KEY)
        endpoint.script = [UNAVAILABLE, FOUND]
        await client.get_item(TableName="orders", Key=KEY)


class Refreshing:
    """Credentials that are others at each attempt."""

    def __init__(self) -> None:
        self.given = 0

    async def get_frozen_credentials(self) -> Any:
        self.given += 1
        return await AioCredentials(f"key{self.given}", "secret", f"token{self.given}").get_frozen_credentials()


async def test_each_attempt_is_signed_by_the_credentials_of_its_moment(pauses: list[int]) -> None:
    async with asked([THROTTLED, FOUND], Refreshing()) as (client, endpoint):
        await client.get_item(TableName="orders", Key=KEY)
        assert [endpoint.header("x-amz-security-token", at) for at in (0, 1)] == ["token1", "token2"]
        assert "Credential=key2/" in str(endpoint.header("authorization"))
    assert pauses == [1]


async def test_without_credentials_nothing_is_sent() -> None:
    async with asked([FOUND], None) as (client, endpoint):
        with pytest.raises(NoCredentialsError):
            await client.get_item(TableName="orders", Key=KEY)
        assert endpoint.bodies == []


async def test_what_it_does_not_offer_is_done_by_the_sdk() -> None:
    async with asked([answered({"Table": {"TableStatus": "ACTIVE"}})]) as (client, _):
        assert (await client.describe_table(TableName="orders"))["Table"] == {"TableStatus": "ACTIVE"}
        assert client.meta is client._sdk.meta
        assert issubclass(client.exceptions.ResourceNotFoundException, ClientError)


async def test_closing_leaves_no_connection_and_ends_what_is_under_way() -> None:
    async with asked([SILENT]) as (client, endpoint):
        under_way = asyncio.create_task(
            outcome(client._pool.exchange, request=b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
        )
        await endpoint.asked.wait()
        await client._pool.close()
        assert await under_way is ConnectionClosedError


def test_what_a_proxy_leads_to_is_left_to_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert goes_through_proxy("https://dynamodb.af-south-1.amazonaws.com")
    assert not goes_through_proxy("https://127.0.0.1:4566")


def test_scripted_items_are_what_dynamodb_sends() -> None:
    assert json.loads(FOUND.partition(b"\r\n\r\n")[2])["Item"] == ITEM
