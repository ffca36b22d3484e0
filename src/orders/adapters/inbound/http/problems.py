"""Maps every error to an RFC 9457 problem, in one table."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException

from orders.adapters.inbound.http.local.loopback import NotAskedAsLoopback
from orders.adapters.inbound.http.middleware.auditing import note_problem
from orders.adapters.inbound.http.middleware.rate_limit import RateLimited
from orders.adapters.inbound.http.middleware.request_id import method_of, request_id_of
from orders.adapters.inbound.http.representations.problem import Problem
from orders.adapters.inbound.http.requests.parameters import InvalidParameters
from orders.adapters.inbound.http.routes.responses import to_response
from orders.adapters.inbound.http.security.auth import Unauthenticated
from orders.adapters.inbound.http.security.cursor import InvalidCursor
from orders.adapters.privacy.masking import mask_text
from orders.adapters.wire import json_body
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.adapters.wire.media_types import UnsupportedMediaType
from orders.adapters.wire.parsing import MAX_FAULTS, ClientGone, InvalidBody
from orders.adapters.wire.pointers import pointer_of
from orders.application.policy.errors import ForeignCustomer, OrderNotFound, ShopNotReady, VersionMismatch
from orders.application.policy.idempotency import AlreadyAnswered, KeyReused
from orders.domain.errors import (
    ActionForbidden,
    Fault,
    IllegalTransition,
    InvalidOrder,
    ParcelConflict,
    UnknownParcel,
)
from orders.domain.lifecycle import Action
from orders.ports.errors import (
    NotPermitted,
    NotTheWriter,
    NumberNotIndexed,
    OrderTooLarge,
    OutcomeUnknown,
    TransientPortError,
    UnreadableItem,
)

_log = logging.getLogger(__name__)

BASE = "https://api.bbws.io/problems/"
MEDIA_TYPE = "application/problem+json"
_NOT_DESCRIBING = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: the last part of its type URI, its title, its status code."""

    name: str
    title: str
    status: int


MALFORMED = Kind("malformed-request", "The request can't be read", 400)
INVALID_CURSOR = Kind("invalid-cursor", "The cursor does not belong to this listing", 400)
UNAUTHENTICATED = Kind("unauthenticated", "Who you are is not known", 401)
FORBIDDEN = Kind("forbidden", "Your role may not do this", 403)
NOT_FOUND = Kind("not-found", "There is no such thing", 404)
METHOD_NOT_ALLOWED = Kind("method-not-allowed", "This method is not offered here", 405)
REQUEST_TIMEOUT = Kind("request-timeout", "The request did not arrive in time", 408)
ILLEGAL_TRANSITION = Kind("illegal-transition", "The order's status does not allow this", 409)
PARCEL_CONFLICT = Kind("parcel-conflict", "This parcel is on record with other lines", 409)
SHOP_NOT_READY = Kind("shop-not-ready", "The shop takes no orders of customers yet", 409)
VERSION_MISMATCH = Kind("version-mismatch", "The order has changed since it was read", 412)
BODY_TOO_LARGE = Kind("body-too-large", "The body is too large", 413)
URL_TOO_LONG = Kind("url-too-long", "The URL is too long", 414)
MEDIA_TYPE_UNSUPPORTED = Kind("unsupported-media-type", "The body is not JSON", 415)
INVALID_CONTENT = Kind("invalid-content", "The content is not valid", 422)
KEY_REUSED = Kind("idempotency-key-reused", "This Idempotency-Key belongs to another request", 422)
ORDER_TOO_LARGE = Kind("order-too-large", "The order takes too much room", 422)
RATE_LIMITED = Kind("rate-limited", "There were more requests than you may make", 429)
HEAD_TOO_LARGE = Kind("headers-too-large", "The header fields are too large", 431)
INTERNAL = Kind("internal-error", "Something went wrong on our side", 500)
UNREADABLE = Kind("unreadable", "What is kept of it can't be read", 500)
UNAVAILABLE = Kind("unavailable", "The service can't do this at the moment", 503)
NOT_THE_WRITER = Kind("not-the-writer", "This region takes no changes at the moment", 503)
TIMED_OUT = Kind("timed-out", "The request took too long", 503)

NO_CHANGES_HERE = "orders can be read here, and changed in a moment; nothing was changed; please try again"

