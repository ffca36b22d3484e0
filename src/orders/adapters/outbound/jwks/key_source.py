"""Fetches and caches a token issuer's public keys."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import aiohttp

from orders.adapters.outbound.jwks.key_set import NoUsableKeys, PublicKey, parse_key_set
from orders.adapters.privacy.exceptions import safe_error_text
from orders.adapters.refreshing_cache import Freshness, RefreshingCache
from orders.ports.errors import TransientPortError

DEPENDENCY = "token issuer"
PAUSE_SECONDS = 60.0
"""Minimum interval between requests, however many tokens name unknown keys."""
FIRST_PAUSE_SECONDS = 5.0
"""Minimum interval while no key is known at all, and no token can be verified."""
MAX_BYTES = 256 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=5, sock_connect=2)


class JwksKeySource:
    """``KeySource`` over HTTP.

    Fetches the keys when a token names an unknown one, at most once a minute, and refreshes them in the background when
    they are older than ``fresh_for``: a token signed with a known key never waits. While the issuer is unreachable, or
    responds with anything but keys, the last valid ones stay in use.
    """

    def __init__(self, url: str, *, fresh_for: timedelta, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``url`` is the key set's address; ``monotonic`` is in seconds."""
        self._url = url
        freshness = Freshness(
            fresh_seconds=fresh_for.total_seconds(),
            pause_seconds=PAUSE_SECONDS,
            first_pause_seconds=FIRST_PAUSE_SECONDS,
        )
        self._keys = RefreshingCache(self._fetch, freshness, name=DEPENDENCY, monotonic=monotonic)

    async def key(self, key_id: str) -> PublicKey | None:
        """See ``KeySource.key``."""
        keys = await self._keys.get()
        if key_id not in keys:
            keys = await self._keys.newer()
        return keys.get(key_id)

    async def warm_up(self) -> None:
        """Fetches the keys before the first token arrives. Raises: TransientPortError."""
        await self._keys.get()

    async def close(self) -> None:
        """Cancels a request in progress."""
        await self._keys.close()

    async def _fetch(self) -> Mapping[str, PublicKey]:
        try:
            return parse_key_set(await self._content())
        except NoUsableKeys as error:
            raise TransientPortError(DEPENDENCY, str(error)) from None
        except TimeoutError as error:
            raise TransientPortError(DEPENDENCY, f"no answer within {_TIMEOUT.total:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise TransientPortError(DEPENDENCY, safe_error_text(error)) from error

    async def _content(self) -> bytes:
        # A session for each request: there is one in hours, and none to be closed at the end. Redirects aren't
        # followed: where keys come from is the configuration's to say, not an answer's. Nothing is taken compressed,
        # so that the bound below is one of what is read, too.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "bbws-orders"}
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers, auto_decompress=False) as session,
            session.get(self._url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise TransientPortError(DEPENDENCY, f"it answered {response.status} instead of its keys")
            content = bytearray()
            async for chunk in response.content.iter_chunked(16 * 1024):
                content += chunk
                if len(content) > MAX_BYTES:
                    raise TransientPortError(DEPENDENCY, f"it answered with more than {MAX_BYTES} bytes")
            return bytes(content)
