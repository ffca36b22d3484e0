"""A write that is under way when the lease ends: it is given up, and nobody knows whether it was made ([DATA-3])."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from orders.adapters.outbound.aws.mail.ses_mail import SesMailSender
from orders.adapters.outbound.aws.s3.documents import S3DocumentStore
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.adapters.outbound.memory.writer_leases import SetLease
from orders.adapters.within_lease import within_lease
from orders.ports.errors import NotTheWriter, OutcomeUnknown
from orders.ports.lease import WriterLease
from orders.ports.mail import Mail, MailContent
from tests.contract.changes import placed
from tests.support.regions import FIRST, A, Region


class Hanging:
    """A client whose every call is noted and never answered."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.given_up = 0

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        async def call(**_: object) -> None:
            self.asked.append(operation)
            try:
                await asyncio.Event().wait()
            finally:
                self.given_up += 1

        return call


def writes(client: Any, lease: WriterLease) -> dict[str, Callable[[], Awaitable[object]]]:
    """A write of each kind over the client, by its operation."""
    orders = DynamoOrderRepository(client, "orders", lease, region="region-1", outbox_shards=1)
    mail = Mail("jo@example.com", "Shop", MailContent("Hello", "text", "<p>text</p>"))
    return {
        "put_item": lambda: orders.add(placed("tenant_a")),
        "put_object": lambda: S3DocumentStore(client, "documents", lease).put("orders/a/1.pdf", b"%PDF"),
        "send_raw_email": lambda: SesMailSender(client, "orders@shop.example", lease).send(mail),
    }


@pytest.mark.parametrize("operation", ["put_item", "put_object", "send_raw_email"])
async def test_a_write_in_flight_when_the_lease_ends_is_given_up_with_its_outcome_unknown(operation: str) -> None:
    client = Hanging()
    with pytest.raises(OutcomeUnknown, match="nobody knows whether it was done") as failure:
        await writes(client, SetLease(seconds=0.01))[operation]()
    assert not isinstance(failure.value, NotTheWriter)
    assert not failure.value.throttled
    assert client.asked == [operation]
    assert client.given_up == 1


@pytest.mark.parametrize("operation", ["put_item", "put_object", "send_raw_email"])
async def test_without_the_lease_nothing_is_sent(operation: str) -> None:
    client = Hanging()
    with pytest.raises(NotTheWriter):
        await writes(client, SetLease(None))[operation]()
    assert client.asked == []


async def test_a_write_gets_what_is_left_of_the_lease_of_a_region_and_no_more() -> None:
    region = Region(A, MemoryControlTable(FIRST))
    await region.look()
    region.pass_time(29.99)
    client = Hanging()
    began = asyncio.get_running_loop().time()
    with pytest.raises(OutcomeUnknown, match="nobody knows"):
        await writes(client, region.lease)["put_item"]()
    assert asyncio.get_running_loop().time() - began < 5
    region.pass_time(0.01)
    with pytest.raises(NotTheWriter):
        await writes(client, region.lease)["put_item"]()
    assert client.asked == ["put_item"]


async def test_an_answer_in_time_is_returned_and_another_time_out_is_its_own() -> None:
    async def answer() -> str:
        return "done"

    async def own() -> None:
        raise TimeoutError

    assert await within_lease(SetLease(), "orders table", answer) == "done"
    with pytest.raises(TimeoutError):
        await within_lease(SetLease(), "orders table", own)


async def test_a_refusal_says_when_to_come_back() -> None:
    with pytest.raises(NotTheWriter) as refused:
        await within_lease(SetLease(None), "orders table", asyncio.Event().wait)
    assert refused.value.retry_after == timedelta(seconds=30)
