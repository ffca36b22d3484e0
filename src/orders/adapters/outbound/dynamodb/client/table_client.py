"""What adapters ask of a client of DynamoDB."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class TableClient(Protocol):
    """The operations on items, with aiobotocore's arguments, answers and errors.

    Either client may be given to an adapter: ``SignedClient``, or aiobotocore's own.
    """

    @property
    def get_item(self) -> Callable[..., Awaitable[Any]]:
        """Reads an item."""

    @property
    def put_item(self) -> Callable[..., Awaitable[Any]]:
        """Writes an item."""

    @property
    def update_item(self) -> Callable[..., Awaitable[Any]]:
        """Changes an item."""

    @property
    def delete_item(self) -> Callable[..., Awaitable[Any]]:
        """Removes an item."""

    @property
    def query(self) -> Callable[..., Awaitable[Any]]:
        """Reads items with one partition key."""

    @property
    def scan(self) -> Callable[..., Awaitable[Any]]:
        """Reads items of any key."""

    @property
    def batch_execute_statement(self) -> Callable[..., Awaitable[Any]]:
        """Carries out statements, each on an item of its own."""
