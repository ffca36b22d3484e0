"""What the whole path doesn't meet on planned resources: operators' commands, other services, mails that come back.

Also the calls that roles make only then, recorded for the test of least privilege.
"""

import json
from typing import Any

import pytest

from orders.acceptance.smoke import CREATE
from orders.contracts.report_form import bus_event
from orders.domain.reports import SOURCES, ReportType
from tests.e2e.planned_stack import PlannedStack
from tests.e2e.stack import Stack
from tests.support.eventually import eventually
from tests.support.external_event_feeds import a_report

pytestmark = [pytest.mark.planned, pytest.mark.timeout(300)]

WITHIN_SECONDS = 60


@pytest.fixture
def planned(stack: Stack) -> PlannedStack:
    assert isinstance(stack, PlannedStack)
    return stack


def url_of(stack: Stack, queue: str) -> str:
    url: str = stack.aws("sqs").get_queue_url(QueueName=f"{queue}-{stack.environment_name}")["QueueUrl"]
    return url


def depths(planned: PlannedStack) -> dict[str, int]:
    """Returns the numbers of dead letters by queue, of those that have some."""
    printed: dict[str, int] = json.loads(planned.operator("dlq", "list", "--json"))
    return {queue: count for queue, count in printed.items() if count}


def test_what_a_worker_cannot_read_is_set_aside_sent_again_and_thrown_away(planned: PlannedStack) -> None:
    workers = {
        "record-creator": "bbws-order-creation",
        "pdf-creator": "bbws-order-pdf-creation",
        "internal-notifier": "bbws-order-internal-notification",
        "customer-notifier": "bbws-order-customer-notification",
        "event-processor": "bbws-order-events",
        "mail-feedback": "bbws-order-mail-feedback",
    }
    one_each = dict.fromkeys(workers, 1)
    for queue in workers.values():
        planned.aws("sqs").send_message(QueueUrl=url_of(planned, queue), MessageBody="nothing that anybody knows")
    eventually(lambda: depths(planned) == one_each, within_seconds=WITHIN_SECONDS, what="one dead letter each")
    planned.operator("dlq", "show", "pdf-creator", "--json")
    listed = json.loads(planned.operator("dlq", "list", "all", "--json"))
    assert len(json.dumps(listed)) > len(workers)
    planned.operator("dlq", "redrive", "all", "--json")
    eventually(lambda: depths(planned) == one_each, within_seconds=WITHIN_SECONDS, what="all of them back")
    planned.operator("dlq", "purge", "all", "--yes", "--json")
    assert depths(planned) == {}


