"""Secrets that are kept outside the service and change without it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.ports.errors import PermanentPortError

DEPENDENCY = "secrets store"


class SecretUnusable(PermanentPortError):
    """A secret is not there, may not be read, or does not hold what it should; ``detail`` never has its value."""

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        super().__init__(DEPENDENCY, f"secret {name}: {detail}")


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One value that a secret has had, and since when it has been kept."""

    value: str = field(repr=False)
    created_at: datetime


class Secrets(Protocol):
    """Reads secrets. Every call asks the store; keeping what it says is the caller's affair."""

    async def current(self, name: str) -> SecretVersion:
        """The value that the secret has now. Raises: SecretUnusable, TransientPortError."""
        ...

    async def previous(self, name: str) -> SecretVersion | None:
        """The value that it had before, or ``None`` when it has not had another one.

        Raises: SecretUnusable, TransientPortError.
        """
        ...
