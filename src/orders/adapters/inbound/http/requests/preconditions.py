"""Reads a request's conditions: If-Match, If-None-Match (RFC 9110, section 13), Idempotency-Key and Prefer.

An ETag of ours is ``"{version}-{hash of roles}"``; a well-formed one that isn't ours matches no order. A key is as
draft-ietf-httpapi-idempotency-key-header describes it, with or without its quotes.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any

from litestar import Request

from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.requests.bodies import body_fingerprint
from orders.adapters.inbound.http.requests.parameters import InvalidParameters
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.application.policy.idempotency import KeyedRequest, Preconditions
from orders.domain.errors import Fault
from orders.domain.order import Order

MAX_KEY_CHARACTERS = 255
_ATTEMPT_BYTES = 6

TAG_PATTERN = r'^(?:W/)?"?([0-9]{1,9})(?:-[0-9a-f]{8})?"?$'
"""An ETag of ours, as If-Match may have it: also weak, or without quotes or hash."""
_TAG = re.compile(TAG_PATTERN)
_ANY_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
TAGS_PATTERN = rf"^[ \t,]*{_ANY_TAG}(?:[ \t]*,[ \t,]*{_ANY_TAG})*[ \t,]*$"
"""A list of any ETags (RFC 9110, section 8.8.3), with the empty elements that lists may have (section 5.6.1)."""
_TAGS = re.compile(TAGS_PATTERN)
_QUOTED_KEY = re.compile(r'^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$')
_KEY = re.compile(rf"^[\x21-\x7e]{{1,{MAX_KEY_CHARACTERS}}}$")

_OTHER_SPELLING = "/fulfil"
_ORDER_SEGMENT = BASE.count("/") + 1
_NAMED = "order_id"
"""The key of a request's state under which the order's id is recorded."""

KEY_PATTERN = rf"""^[!-~]{{1,{MAX_KEY_CHARACTERS}}}$|^"(?:[!#-\[\]-~]|\\["\\]){{1,{MAX_KEY_CHARACTERS}}}"$"""
"""Both forms of a key for the document: bare, or quoted with quotes and backslashes escaped."""

Respond = Callable[[Order], KeyedAnswer]


def once(respond: Respond) -> Respond:
    """Wraps ``respond`` so that the response stored with a change, and then sent, is made once."""
    order: Order | None = None
    answer: KeyedAnswer | None = None

    def respond_once(changed: Order) -> KeyedAnswer:
        nonlocal order, answer
        if answer is None or changed is not order:
            order, answer = changed, respond(changed)
        return answer

    return respond_once


async def preconditions(request: Request[Any, Any, Any], respond: Respond) -> Preconditions:
    """Reads the request's If-Match and Idempotency-Key.

    Args:
        respond: makes the response from the changed order.

    Raises:
        InvalidParameters: one of them is invalid, or both.
        MalformedJson: there is a key, and the body, which is hashed, is not JSON.
    """
    faults: list[Fault] = []
    versions = keyed = None
    try:
        versions = expected_versions(request)
    except InvalidParameters as error:
        faults += error.faults
    try:
        keyed = await keyed_request(request, respond)
    except InvalidParameters as error:
        faults += error.faults
    if faults:
        raise InvalidParameters(faults)
    return Preconditions(versions, keyed)


async def keyed_request(request: Request[Any, Any, Any], respond: Respond) -> KeyedRequest | None:
    """Reads the Idempotency-Key and hashes the body; ``None`` without a key.

    Raises: InvalidParameters, MalformedJson.
    """
    given = request.headers.getall("idempotency-key", [])
    if not given:
        return None
    match = _QUOTED_KEY.fullmatch(given[0].strip())
    key = re.sub(r"\\(.)", r"\1", match[1]) if match else given[0].strip()
    if len(set(given)) > 1 or not _KEY.fullmatch(key):
        raise InvalidParameters(
            [
                Fault(
                    ("headers", "Idempotency-Key"),
                    "invalid_key",
                    f"Idempotency-Key must be one key of 1 to {MAX_KEY_CHARACTERS} visible ASCII characters",
                )
            ]
        )
    return KeyedRequest(
        key,
        f"{request.method} {_canonical_path(request)}",
        await body_fingerprint(request),
        lambda order: respond(order).encode(),
        attempt=secrets.token_hex(_ATTEMPT_BYTES),
    )


def note_order_id(request: Request[Any, Any, Any], order_id: str) -> None:
    """Records the id of the order that the request's path names by its number."""
    request.state[_NAMED] = order_id


def _canonical_path(request: Request[Any, Any, Any]) -> str:
    """Returns the one path of the operation on this order, however order and operation are spelled in the request's."""
    path = request.url.path.rstrip("/")
    order_id = request.state.get(_NAMED)
    if order_id is not None:
        segments = path.split("/")
        segments[_ORDER_SEGMENT] = order_id
        path = "/".join(segments)
    return f"{path}l" if path.endswith(_OTHER_SPELLING) else path


def prefers_async(request: Request[Any, Any, Any]) -> bool:
    """Tells whether the caller prefers an asynchronous response (RFC 7240, section 4.1)."""
    preferences = ",".join(request.headers.getall("prefer", [])).split(",")
    return any(each.partition(";")[0].strip().lower() == "respond-async" for each in preferences)


def expected_versions(request: Request[Any, Any, Any]) -> frozenset[int] | None:
    """Reads the versions that If-Match names; an empty set if none of its ETags is ours.

    Returns ``None`` without the header, or for ``*``, which any order satisfies.

    Raises:
        InvalidParameters: it is not a list of ETags.
    """
    given = {each.strip() for each in request.headers.getall("if-match", [])}
    if given <= {"*"}:
        return None
    tags = _listed(", ".join(sorted(given)))
    if tags is None:
        message = 'If-Match must be * or ETags in double quotes, separated by commas, such as "3-1a2b3c4d"'
        raise InvalidParameters([Fault(("headers", "If-Match"), "invalid_etag", message)])
    return frozenset(int(match[1]) for match in map(_TAG.fullmatch, tags) if match)


def unchanged(request: Request[Any, Any, Any], current: str) -> bool:
    """Tells whether the caller has the current state already, by If-None-Match.

    An unreadable header is ignored: the response is complete then, which is never wrong.
    """
    given = ", ".join(request.headers.getall("if-none-match", []))
    if given.strip() == "*":
        return True
    return current in {tag.removeprefix("W/") for tag in _listed(given) or ()}


def _listed(given: str) -> list[str] | None:
    """Splits a header into its ETags; ``None`` if it is not a list of them. A single one of ours may lack quotes."""
    if _TAGS.fullmatch(given):
        return re.findall(_ANY_TAG, given)
    return [given] if _TAG.fullmatch(given) else None
