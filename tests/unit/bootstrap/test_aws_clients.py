"""AWS clients as processes open them: what no emulator shows."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from orders.bootstrap.aws import open_clients, open_control_clients
from orders.bootstrap.config.settings import load_settings


@pytest.fixture(autouse=True)
def _identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


async def link(**settings: Any) -> str:
    async with open_clients(load_settings(aws_region="af-south-1", **settings), ("s3", "s3_links")) as clients:
        request = {"Bucket": "bbws-orders-prod", "Key": "demo/1.pdf"}
        url: str = await clients.s3_links.generate_presigned_url("get_object", Params=request)
        return urlsplit(url)._replace(query="").geturl()


async def test_links_to_documents_lead_to_the_region_that_has_them() -> None:
    """S3's global host sends nobody on to regions launched after March 2019, such as af-south-1; it answers 400."""
    assert await link() == "https://bbws-orders-prod.s3.af-south-1.amazonaws.com/demo/1.pdf"


async def test_links_to_an_emulator_name_the_bucket_in_the_path() -> None:
    assert (
        await link(aws_endpoint_url="http://localstack:4566", s3_public_endpoint_url="http://127.0.0.1:4566")
        == "http://127.0.0.1:4566/bbws-orders-prod/demo/1.pdf"
    )


async def control_addresses(**settings: Any) -> dict[str, str]:
    watched: list[Any] = []
    given = load_settings(
        other_region="eu-west-1",
        control_table="bbws-orders-control-prod",
        control_table_regions="eu-west-1,eu-central-1",
        **settings,
    )
    async with open_control_clients(given, watch=watched.append) as clients:
        assert set(clients.values()) <= set(watched)
        assert all(client.meta.config.retries["total_max_attempts"] == 1 for client in watched)
        return {region: client.meta.endpoint_url for region, client in clients.items()}


async def test_the_control_table_is_asked_in_its_own_regions() -> None:
    assert await control_addresses() == {
        "eu-west-1": "https://dynamodb.eu-west-1.amazonaws.com",
        "eu-central-1": "https://dynamodb.eu-central-1.amazonaws.com",
    }


async def test_an_emulator_has_all_regions() -> None:
    emulator = "http://127.0.0.1:4566"
    assert await control_addresses(aws_endpoint_url=emulator) == {"eu-west-1": emulator, "eu-central-1": emulator}
