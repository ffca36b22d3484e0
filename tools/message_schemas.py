"""Writes the JSON Schemas of events and of queues' commands into docs/events: ``python -m ...message_schemas``."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orders.adapters.inbound.http.openapi.json_schema import standalone
from orders.adapters.inbound.sqs.external_events import DETAILS
from orders.adapters.inbound.sqs.workers.record_creator import CreateOrderCommand
from orders.contracts.commands import CREATE_ORDER
from orders.contracts.event_schema import event_schema
from orders.domain.events import EventType
from orders.domain.reports import SOURCES, ReportType

DIRECTORY = Path("docs/events")


def _create_order() -> dict[str, Any]:
    return {
        **standalone(CreateOrderCommand),
        # What pydantic checks in code, said in the schema's own words.
        "oneOf": [
            {"required": ["idempotency_key"], "properties": {"order_id": {"type": "null"}}},
            {"required": ["order_id"], "properties": {"idempotency_key": {"type": "null"}}},
        ],
    }


def _report(type_: ReportType) -> dict[str, Any]:
    return {"title": type_, **standalone(DETAILS[type_])}


def report_file(type_: ReportType) -> str:
    """The file of a report, such as ``payments.PaymentCaptured.v1.json``."""
    return f"{SOURCES[type_].rpartition('.')[2]}.{type_}.v1.json"


FILES: Mapping[str, Callable[[], dict[str, Any]]] = MappingProxyType(
    {f"{CREATE_ORDER}.v1.json": _create_order}
    | {f"order.{type_}.v1.json": partial(event_schema, type_) for type_ in EventType}
    | {report_file(type_): partial(_report, type_) for type_ in ReportType}
)


def schema_text(file_name: str) -> str:
    """The schema as its file holds it. Raises: KeyError for a file that is none of ``FILES``."""
    return json.dumps(FILES[file_name](), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in FILES:
        (DIRECTORY / name).write_text(schema_text(name), encoding="utf-8")
