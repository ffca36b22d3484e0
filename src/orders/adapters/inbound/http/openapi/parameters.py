"""Defines parameters and response headers, as components."""

from typing import Any

from orders.adapters.inbound.http.openapi.examples import CURSOR, LIFE, ORDER_ID
from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS, Schema
from orders.adapters.inbound.http.requests import preconditions
from orders.adapters.inbound.http.requests.parameters import DEFAULT_LIMIT, MAX_CURSOR_CHARACTERS, MAX_LIMIT
from orders.adapters.inbound.http.requests.preconditions import MAX_KEY_CHARACTERS
from orders.domain.identity import KEY_PATTERN, ORDER_ID_PATTERN, TYPED_NUMBER_PATTERN, order_number

_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_TIME = {"type": "string", "format": "date-time"}
_TEXT: Schema = {"type": "string"}


def _in(where: str, name: str, schema: Schema, description: str, example: Any = None, **more: Any) -> Schema:
    found = {"name": name, "in": where, "description": description, "schema": schema, **more}
    return found if example is None else found | {"example": example}


PARAMETERS: dict[str, Schema] = {
    "OrderId": _in(
        "path",
        "order_id",
        {"type": "string", "pattern": f"{ORDER_ID_PATTERN}|{TYPED_NUMBER_PATTERN}"},
        "The order's id, or its number as people type it: in any case, with hyphens or without, O for 0, I or L for 1. "
        "The id is found at once; of a number that was given a moment ago the answer may be 503 for now.",
        ORDER_ID,
        required=True,
    ),
    "ParcelId": _in(
        "path",
        "parcel_id",
        {"type": "string", "pattern": "^par_[1-9][0-9]*$"},
        "The parcel's id within the order.",
        "par_1",
        required=True,
    ),
    "ProblemName": _in(
        "path",
        "name",
        {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"},
        "The last part of a problem's type.",
        "not-found",
        required=True,
    ),
    "OperationName": _in(
        "path",
        "name",
        {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9]*$"},
        "The operation's id.",
        "createOrder",
        required=True,
    ),
    "SchemaName": _in(
        "path",
        "name",
        {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9]*$"},
        "The schema's name.",
        "Order",
        required=True,
    ),
    "CustomerId": _in(
        "query", "customer_id", {"type": "string", "pattern": KEY_PATTERN}, "Only this customer's orders.", "cust_42"
    ),
    "StatusFilter": _in(
        "query",
        "status",
        {"type": "array", "items": {"$ref": f"{COMPONENTS}Status"}},
        "Only orders in these statuses; repeat the parameter for several.",
        ["pending", "processing"],
        explode=True,
    ),
    "OrderNumber": _in(
        "query",
        "order_number",
        {"type": "string", "minLength": 15, "maxLength": 64},
        "Only the order of this number, as people type or paste it: in any case and width, with hyphens and blanks of "
        "any kind or none, O for 0, I or L for 1; characters that nobody sees make no difference.",
        order_number(ORDER_ID),
    ),
    "CreatedFrom": _in(
        "query", "created_from", _TIME, "Only orders created at this time or later.", "2026-03-01T00:00:00+02:00"
    ),
    "CreatedTo": _in(
        "query", "created_to", _TIME, "Only orders created before this time.", "2026-04-01T00:00:00+02:00"
    ),
    "IncludeDeleted": _in(
        "query",
        "include_deleted",
        {"type": "boolean", "default": False},
        "Show deleted orders too. Admins only; others who ask for it are refused.",
        True,
    ),
    "Sort": _in(
        "query",
        "sort",
        {"type": "string", "enum": ["created_at", "-created_at"], "default": "-created_at"},
        "By the time of creation, oldest first, or with a minus newest first.",
        "created_at",
    ),
    "Limit": _in(
        "query",
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many items a page has at most.",
        50,
    ),
    "Cursor": _in(
        "query",
        "cursor",
        {"type": "string", "minLength": 1, "maxLength": MAX_CURSOR_CHARACTERS, "pattern": "^[A-Za-z0-9_-]+$"},
        "Where to go on: `next_cursor` of the page before, together with the same filters.",
    ),
    "IdempotencyKey": _in(
        "header",
        "Idempotency-Key",
        {"type": "string", "pattern": preconditions.KEY_PATTERN},
        f"A name of this request, 1 to {MAX_KEY_CHARACTERS} visible ASCII characters, bare or quoted. Sent again with "
        "the same body it is answered as the first time and does nothing. See *Idempotency*.",
        "5f0c1a7e-9a3b-4a53-8e0c-9a1f7c0f7f52",
    ),
    "IfMatch": _in(
        "header",
        "If-Match",
        {"type": "string", "pattern": f"{preconditions.TAG_PATTERN}|^[*]$|{preconditions.TAGS_PATTERN}"},
        "Change the order only if it still has the version of this ETag, or of one of several, separated by commas. "
        "ETags that are not the service's own match no order. `*` stands for any version.",
        '"3-9d6cb1f4"',
    ),
    "IfNoneMatch": _in(
        "header",
        "If-None-Match",
        _TEXT,
        "ETags of what the caller has, separated by commas; when the order is still one of them, or for `*`, the "
        "answer is 304 without a body. What is no list of ETags is passed over.",
        '"3-9d6cb1f4"',
    ),
    "Prefer": _in(
        "header",
        "Prefer",
        _TEXT,
        "With `respond-async` (RFC 7240) the order is accepted at once and placed a moment later. "
        "Other preferences are passed over.",
        "respond-async",
    ),
    "Accept": _in(
        "header",
        "Accept",
        _TEXT,
        "`application/json` for a body with the address instead of a redirect.",
        "application/json",
    ),
    "RequestId": _in(
        "header",
        "X-Request-Id",
        _TEXT,
        "The caller's own id of this request: 1 to 128 visible ASCII characters. Without one, or with another, one is "
        "made. It comes back in the response and is in our logs.",
        "req-7f3a",
    ),
    "TraceParent": _in(
        "header",
        "traceparent",
        _TEXT,
        "W3C trace context; it is passed on through queues and events. One that is malformed is passed over.",
        _TRACE,
    ),
}

COMMON_PARAMETERS = ("RequestId", "TraceParent")
"""The parameters of every operation."""


def _header(name: str, schema: Schema, description: str, example: Any, **more: Any) -> tuple[str, Schema]:
    return name, {"description": description, "schema": schema, "example": example, **more}


_REFERENCE: Schema = {"type": "string", "format": "uri-reference"}
_ETAG: Schema = {"type": "string", "pattern": '^"[1-9][0-9]*-[0-9a-f]{8}"$'}
_ETAG_SAYS = "The order's version, and a hash of the caller's roles, on which `allowed_actions` depend."
_SECONDS: Schema = {"type": "integer", "minimum": 1}

HEADERS: dict[str, tuple[str, Schema]] = {
    "RequestId": _header(
        "X-Request-Id", _TEXT, "The id of this request: the caller's, or one made here.", "req-7f3a", required=True
    ),
    "Location": _header("Location", _REFERENCE, "Where the order is.", f"/v1.0/orders/{ORDER_ID}", required=True),
    "DocumentLocation": _header(
        "Location", _REFERENCE, "Where the PDF is, for five minutes.", LIFE.document_link()["url"], required=True
    ),
    "PageLocation": _header(
        "Location", _REFERENCE, "Its page in the reference.", "/v1.0/docs/problems/not-found", required=True
    ),
    "ETag": _header("ETag", _ETAG, _ETAG_SAYS, '"1-9d6cb1f4"', required=True),
    "OrderETag": _header(
        "ETag", _ETAG, f"{_ETAG_SAYS} Missing while the order is accepted and not placed.", '"1-9d6cb1f4"'
    ),
    "PreferenceApplied": _header(
        "Preference-Applied",
        {"type": "string", "const": "respond-async"},
        "The order is placed later.",
        "respond-async",
        required=True,
    ),
    "IdempotentReplayed": _header(
        "Idempotent-Replayed",
        {"type": "string", "const": "true"},
        "This is what the first request with this `Idempotency-Key` was answered; nothing was done now.",
        "true",
    ),
    "Link": _header(
        "Link",
        _TEXT,
        'The next page, as `rel="next"` (RFC 8288); missing on the last one.',
        f'</v1.0/orders?limit=2&cursor={CURSOR}>; rel="next"',
    ),
    "RetryAfter": _header("Retry-After", _SECONDS, "Seconds until it makes sense to ask again.", 1, required=True),
    "RetryWhileAccepted": _header(
        "Retry-After", _SECONDS, "While the order is accepted and not placed: seconds until it may be.", 1
    ),
    "RateLimit": _header(
        "RateLimit",
        {"type": "string", "pattern": '^"[a-z]+";r=[0-9]+;t=[0-9]+$'},
        "How many requests are left (`r`), and in how many seconds all of them will be again (`t`). On every answer to "
        "a caller who is known; `unauthenticated` counts those of an address whose callers are not.",
        '"default";r=19999;t=1',
    ),
    "RateLimitPolicy": _header(
        "RateLimit-Policy",
        {"type": "string", "pattern": '^"[a-z]+";q=[0-9]+;w=[0-9]+$'},
        "How many requests there can be at once (`q`), and in how many seconds as many come back (`w`).",
        '"default";q=20000;w=2',
    ),
    "Challenge": _header(
        "WWW-Authenticate",
        _TEXT,
        "How to authenticate, and what was wrong with the token (RFC 6750).",
        'Bearer realm="orders", error="invalid_token", error_description="the token has expired; get a new one"',
        required=True,
    ),
    "AcceptPatch": _header(
        "Accept-Patch",
        _TEXT,
        "As what a patch may be sent (RFC 5789); missing where there is none, or it was not the media type.",
        "application/merge-patch+json, application/json",
    ),
    "AcceptEncoding": _header(
        "Accept-Encoding", _TEXT, "`identity` when it was the body's content coding that is not taken.", "identity"
    ),
    "Allow": _header("Allow", _TEXT, "The methods that the path has.", "GET, HEAD, OPTIONS, PUT", required=True),
    "CacheControl": _header(
        "Cache-Control", _TEXT, "How long a copy is good for.", "public, max-age=300", required=True
    ),
    "PagePolicy": _header(
        "Content-Security-Policy",
        _TEXT,
        "What the page may load: nothing from elsewhere.",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
        required=True,
    ),
    "Deprecation": _header(
        "Deprecation",
        {"type": "string", "pattern": "^@[0-9]+$"},
        "Since when the operation is not to be used any more (RFC 9745).",
        "@1790812800",
        required=True,
    ),
    "Sunset": _header(
        "Sunset", _TEXT, "When the operation stops to answer (RFC 8594).", "Thu, 01 Apr 2027 00:00:00 GMT"
    ),
    "DeprecationLink": _header(
        "Link",
        _TEXT,
        'What to use instead, as `rel="deprecation"` and `rel="sunset"`; on pages also `rel="next"`.',
        '</v1.0/docs/operations/listOrders>; rel="deprecation"; type="text/html"',
        required=True,
    ),
}
"""Header and description by the name of the component."""

COMMON_HEADERS = ("RequestId",)
"""Headers of every response, beyond the security headers that the document's introduction names."""

SECURED_HEADERS = ("RateLimit", "RateLimitPolicy")
"""Headers of responses to requests that are counted for the rate limit."""

DEPRECATED_HEADERS = ("Deprecation", "Sunset", "DeprecationLink")
"""Headers of every response of a deprecated operation."""
