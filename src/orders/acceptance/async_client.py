"""The plain client of the API for many calls at once: as ``Client``, with its connections kept open."""

from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from orders.acceptance.client import TIMEOUT_SECONDS, ApiClient, ApiResponse, NotReached

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class AsyncClient(ApiClient):
    """Calls one deployment of the service, any number of calls at once; open it with ``async with``.

    Nothing is followed, retried or interpreted, and there is no limit of connections: how many calls are under way is
    decided by who makes them.
    """

    def __init__(self, base_url: str, *, api_key: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Raises: ValueError: the address is none of HTTP's."""
        super().__init__(base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._timeout = ClientTimeout(total=timeout_seconds)
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = TCPConnector(limit=0, keepalive_timeout=60)
        self._session = ClientSession(connector=connector, timeout=self._timeout, cookie_jar=DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> ApiResponse:
        """Calls the API; ``body`` is JSON text, or an object to serialise. Raises: NotReached."""
        if self._session is None:
            raise RuntimeError("the client is not open")
        sent, text = self._prepared(token, body, headers)
        url = self.base_url + path
        try:
            async with self._session.request(method, url, data=text, headers=sent, allow_redirects=False) as response:
                found = {name.lower(): value for name, value in response.headers.items()}
                return ApiResponse(response.status, found, await response.read())
        except (ClientError, TimeoutError, OSError) as error:
            raise NotReached(f"{method} {url.partition('?')[0]}: {str(error) or type(error).__name__}") from error
