"""The control table, read and changed in whichever of its regions answers. Contract: ports/regions.py."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import error_code, kind_of, translated
from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.control_items import control_state, control_to_item
from orders.adapters.outbound.dynamodb.table import Placeholders
from orders.ports.errors import PermanentPortError, PortError, TransientPortError
from orders.ports.regions import ControlChanged, ControlState

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

DEPENDENCY = "control table"
ITEM_KEY = {"PK": "WRITER"}
"""The one item: deploy/terraform/modules/control_table makes it, at epoch 1."""
PATIENCE = timedelta(seconds=2)
"""So long one region is waited for: both fit between two reads."""
OPERATORS_PATIENCE = timedelta(seconds=10)
"""So long a command waits for one: it asks once, and has nothing to lose meanwhile."""


class DynamoControlTable:
    """``WritableControlTable`` over a client for each of its regions: one is asked, and the next if that one fails.

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

        def get(client: Any) -> Awaitable[Any]:
            return client.get_item(TableName=self._name, Key=to_wire(ITEM_KEY), ConsistentRead=True)  # type: ignore[no-any-return]

        answer = await self._first_answer(get)
        item = answer.get("Item")
        return None if item is None else control_state(from_wire(item))

    async def replace(self, new: ControlState, *, seen: ControlState | None) -> ControlState:
        """See ``WritableControlTable.replace``."""
        # As it will be read: attributes hold milliseconds.
        new = control_state(ITEM_KEY | control_to_item(replace(new, revision=seen.revision + 1 if seen else 0)))
        arguments = self._changing(new, seen)

        def update(client: Any) -> Awaitable[Any]:
            return client.update_item(**arguments)  # type: ignore[no-any-return]

        try:
            await self._first_answer(update)
        except (_Refused, TransientPortError) as error:
            # Refused is also the second attempt of a write whose first answer was lost.
            found = await self.read()
            if found == new:
                return new
            if isinstance(error, TransientPortError) and _version(found) == _version(seen):
                raise
            raise ControlChanged(found) from error
        return new

    def _changing(self, new: ControlState, seen: ControlState | None) -> dict[str, Any]:
        place = Placeholders()
        item = control_to_item(new)
        changes = ", ".join(f"{place.name(name)} = {place.value(value)}" for name, value in item.items())
        gone = "" if new.switch else f" REMOVE {place.name('switch')}"
        if seen is None:
            condition = f"attribute_not_exists({place.name('PK')})"
        else:
            revision = place.name("revision")
            known = f"{revision} = {place.value(seen.revision)}"
            # Terraform made the item, without a revision.
            known = known if seen.revision else f"({known} OR attribute_not_exists({revision}))"
            condition = f"{place.name('epoch')} = {place.value(seen.epoch)} AND {known}"
        return {
            "TableName": self._name,
            "Key": to_wire(ITEM_KEY),
            "UpdateExpression": f"SET {changes}{gone}",
            "ConditionExpression": condition,
            **place.arguments(),
        }

    async def _first_answer(self, call: Callable[[Any], Awaitable[Any]]) -> Mapping[str, Any]:
        """Asks each region until one answers. Raises: _Refused."""
        failures: list[PortError] = []
        for region in tuple(self._clients):
            try:
                return await self._ask(region, call)
            except PortError as failure:
                failures.append(failure)
                self._clients[region] = self._clients.pop(region)  # to the end
        # What passes is worth another attempt, whatever is wrong in the other region.
        raise next((each for each in failures if isinstance(each, TransientPortError)), failures[0])

    async def _ask(self, region: str, call: Callable[[Any], Awaitable[Any]]) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                with translated(DEPENDENCY):
                    answer: Mapping[str, Any] = await call(self._clients[region])
                    return answer
        except TimeoutError as error:
            detail = f"no answer from {region} within {self._patience.total_seconds():g} s"
            raise TransientPortError(DEPENDENCY, detail) from error
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error_code(error) == "ConditionalCheckFailedException":
                raise _Refused from error
            raise PermanentPortError(DEPENDENCY, f"{region}: {kind_of(error)}") from error


class _Refused(Exception):
    """The item is not the one that a write was made for."""


def _version(state: ControlState | None) -> tuple[int, int] | None:
    return None if state is None else (state.epoch, state.revision)
