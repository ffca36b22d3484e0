"""Confirmations to write alone, in memory. Contract: ports/regions.py."""

from orders.ports.errors import TransientPortError
from orders.ports.regions import AloneConfirmation, ConfirmationChanged


class MemoryAloneConfirmations:
    """``AloneConfirmations`` in a dictionary; set ``reachable`` to false for an outage."""

    def __init__(self) -> None:
        self.reachable = True
        self._by_region: dict[str, AloneConfirmation] = {}

    async def read(self, region: str) -> AloneConfirmation | None:
        """See ``AloneConfirmations.read``."""
        self._ask()
        return self._by_region.get(region)

    async def keep(self, confirmation: AloneConfirmation, *, seen: AloneConfirmation | None) -> None:
        """See ``AloneConfirmations.keep``."""
        self._ask()
        if self._by_region.get(confirmation.region) != seen:
            raise ConfirmationChanged
        self._by_region[confirmation.region] = confirmation

    def _ask(self) -> None:
        if not self.reachable:
            raise TransientPortError("orders table", "out of reach")
