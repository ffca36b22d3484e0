"""Makes planned tables, secrets, and what mails are sent from."""

from collections.abc import Mapping
from typing import Any

from tests.planned.applied_plan import Planned
from tests.planned.making import Maker, Making
from tests.support.eventually import eventually

_ACTIVE_WITHIN_SECONDS = 60


def make_table(making: Making, planned: Planned) -> None:
    values, dynamodb = planned.values, making.client("dynamodb")
    name = values["name"]
    optional: dict[str, Any] = {}
    if values.get("global_secondary_index"):
        optional["GlobalSecondaryIndexes"] = [_index(each) for each in values["global_secondary_index"]]
    if values.get("stream_enabled"):
        optional["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": values["stream_view_type"]}
    created = dynamodb.create_table(
        TableName=name,
        BillingMode=values["billing_mode"],
        AttributeDefinitions=[
            {"AttributeName": each["name"], "AttributeType": each["type"]} for each in values["attribute"]
        ],
        KeySchema=_keys(values),
        DeletionProtectionEnabled=bool(values.get("deletion_protection_enabled")),
        **optional,
    )["TableDescription"]
    making.learn(planned, arn=created["TableArn"], id=name, stream_arn=created.get("LatestStreamArn", ""))
    eventually(
        lambda: dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE",
        within_seconds=_ACTIVE_WITHIN_SECONDS,
        what=f"table {name}",
    )
    for ttl in values.get("ttl") or ():
        specification = {"Enabled": ttl["enabled"], "AttributeName": ttl["attribute_name"]}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)


def _keys(values: Mapping[str, Any]) -> list[dict[str, str]]:
    keys = {"HASH": values["hash_key"], "RANGE": values.get("range_key")}
    return [{"AttributeName": name, "KeyType": kind} for kind, name in keys.items() if name]


def _index(values: Mapping[str, Any]) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": values["projection_type"]}
    if values.get("non_key_attributes"):
        projection["NonKeyAttributes"] = values["non_key_attributes"]
    return {"IndexName": values["name"], "KeySchema": _keys(values), "Projection": projection}


def make_identity(attribute: str) -> Maker:
    def make(making: Making, planned: Planned) -> None:
        name = planned.values[attribute]
        if "@" in name:
            making.client("ses").verify_email_identity(EmailAddress=name)
        else:
            making.client("ses").verify_domain_identity(Domain=name)

    return make


def make_configuration_set(attribute: str) -> Maker:
    def make(making: Making, planned: Planned) -> None:
        making.client("ses").create_configuration_set(ConfigurationSet={"Name": planned.values[attribute]})

    return make


def make_secret(making: Making, planned: Planned) -> None:
    arn = making.client("secretsmanager").create_secret(Name=planned.values["name"])["ARN"]
    making.learn(planned, arn=arn, id=arn)
