"""What is recorded of PartiQL's statements, and what IAM decides of them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orders.adapters.outbound.dynamodb.events.statements import Parameters, insert, path, update
from orders.adapters.outbound.dynamodb.keys import order_key
from tests.iam.recording import Recorder, recorded_calls
from tests.iam.requests import Place, requests_of

TABLE = "bbws-orders-dev"
PLACE = Place("sit", "eu-west-1", "123456789012", {}, "example.com", "orders@example.com")


def recorded(directory: Path, *statements: dict[str, Any]) -> Any:
    model = SimpleNamespace(name="BatchExecuteStatement", service_model=SimpleNamespace(service_name="dynamodb"))
    Recorder(directory, "api")({"Statements": statements}, model)
    (call,) = recorded_calls(directory)
    return call


def test_each_statement_needs_the_right_for_what_it_does_in_its_partition(tmp_path: Path) -> None:
    given = Parameters()
    change = [f"SET {path('a')} = {given.value(1)}"]
    condition = [f"size({path('b')}) = {given.value(2)}"]
    keys = [order_key("tenant_a", f"ord_{number}") for number in (1, 2)]
    call = recorded(
        tmp_path,
        insert(TABLE, {"type": "x", **keys[0]}).as_request(),
        update(TABLE, keys[1], change, condition, given).as_request(),
    )

    requests = requests_of(call, PLACE)

    assert [(each.action, each.context["dynamodb:LeadingKeys"]) for each in requests] == [
        ("dynamodb:PartiQLInsert", (keys[0]["PK"],)),
        ("dynamodb:PartiQLUpdate", (keys[1]["PK"],)),
    ]
    assert {each.resource for each in requests} == {"arn:aws:dynamodb:eu-west-1:123456789012:table/bbws-orders-sit"}
    assert "size" not in json.dumps(dict(call.parameters))


def test_a_statement_of_which_the_partition_is_not_known_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no statement"):
        recorded(tmp_path, {"Statement": 'DELETE FROM "t" WHERE "PK" = ?', "Parameters": [{"S": "x"}]})
