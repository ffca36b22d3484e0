"""Health probes of the service's dependencies."""

from typing import Protocol


class Probe(Protocol):
    """Checks one dependency by the cheapest call that it has."""

    @property
    def name(self) -> str:
        """The dependency's name, such as ``orders table``."""
        ...

    async def check(self) -> None:
        """Returns if the dependency answers. Raises: PortError saying why it does not."""
        ...
