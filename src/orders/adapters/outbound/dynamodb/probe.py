"""A health probe of the orders table."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import kind_of
from orders.adapters.outbound.dynamodb.table import DEPENDENCY, OrdersTable
from orders.ports.errors import PermanentPortError

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_NO_ITEM = {"PK": "PROBE", "SK": "PROBE"}


class DynamoProbe:
    """Reads an item that never exists: half a read unit, and a permission that every task has."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._table = OrdersTable(client, table_name)

    @property
    def name(self) -> str:
        """See ``Probe.name``."""
        return DEPENDENCY

    async def check(self) -> None:
        """See ``Probe.check``."""
        try:
            await self._table.get(_NO_ITEM, consistent=False)
        except (BotoCoreError, ClientError) as error:
            # Not temporary: no such table, no permission, no credentials.
            raise PermanentPortError(DEPENDENCY, kind_of(error)) from error
