"""API keys: which client software calls, besides who calls with it.

A key is 256 random bits, so its plain SHA-256 is as good as a slow hash: there is nothing to guess. Only hashes are
kept; a key is shown once, when it is made.
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
    """The keys that are accepted, by the names of the clients that have them; a client may have several."""

    def __init__(self, hashes: Mapping[str, Sequence[str]]) -> None:
        """Raises: ValueError: a name or hash is none, or there is no hash at all; it names the client, not the hash."""
        if not hashes:
            raise ValueError(f"there is no key in it; {FORMAT} is right")
        for name, each in hashes.items():
            if not is_client(name) or not each or not all(_HASH.fullmatch(one) for one in each):
                raise ValueError(f"the entry of {name[:64]!r} is wrong; {FORMAT} is right")
        self._hashes = [(name, one.encode()) for name, each in hashes.items() for one in each]

    @classmethod
    def parse(cls, text: str) -> "ApiKeyRing":
        """The keys in a secret: a JSON object of names and hashes. Raises: ValueError."""
        try:
            content: Any = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise ValueError(f"it is not a JSON object; {FORMAT} is right")  # noqa: TRY004 - wrong content, no bug
        lists = {name: each if isinstance(each, list) else [each] for name, each in content.items()}
        return cls({name: [str(one) for one in each] for name, each in lists.items()})

    def client(self, key: str) -> str | None:
        """Whose key this is; takes the same time for every key."""
        presented = hash_of(key).encode()
        found = None
        for name, known in self._hashes:
            if hmac.compare_digest(presented, known):
                found = name
        return found


class ApiKeys(Protocol):
    """Knows the clients' keys."""

    async def client(self, key: str) -> str | None:
        """The client that has this key; ``None`` when nobody has.

        Raises: TransientPortError, PermanentPortError: no key is known, and they can't be read.
        """
        ...


class GivenApiKeys:
    """``ApiKeys`` that were given at the start and stay."""

    def __init__(self, ring: ApiKeyRing) -> None:
        self._ring = ring

    async def client(self, key: str) -> str | None:
        """See ``ApiKeys.client``."""
        return self._ring.client(key)


class SecretApiKeys:
    """``ApiKeys`` in a secret. A key put there counts within a minute, at its first use; one taken away counts no more
    once what is kept is stale."""

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
        """Have the keys before the first request. Raises: as ``client``."""
        await self._ring.get()

    async def close(self) -> None:
        """Leave no question under way behind."""
        await self._ring.close()

    async def _read(self) -> ApiKeyRing:
        version = await self._secrets.current(self._name)
        try:
            return ApiKeyRing.parse(version.value)
        except ValueError as error:
            raise SecretUnusable(self._name, str(error)) from None


class ApiKeyGuard:
    """Lets in who brings a key, where keys are asked for."""

    def __init__(self, keys: ApiKeys | None) -> None:
        """``None`` asks nobody for a key."""
        self._keys = keys

    async def admit(self, given: Sequence[str]) -> str | None:
        """The client that calls; ``None`` where keys aren't asked for.

        Args:
            given: every value of the request's X-Api-Key header.

        Raises:
            Unauthenticated: no key came, or several, or one that is not accepted.
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
