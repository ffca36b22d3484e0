"""Secrets in an external store, which can be rotated there at any time, by people or by this service."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.ports.errors import PermanentPortError

DEPENDENCY = "secrets store"
MIN_KEY_BYTES = 32
"""Minimum length of a key that signs: as many bytes as the SHA-256 that is made with it."""


class SecretUnusable(PermanentPortError):
    """A secret is missing, access is denied, or its content is invalid; ``detail`` never holds its value."""

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        super().__init__(DEPENDENCY, f"secret {name}: {detail}")


class SecretMissing(SecretUnusable):
    """There is no secret of this name, or it has no value yet: the store does not tell which."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "there is none of this name, or it has no value")


class SecretReplaced(PermanentPortError):
    """Somebody else has replaced the version that was to be replaced."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(DEPENDENCY, f"secret {name}: its value has been replaced by another process in the meantime")


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One version of a secret's value, when it was stored, and the id that the store gave it."""

    value: str = field(repr=False)
    created_at: datetime
    version_id: str

    @property
    def signs(self) -> bool:
        """True if the value is long enough to be a key that signs; a placeholder usually is not."""
        return len(self.value.encode()) >= MIN_KEY_BYTES


class Secrets(Protocol):
    """Reads secrets. Every call reads from the store; caching is up to the caller."""

    async def current(self, name: str) -> SecretVersion:
        """Returns the current value. Raises: SecretMissing, SecretUnusable, TransientPortError."""
        ...

    async def previous(self, name: str) -> SecretVersion | None:
        """Returns the value before the current one; ``None`` if there has been no other.

        Raises: SecretUnusable, TransientPortError.
        """
        ...


class SecretWriter(Protocol):
    """Replaces values of secrets."""

    async def replace(self, name: str, value: str, *, seen: SecretVersion | None) -> None:
        """Stores a new current value; the one before becomes the previous one.

        Args:
            seen: the version that is replaced; ``None`` for the first value. Of several callers who replace the same
                version one succeeds. (A value that was stored in another way since is not noticed.)

        Raises:
            SecretReplaced: another caller has replaced ``seen``.
            SecretUnusable: there is no such secret, or it can't be written.
            TransientPortError: whether the value was stored is not known.
        """
        ...
