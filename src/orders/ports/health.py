"""Whether what the service depends on can be reached."""

from typing import Protocol


class Probe(Protocol):
    """One dependency, asked the cheapest question that it answers."""

    @property
    def name(self) -> str:
        """What is asked, such as ``orders table``."""
        ...

    async def check(self) -> None:
        """Return when it answers. Raises: PortError saying why not."""
        ...
