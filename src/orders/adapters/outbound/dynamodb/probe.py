"""Whether the orders table can be reached."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import kind_of
from orders.adapters.outbound.dynamodb.table import DEPENDENCY, OrdersTable
from orders.ports.errors import PermanentPortError

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_NO_ITEM = {"PK": "PROBE", "SK": "PROBE"}


class DynamoProbe:
    """Asks the table for an item that is never there: half a read unit, and what a task may do anyway."""

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
            # Not one of those that pass: no such table, no permission, no credentials.
            raise PermanentPortError(DEPENDENCY, kind_of(error)) from error
