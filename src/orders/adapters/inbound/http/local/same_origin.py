"""Guards forms of the local pages: only these pages themselves may send them.

A page of any site can send a form to 127.0.0.1, with all that a browser would send along by itself. What it can't do is
to lie about where the form is from: https://fetch.spec.whatwg.org/#origin-header, and
https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler


class NotFromThesePages(Exception):
    """A form was sent by a page of another site, or by no page."""

    def __init__(self) -> None:
        super().__init__("this is for the form on these pages; scripts place orders by POST /v1.0/orders")


def from_these_pages(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guards a route: checks that a page of this very origin sends the request. Raises: NotFromThesePages."""
    headers = connection.headers
    site, origin = headers.getall("sec-fetch-site", []), headers.getall("origin", [])
    own = f"http://{headers.get('host', '')}".lower()
    if not site and not origin:
        raise NotFromThesePages
    if any(each != "same-origin" for each in site) or any(each.lower() != own for each in origin):
        raise NotFromThesePages
