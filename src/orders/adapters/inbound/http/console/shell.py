"""Renders what all pages of the console share: layout, style sheet, script, headers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from orders.adapters.durations import short_duration
from orders.adapters.inbound.http.page_policy import CONSOLE_POLICY
from orders.adapters.inbound.http.representations.values import moment
from orders.domain.pricing.money import Money

UNKNOWN = "–"

_ASSETS: Mapping[str, str] = MappingProxyType({"console.css": "text/css", "live.js": "text/javascript"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the part that changes with what it shows, and where to hear of changes.

    Attributes:
        main: the content of its main landmark.
        live: address of its stream (``live.py``); ``None`` if it has none.
        status: of HTTP.
    """

    title: str
    main: Markup
    live: str | None = None
    status: int = 200

    @property
    def fingerprint(self) -> str:
        """Identifies what the page shows: two with the same one look the same."""
        return hashlib.sha256(f"{self.title}\n{self.main}".encode()).hexdigest()[:16]


class Shell:
    """The layout of a console.

    Args:
        name: of the console, in the header.
        root: where its pages are, such as ``/local``.
        navigation: addresses and words of its main pages.
    """

    def __init__(self, name: str, root: str, navigation: Sequence[tuple[str, str]]) -> None:
        self.root = root
        self._environment = page_environment()
        self._layout = self._environment.get_template("console/layout.html")
        self._fixed = {"name": name, "root": root, "navigation": tuple(navigation)}

    def render(self, template: str, **context: Any) -> Markup:
        """Renders the content of a page, or of a part of it, from a template's path."""
        # A template of this package, which escapes.
        return Markup(self._environment.get_template(template).render(root=self.root, **context))  # noqa: S704

    def response(self, page: Page, *, here: str) -> Response[str]:
        """Returns the whole page; ``here`` is the address of the main page that it belongs to."""
        html = self._layout.render(**self._fixed, page=page, here=here)
        return Response(
            html, status_code=page.status, media_type="text/html", headers={"Content-Security-Policy": CONSOLE_POLICY}
        )

    def refusal(self, title: str, detail: str, *, status: int, here: str = "") -> Response[str]:
        """Returns a page that says why there is nothing to show."""
        return self.response(
            Page(title, self.render("console/refusal.html", title=title, detail=detail), status=status), here=here
        )


def page_environment() -> Environment:
    """Makes the environment of the console's templates."""
    environment = Environment(
        loader=PackageLoader("orders", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = _duration
    environment.filters["count"] = _count
    environment.filters["money"] = _money
    environment.filters["moment"] = moment
    environment.filters["shown"] = _shown
    environment.filters["words"] = _words
    environment.filters["kibibytes"] = _kibibytes
    return environment


def asset_routes() -> Router:
    """Makes the routes of the style sheet and the script, which are files of this package, below a console's root."""
    return Router(path="/assets", route_handlers=[_asset(name, kind) for name, kind in _ASSETS.items()])


def _asset(name: str, media_type: str) -> HTTPRouteHandler:
    content = (files("orders") / "templates" / "console" / name).read_bytes()

    @get(f"/{name}", sync_to_thread=False)
    def asset() -> Response[bytes]:
        return Response(content, media_type=media_type)

    return asset


def _duration(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else short_duration(seconds)


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def _money(amount: Money) -> str:
    """Returns the exact amount with its currency, which no line break parts."""
    return f"{amount}\u00a0{amount.currency.code}"


def _shown(at: datetime) -> str:
    """Returns a time as people read it; the service's are all in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _words(name: str) -> str:
    """Returns a value's name as words: ``partially fulfilled``."""
    return str(name).replace("_", " ")


def _kibibytes(size_bytes: int) -> str:
    return f"{max(1, round(size_bytes / 1024))} KiB"
