"""Guards pages for people on this machine: only requests to a host name of this machine get them.

A page of any site can make its own host name resolve to 127.0.0.1 (DNS rebinding) and read the response; the Host
header of its request still has that site's name.
"""

import re
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

_LOOPBACK = re.compile(
    r"(?:localhost\.?|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}|\[::1\])(?::\d{0,5})?", re.ASCII | re.IGNORECASE
)


class NotAskedAsLoopback(Exception):
    """A page for people on this machine is requested by another host name."""

    def __init__(self) -> None:
        super().__init__("this is for people on this machine: ask for it as localhost, 127.0.0.1 or [::1], at any port")


def is_loopback(host: str) -> bool:
    """Tells whether a Host header names the loopback: ``localhost``, 127.0.0.0/8 or ``[::1]``, at any port."""
    return _LOOPBACK.fullmatch(host.strip()) is not None


def asked_as_loopback(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guards a route: checks that the Host header names the loopback. Raises: NotAskedAsLoopback."""
    if not is_loopback(connection.headers.get("host", "")):
        raise NotAskedAsLoopback
