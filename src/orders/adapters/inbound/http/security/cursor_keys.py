"""Provides the keys that seal cursors, the same to all tasks and regions."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from orders.adapters.refreshing_cache import Freshness, RefreshingCache
from orders.ports.clock import Clock
from orders.ports.secrets import MIN_KEY_BYTES, Secrets, SecretUnusable, SecretVersion


class GivenCursorKeys:
    """``CursorKeys`` that are given at the start and never change, newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Checks the keys. Raises: ValueError: there is none, or one is too short."""
        if not keys or any(len(key) < MIN_KEY_BYTES for key in keys):
            raise ValueError(f"cursors need at least one signing key, of at least {MIN_KEY_BYTES} bytes each")
        self._keys = tuple(keys)

    async def keys(self) -> Sequence[bytes]:
        """See ``CursorKeys.keys``."""
        return self._keys


class SecretCursorKeys:
    """``CursorKeys`` in a secret: its current value and its previous one.

    A new key opens cursors as soon as it is read, and seals them only once it is so old that every task has read it:
    otherwise one task would give out cursors that another refuses as forged.
    """

    def __init__(
        self,
        secrets_store: Secrets,
        name: str,
        freshness: Freshness,
        *,
        clock: Clock,
        settled_after: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Sets the source of the keys.

        Args:
            settled_after: the age from which a new key seals; longer than a task may use cached keys.
        """
        self._secrets = secrets_store
        self._name = name
        self._clock = clock
        self._settled_after = settled_after
        self._versions = RefreshingCache(self._read, freshness, name=f"secret {name}", monotonic=monotonic)

    async def keys(self) -> Sequence[bytes]:
        """See ``CursorKeys.keys``."""
        current, previous = await self._versions.get()
        if previous is None:
            return (current.value.encode(),)
        settled = self._clock.now() - current.created_at >= self._settled_after
        newest_first = (current, previous) if settled else (previous, current)
        return tuple(version.value.encode() for version in newest_first)

    async def warm_up(self) -> None:
        """Reads the keys before the first request. Raises: as ``keys``."""
        await self._versions.get()

    async def close(self) -> None:
        """Cancels a read in progress."""
        await self._versions.close()

    async def _read(self) -> tuple[SecretVersion, SecretVersion | None]:
        # The current one first: with a rotation in between, the old key is read twice, and the new key, which seals
        # nothing yet, at the next read. The other way round the old key, which most cursors are sealed with, is missed.
        current = await self._secrets.current(self._name)
        previous = await self._secrets.previous(self._name)
        if not current.signs:
            raise SecretUnusable(self._name, f"a key that signs cursors has at least {MIN_KEY_BYTES} bytes")
        # The previous value may be no key at all: secrets are often created with a placeholder.
        return current, previous if previous is not None and previous.signs else None
