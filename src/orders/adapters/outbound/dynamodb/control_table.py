"""The control table, read from whichever of its regions answers. Contract: ports/regions.py."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import kind_of, translated
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.instants import parse_instant
from orders.adapters.outbound.dynamodb.items.schema import item_reader
from orders.ports.errors import ItemKind, PermanentPortError, PortError, TransientPortError
from orders.ports.regions import ControlState

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

DEPENDENCY = "control table"
ITEM_KEY = {"PK": "WRITER"}
"""The one item: deploy/terraform/modules/control_table makes it, at epoch 1."""
PATIENCE = timedelta(seconds=2)
"""So long one region is waited for: both fit between two reads."""

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


class DynamoControlTable:
    """``ControlTable`` over a client for each of its regions: one is asked, and the next if that one fails.

    Both give the same answer: the table is strongly consistent across its regions. The one that answered is asked first
    the next time, so that a region that hangs costs its time-out once.
    """

    def __init__(
        self, clients: Mapping[str, "DynamoDBClient"], table_name: str, *, patience: timedelta = PATIENCE
    ) -> None:
        """``clients`` by region, at least one; they must not retry."""
        self._clients: dict[str, Any] = dict(clients)
        self._name = table_name
        self._patience = patience

    async def read(self) -> ControlState | None:
        """See ``ControlTable.read``."""
        failures: list[PortError] = []
        for region in tuple(self._clients):
            try:
                answer = await self._ask(region)
            except PortError as failure:
                failures.append(failure)
                self._clients[region] = self._clients.pop(region)  # to the end
                continue
            item = answer.get("Item")
            return None if item is None else control_state(from_wire(item))
        # What passes is worth another attempt, whatever is wrong in the other region.
        raise next((each for each in failures if isinstance(each, TransientPortError)), failures[0])

    async def _ask(self, region: str) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                with translated(DEPENDENCY):
                    answer: Mapping[str, Any] = await self._clients[region].get_item(
                        TableName=self._name, Key=to_wire(ITEM_KEY), ConsistentRead=True
                    )
                    return answer
        except TimeoutError as error:
            detail = f"no answer from {region} within {self._patience.total_seconds():g} s"
            raise TransientPortError(DEPENDENCY, detail) from error
        except (BotoCoreError, ClientError) as error:
            raise PermanentPortError(DEPENDENCY, f"{region}: {kind_of(error)}") from error


@item_reader(ItemKind.CONTROL, ControlState)
def control_state(item: Mapping[str, Any]) -> ControlState:
    """Parses the item. Raises: UnreadableItem."""
    if item["epoch"] < 1:
        raise ValueError("epochs count from 1")
    if not isinstance(item["evacuated"], list):
        raise TypeError("evacuated regions are a list")
    return ControlState(
        epoch=item["epoch"],
        writer=_region(item["writer"]),
        evacuated=frozenset(map(_region, item["evacuated"])),
        by=item["by"],
        at=parse_instant(item["at"]),
    )


def _region(text: str) -> str:
    """Returns the text if it is a region's name: one that is misspelt would be taken for neither of the two."""
    if not _REGION.fullmatch(text):
        raise ValueError("no region's name")
    return text
