"""If-Match and If-None-Match (RFC 9110, section 13): an ETag is ``"{version}-{hash of roles}"``."""

import re
from typing import Any

from litestar import Request

from orders.adapters.inbound.http.parameters import InvalidParameters
from orders.domain.errors import Fault

_TAG = re.compile(r'^(?:W/)?"?(\d{1,9})(?:-[0-9a-f]{8})?"?$')


def expected_version(request: Request[Any, Any, Any]) -> int | None:
    """The version that If-Match names; ``None`` without one, or for ``*``, which any order satisfies.

    Raises:
        InvalidParameters: it is none of our ETags.
    """
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    match = _TAG.fullmatch(given.strip())
    if match is None:
        raise InvalidParameters(
            [Fault("/headers/If-Match", "invalid_etag", 'If-Match must be an ETag of this order, such as "3-1a2b3c4d"')]
        )
    return int(match[1])


def unchanged(request: Request[Any, Any, Any], current: str) -> bool:
    """Whether If-None-Match says that the caller has the current state already."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return "*" in tags or current in tags
