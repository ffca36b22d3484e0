"""Secrets in memory. Contract: ports/secrets.py."""

from datetime import datetime

from orders.ports.clock import Clock
from orders.ports.errors import TransientPortError
from orders.ports.secrets import DEPENDENCY, SecretUnusable, SecretVersion


class MemorySecrets:
    """``Secrets`` in memory; set ``reachable`` to false for an outage. ``reads`` counts the calls."""

    def __init__(self, clock: Clock) -> None:
        self.reachable = True
        self.reads = 0
        self._clock = clock
        self._versions: dict[str, list[SecretVersion]] = {}

    def put(self, name: str, value: str) -> datetime:
        """Stores a new version of the secret."""
        version = SecretVersion(value, self._clock.now())
        self._versions.setdefault(name, []).append(version)
        return version.created_at

    async def current(self, name: str) -> SecretVersion:
        """See ``Secrets.current``."""
        return self._found(name)[-1]

    async def previous(self, name: str) -> SecretVersion | None:
        """See ``Secrets.previous``."""
        versions = self._found(name)
        return versions[-2] if len(versions) > 1 else None

    def _found(self, name: str) -> list[SecretVersion]:
        self.reads += 1
        if not self.reachable:
            raise TransientPortError(DEPENDENCY, "out of reach")
        if name not in self._versions:
            raise SecretUnusable(name, "there is none of this name, or it has no value")
        return self._versions[name]
