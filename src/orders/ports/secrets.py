"""Secrets in an external store, which can be rotated there at any time."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.ports.errors import PermanentPortError

DEPENDENCY = "secrets store"


class SecretUnusable(PermanentPortError):
    """A secret is missing, access is denied, or its content is invalid; ``detail`` never holds its value."""

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        super().__init__(DEPENDENCY, f"secret {name}: {detail}")


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One version of a secret's value, and when it was stored."""

    value: str = field(repr=False)
    created_at: datetime


class Secrets(Protocol):
    """Reads secrets. Every call reads from the store; caching is up to the caller."""

    async def current(self, name: str) -> SecretVersion:
        """Returns the current value. Raises: SecretUnusable, TransientPortError."""
        ...

    async def previous(self, name: str) -> SecretVersion | None:
        """Returns the value before the current one; ``None`` if there has been no other.

        Raises: SecretUnusable, TransientPortError.
        """
        ...