def test_an_order_that_another_service_queues_twice_is_placed_once(planned: PlannedStack) -> None:
    command = {
        "command": "create-order", "tenant_id": "demo", "idempotency_key": "queued-1", "order": json.loads(CREATE),
    }  # fmt: skip
    url = url_of(planned, "bbws-order-creation")

    def placed() -> list[dict[str, Any]]:
        found = planned.call("GET", "/v1.0/orders", params={"limit": "100"}, role="staff").json()["items"]
        return [each for each in found if each["order_id"] not in before]

    before: set[str] = set()
    before = {each["order_id"] for each in placed()}
    for _ in range(2):
        planned.aws("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(command))
        eventually(lambda: len(placed()) == 1, within_seconds=WITHIN_SECONDS, what="one order")
        eventually(
            lambda: waiting(planned, "bbws-order-creation") == 0, within_seconds=WITHIN_SECONDS, what="no message"
        )
    assert len(placed()) == 1
    assert depths(planned) == {}


def waiting(stack: Stack, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = stack.aws("sqs").get_queue_attributes(QueueUrl=url_of(stack, queue), AttributeNames=names)
    return sum(map(int, answer["Attributes"].values()))


def test_events_of_other_services_reach_the_order_by_the_bus(planned: PlannedStack) -> None:
    order = planned.place()
    for kind, status in {
        ReportType.PAYMENT_CAPTURED: "processing",
        ReportType.SHIPMENT_DISPATCHED: "fulfilled",
    }.items():
        event = bus_event("demo", order["order_id"], a_report(kind))
        entry = {
            "EventBusName": f"bbws-orders-{planned.environment_name}",
            "Source": SOURCES[kind],
            "DetailType": str(kind),
            "Detail": json.dumps(event["detail"]),
        }
        assert planned.aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
        path = f"/v1.0/orders/{order['order_id']}"
        eventually(
            lambda path=path, status=status: planned.call("GET", path, role="staff").json()["status"] == status,  # type: ignore[misc]
            within_seconds=WITHIN_SECONDS,
            what=status,
        )


def test_an_event_that_comes_too_early_waits_for_its_order(planned: PlannedStack) -> None:
    order = planned.place()
    event = bus_event("demo", order["order_id"], a_report(ReportType.PAYMENT_FAILED))
    planned.aws("sqs").send_message(QueueUrl=url_of(planned, "bbws-order-events"), MessageBody=json.dumps(event))
    eventually(
        lambda: planned.call("GET", f"/v1.0/orders/{order['order_id']}", role="staff").json()["status"] == "rejected",
        within_seconds=WITHIN_SECONDS + 30,
        what="the refusal",
    )
    assert depths(planned) == {}


def test_a_bounce_reaches_the_service_by_the_topic_and_suppresses_the_address(planned: PlannedStack) -> None:
    order = planned.place()
    eventually(lambda: len(planned.mails_of(order)) == 2, within_seconds=WITHIN_SECONDS, what="two mails")
    (mail,) = [each for each in planned.mails_of(order) if each["template"] == "order_confirmation"]
    (address,) = mail["recipients"]
    topic = f"arn:aws:sns:{planned.region}:000000000000:bbws-order-mail-feedback-{planned.environment_name}"
    bounce = {
        "eventType": "Bounce",
        "mail": {
            "messageId": mail["id"], "timestamp": "2026-03-01T12:00:00.000Z", "tags": {"order-mail": [mail["mark"]]},
        },
        "bounce": {
            "bounceType": "Permanent", "bounceSubType": "NoEmail", "timestamp": "2026-03-01T12:00:01.000Z",
            "feedbackId": "feedback-1", "bouncedRecipients": [{"emailAddress": address}],
        },
    }  # fmt: skip
    planned.aws("sns").publish(TopicArn=topic, Message=json.dumps(bounce))

    def suppressed() -> list[Any]:
        items: list[Any] = json.loads(planned.operator("suppressions", "list", "--tenant", "demo", "--json"))
        return items

    eventually(suppressed, within_seconds=WITHIN_SECONDS, what="a suppressed address")
    assert json.loads(
        planned.operator("suppressions", "list", "--tenant", "demo", "--ask", "--json", typed=f"{address}\n")
    )
    planned.operator("suppressions", "remove", "--tenant", "demo", typed=f"{address}\n")
    assert suppressed() == []


def test_a_document_that_is_gone_is_made_again_when_it_is_asked_for(planned: PlannedStack) -> None:
    order = planned.place()
    eventually(lambda: planned.pdf(order), within_seconds=WITHIN_SECONDS, what="PDF")
    s3, bucket = planned.aws("s3"), f"bbws-orders-{planned.environment_name}"
    (key,) = [
        each["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for each in page["Contents"]
        if order["order_id"] in each["Key"]
    ]
    s3.delete_object(Bucket=bucket, Key=key)
    assert planned.call("GET", f"/v1.0/orders/{order['order_id']}/document").status_code == 202
    eventually(lambda: planned.pdf(order), within_seconds=WITHIN_SECONDS, what="PDF again")


def test_operators_look_at_events_templates_shops_and_items(planned: PlannedStack) -> None:
    order = planned.place()
    eventually(lambda: planned.pdf(order), within_seconds=WITHIN_SECONDS, what="PDF")
    planned.operator("events", "replay", "--tenant", "demo", "--order", order["order_id"], "--json")
    planned.operator("events", "replay", "--tenant", "demo", "--since", "1h", "--dry-run", "--json")
    planned.operator("templates", "list", "--tenant", "demo", "--json")
    planned.operator("templates", "check", "--tenant", "demo", "--json")
    planned.operator("templates", "preview", "order_confirmation", "--tenant", "demo", "--order", order["order_id"])
    planned.operator("templates", "preview", "order_confirmation", "--tenant", "demo", "--order", order["order_number"])
    planned.operator("tenants", "check", "--json")
    planned.operator("unreadable", "list", "--json")
    planned.operator("unreadable", "list", "--tenant", "demo", "--json")
    planned.operator("unreadable", "list", "--tenant", "demo", "--order", order["order_id"], "--json")
