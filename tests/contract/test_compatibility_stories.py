"""An emulator stores what the fixtures of ``tests/compatibility`` hold, which are made without one."""

from collections.abc import Mapping
from typing import Any

from tests.compatibility.fixtures import THIS, samples
from tests.compatibility.stories import STORIES
from tests.compatibility.table import Table, to_json, unpacked
from tests.contract.order_stores import EmulatorTable


async def test_an_emulator_stores_what_the_fixtures_hold(dynamo_table: EmulatorTable) -> None:
    async with dynamo_table.endpoint.client("dynamodb") as client:
        for story in STORIES.values():
            await story(Table.over(client, dynamo_table.name))
        answer = await client.scan(TableName=dynamo_table.name, ConsistentRead=True)
    kept = [item for family, _, sample in samples(THIS) if family == "items" for item in sample["stored"]]
    assert "LastEvaluatedKey" not in answer
    assert by_key([to_json(item) for item in answer["Items"]]) == by_key(kept)


def by_key(items: list[Any]) -> Mapping[tuple[str, str], Any]:
    return {(item["PK"]["S"], item["SK"]["S"]): unpacked(item) for item in items}
