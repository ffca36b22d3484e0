"""The writer's lease: whether this region may write at this moment, and under which epoch."""

from typing import Protocol

DEPENDENCY = "writer's lease"
"""The lease's name in errors and health reports."""


class WriterLease(Protocol):
    """Asked right before each write; asking costs about a microsecond and waits for nothing.

    What is held now may be lost a moment later: no write may last longer than ``remaining``.
    """

    def check(self) -> int:
        """Returns the epoch to write under. Raises: NotTheWriter: this region may not write now."""
        ...

    def remaining(self) -> float:
        """Returns for how many seconds this region may still write; 0 if it may not, infinity if it always may."""
        ...
