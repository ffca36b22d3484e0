"""A table and its indexes, created or brought up to date on an emulator."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from orders.bootstrap.resources.model import Changes, ResourceError, error_code
from orders.bootstrap.resources.topology import Index, StreamView, Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import (
        AttributeDefinitionTypeDef,
        CreateTableInputTypeDef,
        GlobalSecondaryIndexDescriptionTypeDef,
        GlobalSecondaryIndexTypeDef,
        KeySchemaElementTypeDef,
        ProjectionTypeDef,
        StreamSpecificationTypeDef,
        TableDescriptionTypeDef,
    )

ACTIVE_WITHIN_SECONDS = 60.0
_POLL_SECONDS = 0.02


async def ensure_table(dynamodb: "DynamoDBClient", table: Table, name: str, changes: Changes) -> None:
    """Creates the table `name`, or adds what it lacks: indexes, stream, on-demand billing, TTL.

    Other keys of the table or of an index are reported in `changes.differences`: DynamoDB can't change them.

    Raises:
        ResourceError: the table isn't active within a minute.
        botocore.exceptions.ClientError: a call was refused.
    """
    try:
        described = (await dynamodb.describe_table(TableName=name))["Table"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        await _create(dynamodb, table, name)
        changes.created.append(f"table {name}")
    else:
        await _update(dynamodb, table, described, changes)
    await _ensure_ttl(dynamodb, table, name, changes)


async def _create(dynamodb: "DynamoDBClient", table: Table, name: str) -> None:
    try:
        created = await dynamodb.create_table(**_declared(table, name))
    except ClientError as error:
        # It wasn't there a moment ago: an attempt of this call whose answer was lost has made it, an emulator that
        # is only just starting being slow to answer.
        if error_code(error) != "ResourceInUseException":
            raise
        await _active(dynamodb, name)
    else:
        if created["TableDescription"].get("TableStatus") != "ACTIVE":
            await _active(dynamodb, name)


async def _update(
    dynamodb: "DynamoDBClient", table: Table, described: "TableDescriptionTypeDef", changes: Changes
) -> None:
    name = described["TableName"]
    if described.get("KeySchema") != _key_schema(table.partition_key, table.sort_key):
        changes.differences.append(
            f"table {name}: its keys are {described.get('KeySchema')}; delete it to have the declared"
        )
        return
    if described.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED") != "PAY_PER_REQUEST":
        await dynamodb.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
        await _active(dynamodb, name)
        changes.updated.append(f"table {name}: billing on demand")
    await _ensure_stream(dynamodb, table, described, changes)
    existing = {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes", [])}
    for index in table.indexes:
        if index.name in existing:
            changes.differences.extend(_index_differences(name, index, existing[index.name]))
            continue
        # One index at a time: DynamoDB refuses a second while the first is being filled.
        await dynamodb.update_table(
            TableName=name,
            AttributeDefinitions=_attribute_definitions(table),
            GlobalSecondaryIndexUpdates=[{"Create": _index_definition(index)}],
        )
        await _active(dynamodb, name)
        changes.updated.append(f"table {name}: index {index.name}")
    declared = {index.name for index in table.indexes}
    changes.differences.extend(
        f"table {name}: index {extra} is not declared" for extra in sorted(existing.keys() - declared)
    )


async def _ensure_stream(
    dynamodb: "DynamoDBClient", table: Table, described: "TableDescriptionTypeDef", changes: Changes
) -> None:
    if table.stream is None:
        return
    name, stream = described["TableName"], described.get("StreamSpecification")
    if not stream or not stream.get("StreamEnabled"):
        await dynamodb.update_table(TableName=name, StreamSpecification=_stream(table.stream))
        await _active(dynamodb, name)
        changes.updated.append(f"table {name}: stream")
    elif stream.get("StreamViewType") != table.stream:
        changes.differences.append(
            f"table {name}: its stream shows {stream.get('StreamViewType')}, declared {table.stream}"
        )


def _index_differences(table_name: str, index: Index, found: "GlobalSecondaryIndexDescriptionTypeDef") -> Iterator[str]:
    wanted = _index_definition(index)
    remedy = "delete the index to have it made again"
    if found.get("KeySchema") != wanted["KeySchema"]:
        yield f"table {table_name}: index {index.name} has keys {found.get('KeySchema')}; {remedy}"
    projection = found.get("Projection", {})
    included = set(projection.get("NonKeyAttributes", ()))
    if projection.get("ProjectionType") != index.projection or included != set(index.included):
        yield f"table {table_name}: index {index.name} projects {projection}; {remedy}"


async def _ensure_ttl(dynamodb: "DynamoDBClient", table: Table, name: str, changes: Changes) -> None:
    if table.ttl_attribute is None:
        return
    found = (await dynamodb.describe_time_to_live(TableName=name)).get("TimeToLiveDescription", {})
    if found.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}:
        if found.get("AttributeName") != table.ttl_attribute:
            changes.differences.append(
                f"table {name}: TTL reads {found.get('AttributeName')}, declared {table.ttl_attribute}"
            )
        return
    await dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl_attribute}
    )
    if f"table {name}" not in changes.created:
        changes.updated.append(f"table {name}: TTL")


async def _active(dynamodb: "DynamoDBClient", name: str) -> None:
    try:
        async with asyncio.timeout(ACTIVE_WITHIN_SECONDS):
            while True:
                described = await dynamodb.describe_table(TableName=name)
                if _is_active(described["Table"]):
                    return
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise ResourceError(f"table {name} is still not active after {ACTIVE_WITHIN_SECONDS:.0f} s") from error


def _is_active(table: "TableDescriptionTypeDef") -> bool:
    indexes = table.get("GlobalSecondaryIndexes", [])
    return table.get("TableStatus") == "ACTIVE" and all(
        index.get("IndexStatus", "ACTIVE") == "ACTIVE" for index in indexes
    )


def _declared(table: Table, name: str) -> "CreateTableInputTypeDef":
    asked: CreateTableInputTypeDef = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": _attribute_definitions(table),
        "KeySchema": _key_schema(table.partition_key, table.sort_key),
    }
    # DynamoDB refuses an empty list of indexes.
    if table.indexes:
        asked["GlobalSecondaryIndexes"] = [_index_definition(index) for index in table.indexes]
    if table.stream is not None:
        asked["StreamSpecification"] = _stream(table.stream)
    return asked


def _attribute_definitions(table: Table) -> "list[AttributeDefinitionTypeDef]":
    return [{"AttributeName": attribute, "AttributeType": "S"} for attribute in table.key_attributes]


def _key_schema(hash_key: str, range_key: str | None) -> "list[KeySchemaElementTypeDef]":
    schema: list[KeySchemaElementTypeDef] = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key is not None:
        schema.append({"AttributeName": range_key, "KeyType": "RANGE"})
    return schema


def _index_definition(index: Index) -> "GlobalSecondaryIndexTypeDef":
    projection: ProjectionTypeDef = {"ProjectionType": index.projection}
    if index.included:
        projection["NonKeyAttributes"] = list(index.included)
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.hash_key, index.range_key),
        "Projection": projection,
    }


def _stream(view: StreamView) -> "StreamSpecificationTypeDef":
    return {"StreamEnabled": True, "StreamViewType": view}
