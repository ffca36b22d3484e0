"""Access to the orders table with plain values: builds requests, parses responses, translates errors."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from orders.adapters.machine_clock import MachineClock
from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.adapters.outbound.dynamodb.client.table_client import TableClient
from orders.adapters.outbound.dynamodb.events.statements import NO_ANSWER, Refusal, Statement
from orders.adapters.outbound.dynamodb.items.attribute_values import (
    Item,
    WireItem,
    from_wire,
    plain_value,
    to_wire,
    wire_value,
)
from orders.adapters.outbound.dynamodb.items.instants import epoch_seconds
from orders.adapters.outbound.dynamodb.items.schema import EXPIRY
from orders.adapters.outbound.dynamodb.keys import Key
from orders.adapters.within_lease import within_lease
from orders.ports.clock import Clock
from orders.ports.errors import ItemKind, UnreadableItem
from orders.ports.lease import WriterLease

DEPENDENCY = "orders table"
"""The table's name in errors and health reports."""

_DAMAGED = re.compile(r"operand in the update expression|attribute that does not exist|document path", re.IGNORECASE)
"""DynamoDB's message for a valid update of an item whose attributes don't fit: the item is at fault, whereas all other
validation errors are the caller's."""


class ConditionFailed(Exception):
    """A conditional write was refused and changed nothing.

    Attributes:
        found: the existing item at that moment; empty if there was none.
    """

    def __init__(self, found: Item) -> None:
        self.found = found
        super().__init__("a conditional write was refused")


@dataclass(slots=True)
class Placeholders:
    """The names and values of one request: expressions contain placeholders, never a name or value itself."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def name(self, *path: str) -> str:
        """Returns the placeholder of an attribute, or with further names of a path inside maps."""
        return ".".join(map(self._segment, path))

    def value(self, value: Any) -> str:
        """Returns the placeholder of a plain value."""
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = wire_value(value)
        return placeholder

    def _segment(self, segment: str) -> str:
        for placeholder, name in self.names.items():
            if name == segment:
                return placeholder
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = segment
        return placeholder

    def arguments(self) -> dict[str, Any]:
        """Returns the request's arguments."""
        given: dict[str, Any] = {}
        if self.names:
            given["ExpressionAttributeNames"] = self.names
        if self.values:
            given["ExpressionAttributeValues"] = self.values
        return given


@dataclass(frozen=True, slots=True)
class QueryPage:
    """The items of one query request, plain or in the client's format.

    ``resume`` is the next one's start key, ``None`` at the end.
    """

    items: tuple[Item | WireItem, ...]
    resume: Mapping[str, Any] | None


