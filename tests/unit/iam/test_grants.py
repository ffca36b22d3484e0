"""What roles ask for by their calls, what is refused, and which statements are idle."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.iam.callers import UnknownCaller, calls_of_roles
from tests.iam.grants import Grants
from tests.iam.policy import Request, parse_policy
from tests.iam.recording import CONTRACT, Call, Recorder, recorded_calls
from tests.iam.requests import Place, UnmappedCall, requests_of

PLACE = Place(
    environment="prod",
    region="eu-west-1",
    account="123456789012",
    buckets={"bbws-orders-dev": "bbws-orders-prod-dr", "bbws-email-templates-dev": "bbws-email-templates-prod-dr"},
    identity="shop.example",
    mail_from="orders@shop.example",
    configuration_set="mails",
    secrets={"api": ("cursor-keys",)},
)
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/bbws-customer-portal-orders-prod"
ORDERS = {"TableName": "bbws-customer-portal-orders-dev"}


def asked(service: str, operation: str, **parameters: Any) -> set[tuple[str, str]]:
    call = Call("api", service, operation, parameters=parameters)
    return {(each.action, each.resource.removeprefix("arn:aws:")) for each in requests_of(call, PLACE)}


def test_calls_ask_for_what_they_need_in_the_place_that_is_planned() -> None:
    assert asked("sqs", "DeleteMessageBatch", QueueUrl="http://e/000000000000/bbws-order-events-dev") == {
        ("sqs:DeleteMessage", "sqs:eu-west-1:123456789012:bbws-order-events-prod")
    }
    # A missing object is told from a ban by being allowed to list.
    assert asked("s3", "HeadObject", Bucket="bbws-orders-dev", Key="a/b.pdf") == {
        ("s3:GetObject", "s3:::bbws-orders-prod-dr/a/b.pdf"),
        ("s3:ListBucket", "s3:::bbws-orders-prod-dr"),
    }
    versions = [{"Key": "a", "VersionId": "1"}, {"Key": "b"}]
    assert asked("s3", "DeleteObjects", Bucket="bbws-orders-dev", Objects=versions) == {
        ("s3:DeleteObjectVersion", "s3:::bbws-orders-prod-dr/a"),
        ("s3:DeleteObject", "s3:::bbws-orders-prod-dr/b"),
    }
    assert asked("ses", "SendRawEmail", Source="test@dev.example") == {
        ("ses:SendRawEmail", "ses:eu-west-1:123456789012:identity/shop.example"),
        ("ses:SendRawEmail", "ses:eu-west-1:123456789012:configuration-set/mails"),
    }


def test_a_query_of_an_index_asks_for_the_index_and_has_its_key() -> None:
    call = Call("api", "dynamodb", "Query", parameters=ORDERS | {
        "IndexName": "OrderByNumber", "KeyCondition": {"numberKey": "demo#BB-1"},
    })  # fmt: skip
    (request,) = requests_of(call, PLACE)
    assert (request.action, request.resource) == ("dynamodb:Query", f"{TABLE}/index/OrderByNumber")
    assert request.value("dynamodb:LeadingKeys") == ("demo#BB-1",)


def test_a_call_that_nobody_has_mapped_is_an_error() -> None:
    with pytest.raises(UnmappedCall, match="dynamodb:BatchGetItem"):
        asked("dynamodb", "BatchGetItem", **ORDERS)


def test_calls_of_contract_suites_go_to_the_roles_that_use_the_method() -> None:
    suite = Call(CONTRACT, "sqs", "SendMessage", "SqsQueue.dead_letter", {"QueueUrl": "http://e/0/poller-1-dlq"})
    found = {each.role: each.parameters["QueueUrl"] for each in calls_of_roles(iter([suite]), {})}
    assert found["pdf-creator"] == "/bbws-order-pdf-creation-dlq-dev"
    assert "api" not in found
    for wrong in (replace(suite, adapter="SqsQueue.unheard_of"), replace(suite, role="api")):
        with pytest.raises(UnknownCaller):
            list(calls_of_roles(iter([wrong]), {}))


def a_statement(sid: str, actions: list[str], *resources: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}


def granted(*statements: dict[str, Any]) -> Grants:
    return Grants(PLACE, {"api": parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))})


@pytest.fixture
def reading() -> dict[str, list[Request]]:
    return {"api": [PLACE.request("dynamodb:GetItem", TABLE), PLACE.request("dynamodb:Query", TABLE)]}


def test_what_is_not_granted_is_refused(reading: dict[str, list[Request]]) -> None:
    grants = granted(a_statement("Read", ["dynamodb:GetItem"], TABLE))
    assert [(role, each.action) for role, each in grants.refused(reading)] == [("api", "dynamodb:Query")]
    assert list(granted(a_statement("Read", ["dynamodb:GetItem", "dynamodb:Query"], TABLE)).refused(reading)) == []


def test_a_statement_an_action_and_a_resource_without_which_all_is_allowed_are_idle(
    reading: dict[str, list[Request]],
) -> None:
    def idle(*statements: dict[str, Any]) -> Iterator[tuple[str, str]]:
        return ((sid, part) for _, sid, part in granted(*statements).idle(reading))

    read = a_statement("Read", ["dynamodb:GetItem", "dynamodb:Query"], TABLE)
    assert list(idle(read)) == []
    assert list(idle(read, a_statement("Write", ["dynamodb:PutItem"], TABLE))) == [("Write", "")]
    # Granted twice: neither of the two is needed.
    assert list(idle(read, read | {"Sid": "Again"})) == [("Read", ""), ("Again", "")]
    more = a_statement("Read", ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], TABLE, f"{TABLE}/index/A")
    assert list(idle(more)) == [("Read", "dynamodb:PutItem"), ("Read", f"{TABLE}/index/A")]


def test_a_record_has_names_and_keys_and_nothing_else_of_a_call(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "api")
    model: Any = SimpleNamespace(name="PutItem", service_model=SimpleNamespace(service_name="dynamodb"))
    item = {"PK": {"S": "TENANT#t#ORDER#o"}, "SK": {"S": "ORDER"}, "customer": {"S": "Thandi"}}
    for _ in range(2):
        recorder({"TableName": "orders-dev", "Item": item}, model)
    (call,) = recorded_calls(tmp_path)
    assert call == Call("api", "dynamodb", "PutItem", "", {
        "TableName": "orders-dev", "Item": {"PK": "TENANT#t#ORDER#o", "SK": "ORDER"},
    })  # fmt: skip
