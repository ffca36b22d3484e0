"""The contract of ``ReportReturns``: a report comes again as the bus had delivered it, when its time has come."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from orders.adapters.inbound.sqs.external_events import parse_report
from orders.adapters.inbound.sqs.messages import bus_message, parse_json_object
from orders.adapters.outbound.aws.sqs.report_returns import SqsReportReturns
from orders.domain.parts import ParcelLine
from orders.domain.reports import SOURCES, Report, ReportType
from orders.ports.errors import TransientPortError
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.support.builders import NOON, an_order_id

SENT = Report(
    "evt-1",
    ReportType.SHIPMENT_DISPATCHED,
    NOON,
    carrier="DHL",
    tracking_number="T1",
    tracking_url="https://dhl.example/T1",
    lines=(ParcelLine("line_1", 2),),
)
FAILED = Report("evt-2", ReportType.PAYMENT_FAILED, NOON, reason_code="card_declined")


@pytest.fixture(params=AWS_BACKENDS)
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, str]]:
    """A client of SQS and a queue."""
    async with endpoint_of(request).client("sqs") as client:
        created = await client.create_queue(QueueName=f"reports-{uuid4().hex[:12]}")
        yield client, created["QueueUrl"]


@pytest.mark.parametrize("report", [SENT, FAILED])
async def test_it_comes_again_as_it_was(queue: tuple[Any, str], report: Report) -> None:
    client, url = queue
    await SqsReportReturns(client, url).give_back("tenant_a", an_order_id(), report, after=timedelta(0))
    (message,) = (await client.receive_message(QueueUrl=url, WaitTimeSeconds=2))["Messages"]
    event = bus_message(parse_json_object(message["Body"]))
    named, again = parse_report(report.type, event.detail)
    assert (event.source, event.type, event.at) == (SOURCES[report.type], report.type, NOON)
    assert (named.tenant_id, named.order_id, again) == ("tenant_a", an_order_id(), report)


async def test_a_returned_report_is_delivered_after_its_delay(queue: tuple[Any, str]) -> None:
    client, url = queue
    await SqsReportReturns(client, url).give_back("tenant_a", an_order_id(), FAILED, after=timedelta(seconds=29.5))
    assert "Messages" not in await client.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    found = await client.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    )
    assert {name[-7:]: value for name, value in found["Attributes"].items()} == {"essages": "0", "Delayed": "1"}


async def test_a_queue_out_of_reach_is_a_passing_failure() -> None:
    async with Endpoint("nobody", "http://127.0.0.1:9").client("sqs") as client:
        returns = SqsReportReturns(client, "http://127.0.0.1:9/1/queue")
        with pytest.raises(TransientPortError):
            await returns.give_back("tenant_a", an_order_id(), FAILED, after=timedelta(0))
