"""The control table in memory. Contract: ports/regions.py."""

from dataclasses import replace

from orders.ports.errors import ItemKind, TransientPortError, UnreadableItem
from orders.ports.regions import ControlChanged, ControlState


class MemoryControlTable:
    """``WritableControlTable`` in a variable.

    Attributes:
        state: the item; ``None`` if there is none.
        reachable: set it to false for an outage.
        damaged: whether the item can't be read.
    """

    def __init__(self, state: ControlState | None = None) -> None:
        self.state = state
        self.reachable = True
        self.damaged = False

    async def read(self) -> ControlState | None:
        """See ``ControlTable.read``."""
        if not self.reachable:
            raise TransientPortError("control table", "out of reach")
        if self.damaged:
            raise UnreadableItem(ItemKind.CONTROL, "WRITER", "it was damaged")
        return self.state

    async def replace(self, new: ControlState, *, seen: ControlState | None) -> ControlState:
        """See ``WritableControlTable.replace``."""
        found = await self.read()
        if _version(found) != _version(seen):
            raise ControlChanged(found)
        self.state = replace(new, revision=seen.revision + 1 if seen else 0)
        return self.state


def _version(state: ControlState | None) -> tuple[int, int] | None:
    return None if state is None else (state.epoch, state.revision)
