"""Operations that are going to end: declared here, said in the document and on every response ([API-9]).

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


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The end of an operation.

    Attributes:
        since: from when on it is not to be used any more, with offset.
        instead: what to use, in CommonMark.
        sunset: when it stops to answer, with offset; ``None`` while that is not decided.

    Raises: ValueError: it would end before it is deprecated (RFC 9745, section 4).
    """

    since: datetime
    instead: str
    sunset: datetime | None = None

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError(f"sunset {self.sunset} is before the deprecation itself, {self.since}")

    def headers(self, operation_id: str) -> tuple[tuple[str, str], ...]:
        """What each of its responses says."""
        explained = f"<{DOCS_PATH}#{operation_id}>"
        said = [("Deprecation", f"@{int(self.since.timestamp())}"), ("Link", f'{explained}; rel="deprecation"')]
        if self.sunset is not None:
            said += [("Sunset", _http_date(self.sunset)), ("Link", f'{explained}; rel="sunset"')]
        return tuple((name, f'{value}; type="text/html"' if name == "Link" else value) for name, value in said)

    def description(self) -> str:
        """What the document says, in CommonMark."""
        end = "" if self.sunset is None else f" It stops to answer on {self.sunset:%-d %B %Y}."
        return f"**Deprecated** since {self.since:%-d %B %Y}.{end} {self.instead}"


Deprecations = Mapping[str, Deprecation]
"""By operation id."""

DEPRECATED: Deprecations = MappingProxyType({})
"""Every operation that is going to end."""


class DeprecationHeaders:
    """ASGI middleware: says on every response of a deprecated operation, errors included, that it is going to end."""

    def __init__(self, app: ASGIApp, endpoints: Iterable[Endpoint], deprecated: Deprecations) -> None:
        self._app = app
        self._operations = OperationFinder(endpoints)
        self._headers = {name: each.headers(name) for name, each in deprecated.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
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
    """Finds which operation a request is for, without its having been routed."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._found: dict[tuple[str, str], Endpoint] = {}
        self._patterns: list[tuple[re.Pattern[str], Endpoint]] = []
        for endpoint in endpoints:
            if "{" in endpoint.path:
                pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(endpoint.path)))
                self._patterns.append((pattern, endpoint))
            else:
                self._found[endpoint.method, endpoint.path] = endpoint

    def find(self, method: str, path: str) -> Endpoint | None:
        """The operation of that method and path; HEAD is GET without a body."""
        asked = "get" if method == "HEAD" else method.lower()
        path = path.rstrip("/") or "/"
        exact = self._found.get((asked, path))
        if exact is not None:
            return exact
        of_method = (each for each in self._patterns if each[1].method == asked)
        return next((endpoint for pattern, endpoint in of_method if pattern.fullmatch(path)), None)


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
