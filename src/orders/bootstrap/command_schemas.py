"""Writes the JSON Schemas of the queues' commands into docs/events: ``python -m orders.bootstrap.command_schemas``."""

import json
from pathlib import Path
from typing import Any

from orders.adapters.inbound.sqs.record_creator import CreateOrderCommand
from orders.application.commands import CREATE_ORDER

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILES = {f"{CREATE_ORDER}.v1.json": CreateOrderCommand}


def schema_text(file_name: str) -> str:
    """The schema as its file holds it. Raises: KeyError for a file that is none of ``FILES``."""
    content: dict[str, Any] = {"$schema": DIALECT, **FILES[file_name].model_json_schema()}
    # What pydantic checks in code, said in the schema's own words.
    content["oneOf"] = [
        {"required": ["idempotency_key"], "properties": {"order_id": {"type": "null"}}},
        {"required": ["order_id"], "properties": {"idempotency_key": {"type": "null"}}},
    ]
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in FILES:
        Path("docs/events", name).write_text(schema_text(name), encoding="utf-8")