class OrdersTable:
    """The table of one environment, through an open client.

    Items whose time is over are taken for none, for DynamoDB removes them days later.

    Every method raises ``TransientPortError`` when the table is unreachable or throttles. Those that write raise
    ``NotTheWriter``, before anything is sent, while the writer's lease is not held; an answer is waited for no longer
    than it lasts.
    """

    def __init__(
        self,
        client: TableClient,
        name: str,
        lease: WriterLease | None = None,
        *,
        clock: Clock | None = None,
        dependency: str = DEPENDENCY,
    ) -> None:
        """Sets it up.

        ``lease`` is that of who writes; without one it can be read only. ``clock`` tells which items are over, by
        default the machine's; ``dependency`` is its name in errors.
        """
        self._clock = clock or MachineClock()
        self._client = client
        self._name = name
        self._lease = lease
        self._dependency = dependency

    @property
    def name(self) -> str:
        """The table's name, for statements."""
        return self._name

    @property
    def lease(self) -> WriterLease:
        """The writer's lease. Raises: TypeError: the table was opened for reading only."""
        if self._lease is None:
            raise TypeError("nothing is written without a lease, and this table was opened for reading")
        return self._lease

    async def get(self, key: Key, *, only: Sequence[str] = (), consistent: bool = True) -> Item | None:
        """Returns the item under the key, or only some of its attributes; strongly consistent by default."""
        item = await self.get_wire(key, only=only, consistent=consistent)
        return None if item is None else from_wire(item)

    async def get_wire(self, key: Key, *, only: Sequence[str] = (), consistent: bool = True) -> WireItem | None:
        """Does as ``get``, and returns the item in the client's format."""
        arguments: dict[str, Any] = {"TableName": self._name, "Key": to_wire(key), "ConsistentRead": consistent}
        if only:
            place = Placeholders()
            arguments["ProjectionExpression"] = ", ".join(map(place.name, (*only, EXPIRY)))
            arguments |= place.arguments()
        with translated(self._dependency):
            answer = await self._client.get_item(**arguments)
        item: WireItem | None = answer.get("Item")
        return None if item is None or self._is_over(item) else item

    async def put_new(self, item: Mapping[str, Any]) -> None:
        """Writes an item if its key is free. Raises: ConditionFailed with the existing one."""
        place = Placeholders()
        await self.put(item, condition=self.is_free(place), place=place)

    def is_free(self, place: Placeholders) -> str:
        """Builds the condition that a key is free: of no item, or of one whose time is over."""
        return (
            f"attribute_not_exists({place.name('PK')})"
            f" OR {place.name(EXPIRY)} <= {place.value(epoch_seconds(self._clock.now()))}"
        )

    async def put(self, item: Mapping[str, Any], *, condition: str, place: Placeholders) -> None:
        """Writes an item, replacing an existing one under the condition. Raises: ConditionFailed with the existing
        one.
        """
        await self._write(self._client.put_item, Item=to_wire(item), ConditionExpression=condition, **place.arguments())

    async def update(
        self, key: Key, *, change: str, condition: str, place: Placeholders, returning: bool = False
    ) -> Item:
        """Changes an item by an update expression; with ``returning``, returns the whole updated item, else nothing.

        Raises:
            ConditionFailed: nothing was changed.
            UnreadableItem: an attribute to be changed has the wrong type; nothing was changed.
        """
        try:
            answer = await self._write(
                self._client.update_item,
                Key=to_wire(key),
                UpdateExpression=change,
                ConditionExpression=condition,
                ReturnValues="ALL_NEW" if returning else "NONE",
                **place.arguments(),
            )
        except ClientError as error:
            if error_code(error) != "ValidationException" or not _DAMAGED.search(str(error)):
                raise
            reason = "an attribute that is to be changed is missing or of another type"
            raise UnreadableItem(ItemKind.ORDER, f"{key['PK']}|{key['SK']}", reason) from error
        return from_wire(answer.get("Attributes", {}))

    async def write_all(self, statements: Sequence[Statement]) -> Sequence[Refusal | None]:
        """Makes up to ``MAX_STATEMENTS`` writes of different items in one request; each succeeds or fails alone.

        Returns:
            For each statement, ``None`` if it was done, else why not.

        Raises:
            ClientError: the request as a whole was refused, for a reason that is not recognised.
        """
        requests = [statement.as_request() for statement in statements]
        with translated(self._dependency):
            answer = await within_lease(
                self.lease, self._dependency, lambda: self._client.batch_execute_statement(Statements=requests)
            )
        answers = [_refusal(each.get("Error")) for each in answer.get("Responses", ())][: len(statements)]
        return answers + [Refusal(NO_ANSWER)] * (len(statements) - len(answers))

    async def query(
        self,
        condition: str,
        place: Placeholders,
        *,
        index: str | None = None,
        ascending: bool = True,
        limit: int | None = None,
        resume: Mapping[str, Any] | None = None,
    ) -> QueryPage:
        """Sends one query request for a key condition and returns at most ``limit`` items.

        Strongly consistent on the table, eventually consistent on an index.
        """
        page = await self.query_wire(condition, place, index=index, ascending=ascending, limit=limit, resume=resume)
        return QueryPage(tuple(map(from_wire, page.items)), page.resume)

    async def query_wire(
        self,
        condition: str,
        place: Placeholders,
        *,
        index: str | None = None,
        ascending: bool = True,
        limit: int | None = None,
        resume: Mapping[str, Any] | None = None,
    ) -> QueryPage:
        """Does as ``query``, and returns the items in the client's format."""
        arguments: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ScanIndexForward": ascending,
            **place.arguments(),
        }
        arguments |= {"ConsistentRead": True} if index is None else {"IndexName": index}
        if limit is not None:
            arguments["Limit"] = limit
        if resume is not None:
            arguments["ExclusiveStartKey"] = resume
        with translated(self._dependency):
            answer = await self._client.query(**arguments)
        found = tuple([item for item in answer["Items"] if not self._is_over(item)])
        return QueryPage(found, answer.get("LastEvaluatedKey"))

    def _is_over(self, item: WireItem) -> bool:
        if EXPIRY not in item:
            return False
        expires_at = plain_value(item[EXPIRY])
        return isinstance(expires_at, int) and self._clock.now().timestamp() >= expires_at

    async def _write(self, call: Any, **arguments: Any) -> Any:
        try:
            with translated(self._dependency):
                return await within_lease(
                    self.lease,
                    self._dependency,
                    lambda: call(TableName=self._name, ReturnValuesOnConditionCheckFailure="ALL_OLD", **arguments),
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            answer: Mapping[str, Any] = error.response
            raise ConditionFailed(from_wire(answer.get("Item", {}))) from error


def _refusal(error: Mapping[str, Any] | None) -> Refusal | None:
    return None if error is None else Refusal(error.get("Code", ""), from_wire(error.get("Item", {})))
