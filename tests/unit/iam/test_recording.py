"""Calls of the client that has no handlers are recorded like botocore's."""

from pathlib import Path
from typing import Any

from aiobotocore.credentials import AioCredentials
from aiobotocore.session import get_session

from orders.adapters.outbound.dynamodb.client.signed_client import SignedClient, signed_client
from orders.adapters.outbound.dynamodb.events.outbox import DynamoOutbox
from orders.adapters.outbound.dynamodb.keys import order_key
from tests.iam.recording import Call, Recorder, recorded_calls
from tests.support.scripted_endpoint import answered, scripted_endpoint


async def test_a_call_is_recorded_with_the_adapter_that_made_it(tmp_path: Path) -> None:
    class Followed(SignedClient):
        """Of this test alone."""

    Recorder(tmp_path, "api").follow(Followed)
    credentials: Any = AioCredentials("test", "test")
    async with (
        scripted_endpoint([answered({})]) as endpoint,
        get_session().create_client(
            "dynamodb",
            region_name="af-south-1",
            endpoint_url=endpoint.url,
            verify=False,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        ) as sdk,
        signed_client(sdk, credentials) as client,
    ):
        followed: Any = Followed(sdk, credentials, client._pool, client._signer)
        key = order_key("a", "ord_1")
        outbox = DynamoOutbox(followed, "orders", region="af-south-1", outbox_shards=1)
        assert await outbox.waiting("a", "ord_1") == []
        await followed.delete_item(TableName="orders", Key={name: {"S": value} for name, value in key.items()})
    asked, own = recorded_calls(tmp_path)
    assert asked == Call("api", "dynamodb", "GetItem", "DynamoOutbox.waiting", {"TableName": "orders", "Key": key})
    assert (own.operation, own.adapter) == ("DeleteItem", "")
