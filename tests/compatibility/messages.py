"""What lies in queues while a release is replaced: written as this release sends it, read as its workers do."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from orders.adapters.inbound.sqs.external_events import parse_report
from orders.adapters.inbound.sqs.messages import bus_message, order_command, order_event, parse_json_object
from orders.adapters.inbound.sqs.workers.record_creator import CreateOrderCommand, PlaceAcceptedCommand
from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.adapters.outbound.aws.sqs.document_requests import SqsDocumentRequests
from orders.adapters.outbound.aws.sqs.order_commands import SqsOrderCommands
from orders.adapters.outbound.aws.sqs.report_returns import SqsReportReturns
from orders.adapters.outbound.aws.sqs.scrub_requests import SqsRetainRequests, SqsScrubRequests
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire
from orders.adapters.outbound.dynamodb.items.event_items import event_from_item
from orders.adapters.wire import json_body
from orders.contracts.cloud_event import rfc3339
from orders.contracts.commands import CREATE_ORDER, PLACE_ACCEPTED, RENDER_DOCUMENT, RETAIN_ORDER, SCRUB_ORDER
from orders.domain.reports import ReportType
from tests.compatibility.meaning import Json, meaning_of
from tests.compatibility.stories import MINUTE, REPORTS, STORIES, TRACE
from tests.compatibility.table import TENANT, Table, from_json
from tests.support.builders import an_order_id


class Sent:
    """A client that keeps what it is asked to send."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    async def send_message(self, **arguments: Any) -> Any:
        self.bodies.append(arguments["MessageBody"])
        return {}

    async def put_events(self, **arguments: Any) -> Any:
        # As EventBridge wraps an entry for its targets.
        for entry in arguments["Entries"]:
            content = {
                "id": "bus-1",
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "time": rfc3339(entry["Time"]),
                "detail": json.loads(entry["Detail"]),
            }
            self.bodies.append(json.dumps(content))
        return {"Entries": [{"EventId": "bus-1"} for _ in arguments["Entries"]]}


async def written() -> dict[str, str]:
    """Writes every message that this release sends to itself or others."""
    sent, order_id = Sent(), an_order_id(1)
    client: Any = sent
    await SqsOrderCommands(client, "queue").place_accepted(TENANT, order_id, TRACE)
    await SqsDocumentRequests(client, "queue").request(TENANT, order_id)
    await SqsScrubRequests(client, "queue").request(TENANT, order_id, after=MINUTE)
    await SqsRetainRequests(client, "queue").request(TENANT, order_id, after=MINUTE)
    for report in REPORTS.values():
        await SqsReportReturns(client, "queue").give_back(TENANT, order_id, report, after=MINUTE)
    names = ["command place-accepted-order", "command render-document", "command scrub-order", "command retain-order"]
    names += [f"report {name}" for name in REPORTS]
    for event in await _events():
        await EventBridgePublisher(client, "bus").publish([event])
        names.append(f"event {event.type}")
    replayed = EventBridgePublisher(client, "bus", replayed=True, mails=True)
    await replayed.publish((await _events())[:1])
    return dict(zip([*names, "event replayed"], sent.bodies, strict=True)) | {
        "command create-order": json.dumps(CREATE)
    }


def read(name: str, body: str) -> Json:
    """Reads a message as the worker does that gets it. Raises: MessageRefused."""
    kind, _, what = name.partition(" ")
    return meaning_of(_COMMANDS[what](body) if kind == "command" else _BY_KIND[kind](body))


async def _events() -> list[Any]:
    """Every event of the stories, once."""
    found: dict[str, Any] = {}
    for story in STORIES.values():
        table = Table()
        await story(table)
        for item in table.stored():
            stored = from_wire(from_json(cast("Mapping[str, Any]", item)))
            waiting = stored.get("pending", {}).values()
            for each in [*waiting, *([stored] if "type" in stored else [])]:
                event = event_from_item(each)
                found.setdefault(event.type, event)
    return [found[name] for name in sorted(found)]


def _event(body: str) -> Any:
    return order_event(bus_message(parse_json_object(body)))


def _report(body: str) -> Any:
    message = bus_message(parse_json_object(body))
    return parse_report(ReportType(message.type), message.detail)[1]


def _create(body: str) -> Any:
    command = CreateOrderCommand.model_validate(json_body.decode(body.encode()))
    return {"key": command.idempotency_key, "tenant": command.tenant_id, "draft": command.order.to_draft()}


def _place(body: str) -> Any:
    return PlaceAcceptedCommand.model_validate(parse_json_object(body)).model_dump()


_BY_KIND: Mapping[str, Callable[[str], Any]] = {"event": _event, "report": _report}
_COMMANDS: Mapping[str, Callable[[str], Any]] = {
    PLACE_ACCEPTED: _place,
    CREATE_ORDER: _create,
    RENDER_DOCUMENT: lambda body: order_command(parse_json_object(body), RENDER_DOCUMENT).model_dump(),
    SCRUB_ORDER: lambda body: order_command(parse_json_object(body), SCRUB_ORDER, RETAIN_ORDER).model_dump(),
    RETAIN_ORDER: lambda body: order_command(parse_json_object(body), SCRUB_ORDER, RETAIN_ORDER).model_dump(),
}

CREATE: Mapping[str, Any] = {
    "command": CREATE_ORDER,
    "tenant_id": TENANT,
    "idempotency_key": "import-1",
    "traceparent": TRACE,
    "order": {
        "customer_id": "cust_test_001",
        "currency": "ZAR",
        "items": [{"product_id": "prod_001", "quantity": 2, "price": 29.99, "name": "Enamel mug, 350 ml"}],
        "total": 59.98,
        "customer": {"name": "Thandi Mokoena", "email": "thandi@example.com"},
        "metadata": {"channel": "import"},
    },
}
"""As docs/events/create-order.v1.json lets other services send it."""
