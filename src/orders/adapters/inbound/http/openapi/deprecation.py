"""Declares deprecated operations, and announces them in the document and in the headers of every response ([API-9]).

``Deprecation`` is RFC 9745 (a structured-field date), ``Sunset`` RFC 8594 (an HTTP date); the links are those that
both define.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from types import MappingProxyType

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from orders.adapters.inbound.http.operation import Endpoint

DOCS_PATH = "/v1.0/docs"


def operation_page(operation_id: str) -> str:
    """Returns the address of an operation's page in the reference."""
    return f"{DOCS_PATH}/operations/{operation_id}"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The deprecation of an operation.

    Attributes:
        since: the time from which it should not be used, with offset.
        instead: the replacement, in CommonMark.
        sunset: the time at which it is removed, with offset; ``None`` while that is not decided.

    Raises: ValueError: it would be removed before it is deprecated (RFC 9745, section 4).
    """

    since: datetime
    instead: str
    sunset: datetime | None = None

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError(f"sunset {self.sunset} is before the deprecation itself, {self.since}")

    def headers(self, operation_id: str) -> tuple[tuple[str, str], ...]:
        """Makes the headers that each response of the operation carries."""
        explained = f"<{operation_page(operation_id)}>"
        said = [("Deprecation", f"@{int(self.since.timestamp())}"), ("Link", f'{explained}; rel="deprecation"')]
        if self.sunset is not None:
            said += [("Sunset", _http_date(self.sunset)), ("Link", f'{explained}; rel="sunset"')]
        return tuple((name, f'{value}; type="text/html"' if name == "Link" else value) for name, value in said)

    def description(self) -> str:
        """Makes the note for the document, in CommonMark."""
        end = "" if self.sunset is None else f" It stops to answer on {self.sunset:%-d %B %Y}."
        return f"**Deprecated** since {self.since:%-d %B %Y}.{end} {self.instead}"


Deprecations = Mapping[str, Deprecation]
"""Deprecations by operation id."""

DEPRECATED: Deprecations = MappingProxyType({})
"""All deprecated operations."""


class DeprecationHeaders:
    """ASGI middleware: adds the deprecation's headers to every response of the operation, errors included."""

    def __init__(self, app: ASGIApp, endpoints: Iterable[Endpoint], deprecated: Deprecations) -> None:
        self._app = app
        self._operations = OperationFinder(endpoints)
        self._headers = {name: each.headers(name) for name, each in deprecated.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        found = None
        if scope["type"] == ScopeType.HTTP:
            found = self._operations.find(scope["method"], scope["path"])
        headers = self._headers.get(found.operation.operation_id, ()) if found else ()
        if not headers:
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableScopeHeaders.from_message(message)
                for name, value in headers:
                    present.add(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OperationFinder:
    """Finds the operation of a request before it is routed."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._found: dict[str, dict[str, Endpoint]] = {}
        self._patterns: list[tuple[re.Pattern[str], Endpoint]] = []
        for endpoint in endpoints:
            if "{" in endpoint.path:
                pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(endpoint.path)))
                self._patterns.append((pattern, endpoint))
            else:
                self._found.setdefault(endpoint.path, {})[endpoint.method] = endpoint

    def find(self, method: str, path: str) -> Endpoint | None:
        """Finds the operation of that method and path; HEAD counts as GET."""
        asked = "get" if method == "HEAD" else method.lower()
        path = path.rstrip("/") or "/"
        exact = self._found.get(path)
        if exact is not None:
            # It counts before paths with parameters, whichever methods it has.
            return exact.get(asked)
        of_method = (each for each in self._patterns if each[1].method == asked)
        return next((endpoint for pattern, endpoint in of_method if pattern.fullmatch(path)), None)


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
