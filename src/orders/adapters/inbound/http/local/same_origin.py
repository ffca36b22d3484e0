"""Checks that a form is sent by the local pages themselves.

A page of any site can send a form to 127.0.0.1, with all that a browser would send along by itself. What it can't do is
to lie about where the form is from, and to know what is in the form of these pages. See
https://fetch.spec.whatwg.org/#origin-header and https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header.
"""

import secrets
from hmac import compare_digest
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

TOKEN_FIELD = "csrf_token"  # noqa: S105 - the name of a field
_SAME = "same-origin"


class NotFromThesePages(Exception):
    """A form was sent by a page of another site, by no page, or by a page from before the last start."""

    def __init__(self) -> None:
        super().__init__("Reload the page with the form and send it again; scripts place orders by POST /v1.0/orders.")


class FormToken:
    """The token in the forms of this process; another process has another."""

    def __init__(self) -> None:
        self.value = secrets.token_urlsafe(18)

    def check(self, given: object) -> None:
        """Checks the value that came with a form. Raises: NotFromThesePages."""
        if not isinstance(given, str) or not compare_digest(given.encode(), self.value.encode()):
            raise NotFromThesePages


def from_these_pages(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guards a route: checks that a page of this very origin sends the request. Raises: NotFromThesePages.

    Of pages whose Referrer-Policy is ``no-referrer``, as here, browsers say ``Origin: null``, and the truth in
    Sec-Fetch-Site.
    """
    headers = connection.headers
    sites, origins = headers.getall("sec-fetch-site", []), headers.getall("origin", [])
    own = {f"http://{headers.get('host', '')}".lower(), *(["null"] if sites else [])}
    if not sites and not origins:
        raise NotFromThesePages
    if any(each != _SAME for each in sites) or any(each.lower() not in own for each in origins):
        raise NotFromThesePages
