"""The schemas of events and commands in docs/events are those of the code."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.support.builders import an_order_id
from tools.message_schemas import FILES, schema_text

EVENTS = Path(__file__).parents[3] / "docs" / "events"
ORDER = {"customer_id": "c", "items": [{"product_id": "p", "quantity": 1, "price": 1}], "total": 1}


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_current(name: str) -> None:
    assert (EVENTS / name).read_text(encoding="utf-8") == schema_text(name), "run: make docs"


@pytest.mark.parametrize("name", FILES)
def test_it_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(FILES[name]())


def test_every_type_on_the_bus_has_its_file() -> None:
    titles = {FILES[name]().get("title") for name in FILES}
    assert set(packaged_topology().detail_types) <= titles


def test_no_file_is_left_over() -> None:
    assert {path.name for path in EVENTS.glob("*.json")} == set(FILES)


@pytest.mark.parametrize(
    ("names", "valid"),
    [
        ({"idempotency_key": "k"}, True),
        ({"order_id": an_order_id()}, True),
        ({"idempotency_key": "k", "order_id": an_order_id()}, False),
        ({}, False),
        ({"idempotency_key": "k", "order": ORDER | {"totl": 1}}, False),
    ],
)
def test_the_schema_says_what_the_code_checks(names: dict[str, Any], valid: bool) -> None:
    schema = json.loads((EVENTS / "create-order.v1.json").read_text(encoding="utf-8"))
    command = {"command": "create-order", "tenant_id": "t", "order": ORDER} | names
    assert jsonschema.Draft202012Validator(schema).is_valid(command) is valid