KINDS: tuple[Kind, ...] = (
    MALFORMED, INVALID_CURSOR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, REQUEST_TIMEOUT,
    ILLEGAL_TRANSITION, PARCEL_CONFLICT, SHOP_NOT_READY, VERSION_MISMATCH, BODY_TOO_LARGE, URL_TOO_LONG,
    MEDIA_TYPE_UNSUPPORTED, INVALID_CONTENT, KEY_REUSED, ORDER_TOO_LARGE, RATE_LIMITED, HEAD_TOO_LARGE, INTERNAL,
    UNREADABLE,
    UNAVAILABLE, NOT_THE_WRITER, TIMED_OUT,
)  # fmt: skip
"""All kinds, for the documentation."""

_BY_STATUS: Mapping[int, Kind] = {
    400: MALFORMED,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: BODY_TOO_LARGE,
    415: MEDIA_TYPE_UNSUPPORTED,
}


def problem(
    request: Request[Any, Any, Any],
    kind: Kind,
    detail: str,
    *,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
    allowed_actions: Sequence[Action] | None = None,
) -> Response[bytes]:
    """Makes a problem response, and records the problem for the audit trail."""
    note_problem(request.scope, kind.name)
    body = problem_body(
        kind,
        detail,
        instance=instance(request.scope),
        request_id=request_id_of(request.scope),
        faults=faults,
        allowed_actions=allowed_actions,
    )
    return Response(json_body.encode(body), status_code=kind.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def problem_body(
    kind: Kind,
    detail: str,
    *,
    instance: str,
    request_id: str,
    faults: Sequence[Fault] = (),
    allowed_actions: Sequence[Action] | None = None,
) -> Problem:
    """Makes the body of a problem response."""
    body: Problem = {
        "type": BASE + kind.name,
        "title": kind.title,
        "status": kind.status,
        # Details should hold no personal data; whatever is recognised as such is masked all the same.
        "detail": mask_text(detail),
        "instance": instance,
        "request_id": request_id,
    }
    if allowed_actions is not None:
        body["allowed_actions"] = list(allowed_actions)
    if faults:
        body["errors"] = [
            {"pointer": mask_text(pointer_of(fault.path)), "code": fault.code, "message": mask_text(fault.message)}
            for fault in faults
        ]
    return body


def instance(scope: Mapping[str, Any]) -> str:
    """Formats the request's path as a URI reference, percent-encoded where needed (RFC 3986, section 3.3)."""
    return quote(mask_text(str(scope["path"])), safe="/:@!$&'()*+,;=~")


def _faults(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, InvalidBody | InvalidOrder | InvalidParameters)
    kind = MALFORMED if isinstance(error, InvalidParameters) else INVALID_CONTENT
    where = "parameters" if isinstance(error, InvalidParameters) else "body"
    told = error.faults[:MAX_FAULTS]
    count = len(error.faults) if isinstance(error, InvalidOrder) else error.found
    detail = told[0].message if count == 1 else f"{count} things are wrong with the {where}; see errors"
    if count > len(told):
        detail += f", which lists the first {len(told)} of them"
    return problem(request, kind, detail, faults=told)


def _unsupported(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, UnsupportedMediaType)
    return problem(request, MEDIA_TYPE_UNSUPPORTED, str(error), headers=error.headers)


def _unauthenticated(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, Unauthenticated)
    challenge = 'Bearer realm="orders"'
    if error.token_given:
        # Names of claims come from the configuration; a description has ASCII without quotes (RFC 6750, section 3).
        description = _NOT_DESCRIBING.sub("?", str(error))
        challenge += f', error="invalid_token", error_description="{description}"'
    return problem(request, UNAUTHENTICATED, str(error), headers={"WWW-Authenticate": challenge})


def _illegal_transition(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, IllegalTransition)
    return problem(
        request, ILLEGAL_TRANSITION, str(error), allowed_actions=[Action(each) for each in error.allowed_actions]
    )


def _shop_not_ready(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, ShopNotReady)
    # No Retry-After: the shop must act first, and nobody knows when.
    return problem(request, SHOP_NOT_READY, str(error), faults=[error.fault])


def _unknown_parcel(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, UnknownParcel)
    return problem(request, NOT_FOUND, str(error))


def _order_too_large(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, OrderTooLarge)
    return problem(request, ORDER_TOO_LARGE, error.detail)


def _unavailable(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, TransientPortError)
    tell = _log.error if isinstance(error, NotPermitted) else _log.warning
    tell("refused for now: %s", error)
    detail = f"the {error.dependency} can't be reached or is busy; nothing was changed; please try again"
    return problem(request, UNAVAILABLE, detail, headers={"Retry-After": "5" if error.throttled else "2"})


def _not_indexed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.warning("refused for now: %s", error)
    detail = (
        "an order of this number may have been placed a moment ago and can't be found by it yet; nothing was changed; "
        "please try again, or name the order by its id"
    )
    return problem(request, UNAVAILABLE, detail, headers={"Retry-After": "1"})


def _unknown(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, OutcomeUnknown)
    _log.warning("given up: %s", error)
    detail = "this was given up before its answer; whether it was done is not known; please try again"
    return problem(request, TIMED_OUT, detail, headers={"Retry-After": "5"})


def _not_the_writer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, NotTheWriter)
    # Which region writes, and why this one does not, is for operators.
    _log.info("refused for now: %s", error)
    seconds = ceil(error.retry_after.total_seconds())
    return problem(request, NOT_THE_WRITER, NO_CHANGES_HERE, headers={"Retry-After": str(max(1, seconds))})


