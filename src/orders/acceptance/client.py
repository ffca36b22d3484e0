"""A plain client of the API: one call, one answer, nothing followed, retried or interpreted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.client import HTTPException, HTTPResponse
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, Request, build_opener

ORDERS = "/v1.0/orders"
TIMEOUT_SECONDS = 35.0
"""A little more than the 30 seconds that the API gives a request."""

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class NotReached(Exception):
    """No response: a wrong address, no server there, or a timeout."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A response; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON, with numbers as exact decimals. Raises: ValueError."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def fault(self) -> str:
        """The detail of a problem response, for people."""
        try:
            problem = self.json
            faults = problem.get("errors", [])
            said = [f"{each['pointer']}: {each['message']}" for each in faults]
            # Of a single fault the detail says the same.
            if problem["detail"] not in {each["message"] for each in faults}:
                said.insert(0, problem["detail"])
        except (ValueError, KeyError, TypeError):
            return self.body[:200].decode(errors="replace")
        return f"{'; '.join(said)} (request {problem.get('request_id')})"


class ApiClient:
    """The address of one deployment, and what every call of it is sent with.

    Args:
        base_url: scheme and host, such as ``https://api-dev.bbws.io``; the API's own paths are added.
        api_key: sent as ``X-Api-Key`` with every call of the API, where an environment asks for one.
    """

    def __init__(self, base_url: str, *, api_key: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Raises: ValueError: the address is none of HTTP's."""
        if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).netloc:
            raise ValueError(f"{base_url} is no address such as https://api-dev.bbws.io")
        self.base_url = base_url.rstrip("/")
        self._headers = {} if api_key is None else {"X-Api-Key": api_key}
        self._timeout_seconds = timeout_seconds

    def _prepared(
        self, token: str | None, body: str | Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[dict[str, str], str | None]:
        """Returns a call's headers and its body as text."""
        sent = self._headers | dict(headers)
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        return sent, body if isinstance(body, str | None) else json.dumps(body)


class Client(ApiClient):
    """Calls one deployment of the service, one call after the other."""

    def __init__(self, base_url: str, *, api_key: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Raises: ValueError: the address is none of HTTP's."""
        super().__init__(base_url, api_key=api_key, timeout_seconds=timeout_seconds)
        self._opener = build_opener(_AsItComes)

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> ApiResponse:
        """Calls the API; ``body`` is JSON text, or an object to serialise. Raises: NotReached."""
        sent, text = self._prepared(token, body, headers)
        return self._send(method, self.base_url + path, sent, None if text is None else text.encode())

    def fetch(self, url: str) -> ApiResponse:
        """Gets a link's target without token and key, since it may lead elsewhere. Raises: NotReached."""
        return self._send("GET", url, {}, None)

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> ApiResponse:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise NotReached(f"{url.partition('?')[0]} is no address to be fetched")
        request = Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310 - checked above
        try:
            with self._opener.open(request, timeout=self._timeout_seconds) as response:
                found = {name.lower(): value for name, value in response.headers.items()}
                return ApiResponse(response.status, found, response.read())
        except (OSError, HTTPException) as error:
            # Without its query: whoever has a signed link has what it leads to.
            raise NotReached(f"{method} {url.partition('?')[0]}: {error}") from error


class _AsItComes(HTTPErrorProcessor):
    """Hands over every answer, instead of following redirects and raising refusals."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002 - the parent's
        return response

    https_response = http_response
