"""Secrets in memory. Contract: ports/secrets.py."""

from datetime import datetime

from orders.ports.clock import Clock
from orders.ports.errors import TransientPortError
from orders.ports.secrets import DEPENDENCY, SecretMissing, SecretReplaced, SecretUnusable, SecretVersion


class MemorySecrets:
    """``Secrets`` and ``SecretWriter`` in memory; set ``reachable`` to false for an outage. ``reads`` counts the calls
    that read.
    """

    def __init__(self, clock: Clock) -> None:
        self.reachable = True
        self.reads = 0
        self._clock = clock
        self._versions: dict[str, list[SecretVersion]] = {}
        self._replaced: set[tuple[str, str | None]] = set()

    def create(self, name: str) -> None:
        """Creates a secret without a value."""
        self._versions.setdefault(name, [])

    def put(self, name: str, value: str) -> datetime:
        """Stores a new version of the secret, as somebody at a console does."""
        versions = self._versions.setdefault(name, [])
        version = SecretVersion(value, self._clock.now(), f"{name} {len(versions)}")
        versions.append(version)
        return version.created_at

    async def current(self, name: str) -> SecretVersion:
        """See ``Secrets.current``."""
        return self._found(name)[-1]

    async def previous(self, name: str) -> SecretVersion | None:
        """See ``Secrets.previous``."""
        versions = self._found(name)
        return versions[-2] if len(versions) > 1 else None

    async def replace(self, name: str, value: str, *, seen: SecretVersion | None) -> None:
        """See ``SecretWriter.replace``."""
        self._reach()
        if name not in self._versions:
            raise SecretUnusable(name, "there is none of this name")
        replaced = (name, None if seen is None else seen.version_id)
        if replaced in self._replaced:
            raise SecretReplaced(name)
        self._replaced.add(replaced)
        self.put(name, value)

    def _found(self, name: str) -> list[SecretVersion]:
        self.reads += 1
        self._reach()
        if not self._versions.get(name):
            raise SecretMissing(name)
        return self._versions[name]

    def _reach(self) -> None:
        if not self.reachable:
            raise TransientPortError(DEPENDENCY, "out of reach")
