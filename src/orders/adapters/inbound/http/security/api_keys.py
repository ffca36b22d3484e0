"""Checks API keys, which identify the client software besides its user.

A key is 256 random bits, so its plain SHA-256 is as good as a slow hash: there is nothing to guess. Only hashes are
stored; a key is shown once, when it is made.
"""

import hmac
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from orders.adapters.inbound.http.security.auth import Unauthenticated, single
from orders.adapters.refreshing_cache import Freshness, RefreshingCache
from orders.adapters.wire.api_keys import hash_of, is_client
from orders.ports.secrets import Secrets, SecretUnusable

HEADER = "X-Api-Key"
_GIVEN = re.compile(r"[\x21-\x7e]{1,256}")
_HASH = re.compile(r"[0-9a-f]{64}")
FORMAT = '{"CLIENT": "sha256 in hex", "OTHER": ["sha256 in hex", "sha256 in hex"]}'


class ApiKeyRing:
    """The accepted keys, by the names of their clients; a client may have several."""

    def __init__(self, hashes: Mapping[str, Sequence[str]]) -> None:
        """Checks names and hashes.

        Raises:
            ValueError: a name or hash is invalid, or there is none; the message has the client's name, not the hash.
        """
        if not hashes:
            raise ValueError(f"there is no key in it; {FORMAT} is right")
        for name, each in hashes.items():
            if not is_client(name) or not each or not all(_HASH.fullmatch(one) for one in each):
                raise ValueError(f"the entry of {name[:64]!r} is wrong; {FORMAT} is right")
        self._hashes = [(name, one.encode()) for name, each in hashes.items() for one in each]

    @classmethod
    def parse(cls, text: str) -> "ApiKeyRing":
        """Parses the keys in a secret: a JSON object of names and hashes. Raises: ValueError."""
        try:
            content: Any = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise ValueError(f"it is not a JSON object; {FORMAT} is right")  # noqa: TRY004 - wrong content, no bug
        lists = {name: each if isinstance(each, list) else [each] for name, each in content.items()}
        return cls({name: [str(one) for one in each] for name, each in lists.items()})

    def client(self, key: str) -> str | None:
        """Finds the client that has this key, in the same time for every key; ``None`` if nobody has."""
        presented = hash_of(key).encode()
        found = None
        for name, known in self._hashes:
            if hmac.compare_digest(presented, known):
                found = name
        return found


class ApiKeys(Protocol):
    """Finds clients by their keys."""

    async def client(self, key: str) -> str | None:
        """Finds the client that has this key; ``None`` if nobody has.

        Raises: TransientPortError, PermanentPortError: no keys were read so far, and they can't be read now.
        """
        ...


class GivenApiKeys:
    """``ApiKeys`` that are given at the start and never change."""

    def __init__(self, ring: ApiKeyRing) -> None:
        self._ring = ring

    async def client(self, key: str) -> str | None:
        """See ``ApiKeys.client``."""
        return self._ring.client(key)


class SecretApiKeys:
    """``ApiKeys`` in a secret.

    An added key is accepted within a minute, at its first use; a removed one is refused once the cached keys are stale.
    """

    def __init__(
        self,
        secrets_store: Secrets,
        name: str,
        freshness: Freshness,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets = secrets_store
        self._name = name
        self._ring = RefreshingCache(self._read, freshness, name=f"secret {name}", monotonic=monotonic)

    async def client(self, key: str) -> str | None:
        """See ``ApiKeys.client``."""
        found = (await self._ring.get()).client(key)
        return found if found is not None else (await self._ring.newer()).client(key)

    async def warm_up(self) -> None:
        """Reads the keys before the first request. Raises: as ``client``."""
        await self._ring.get()

    async def close(self) -> None:
        """Cancels a read in progress."""
        await self._ring.close()

    async def _read(self) -> ApiKeyRing:
        version = await self._secrets.current(self._name)
        try:
            return ApiKeyRing.parse(version.value)
        except ValueError as error:
            raise SecretUnusable(self._name, str(error)) from None


class ApiKeyGuard:
    """Admits clients with an accepted key, if keys are required."""

    def __init__(self, keys: ApiKeys | None) -> None:
        """Sets the accepted keys; ``None`` requires none."""
        self._keys = keys

    async def admit(self, given: Sequence[str]) -> str | None:
        """Returns the client that calls; ``None`` if keys aren't required.

        Args:
            given: every value of the request's X-Api-Key header.

        Raises:
            Unauthenticated: the request has no key, or several, or one that is not accepted.
            TransientPortError, PermanentPortError: as ``ApiKeys.client``.
        """
        if self._keys is None:
            return None
        key = single(given, HEADER)
        if not key:
            raise Unauthenticated(f"the {HEADER} header is missing; send the key of your client", token_given=False)
        client = await self._keys.client(key) if _GIVEN.fullmatch(key) else None
        if client is None:
            raise Unauthenticated(f"the {HEADER} header holds no key that is accepted here", token_given=False)
        return client