def _unreadable(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, UnreadableItem)
    # The item and the reason are for operators, not for callers.
    _log.error("refused: %s", error)
    detail = (
        f"the {error.kind} is kept, but can't be read at the moment; nothing was changed, and nothing is lost; asking "
        "again will not help before somebody has mended it"
    )
    return problem(request, UNREADABLE, detail)


def http_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Makes the problem response of the framework's own errors, such as of an address that no route has."""
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        return _internal(request, error)
    path = instance(request.scope)[:200]
    details = {
        NOT_FOUND: f"there is nothing at {path}",
        METHOD_NOT_ALLOWED: f"{method_of(request.scope)} is not offered at {path}",
        BODY_TOO_LARGE: "a body has at most 256 KiB",
    }
    return problem(request, kind, details.get(kind, error.detail), headers=error.headers)


def _internal(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.error("unexpected error", exc_info=error)
    return problem(
        request, INTERNAL, "this is a fault of the service; the request id helps us to find out what happened"
    )


def _rate_limited(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, RateLimited)
    return problem(request, RATE_LIMITED, str(error), headers={"Retry-After": str(error.retry_after_seconds)})


def _gone(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.info("given up: %s", error)
    return problem(request, MALFORMED, str(error))


def _replay(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, AlreadyAnswered)
    return to_response(KeyedAnswer.decode(error.answer), **{"Idempotent-Replayed": "true"})


def _plain(kind: Kind) -> Any:
    def handler(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        return problem(request, kind, str(error))

    return handler


EXCEPTION_HANDLERS: dict[type[Exception] | int, Any] = {
    Unauthenticated: _unauthenticated,
    RateLimited: _rate_limited,
    ClientGone: _gone,
    AlreadyAnswered: _replay,
    KeyReused: _plain(KEY_REUSED),
    OrderNotFound: _plain(NOT_FOUND),
    UnknownParcel: _unknown_parcel,
    ActionForbidden: _plain(FORBIDDEN),
    ForeignCustomer: _plain(FORBIDDEN),
    ShopNotReady: _shop_not_ready,
    json_body.MalformedJson: _plain(MALFORMED),
    NotAskedAsLoopback: _plain(MALFORMED),
    UnsupportedMediaType: _unsupported,
    InvalidParameters: _faults,
    InvalidCursor: _plain(INVALID_CURSOR),
    InvalidBody: _faults,
    InvalidOrder: _faults,
    OrderTooLarge: _order_too_large,
    IllegalTransition: _illegal_transition,
    ParcelConflict: _plain(PARCEL_CONFLICT),
    VersionMismatch: _plain(VERSION_MISMATCH),
    UnreadableItem: _unreadable,
    NotTheWriter: _not_the_writer,
    OutcomeUnknown: _unknown,
    NumberNotIndexed: _not_indexed,
    TransientPortError: _unavailable,
    HTTPException: http_problem,
    Exception: _internal,
}
