"""Explains every kind of problem to people: its cause, its remedy, and an example ([API-3])."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.middleware.rate_limit import RateLimited
from orders.adapters.inbound.http.middleware.request_line import MAX_URL_BYTES
from orders.adapters.inbound.http.openapi.examples import LIFE, ORDER_ID
from orders.adapters.inbound.http.problems import Kind, problem_body
from orders.adapters.inbound.http.representations.problem import Problem
from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.wire.parsing import MAX_FAULTS
from orders.application.policy.errors import OrderNotFound, ShopNotReady, VersionMismatch
from orders.application.policy.idempotency import KeyReused
from orders.domain.errors import ActionForbidden, Fault, IllegalTransition, ParcelConflict
from orders.domain.lifecycle import Action, Role
from orders.ports.errors import OrderTooLarge
from orders.ports.order_repository import MAX_ORDER_BYTES

_ORDER = f"{BASE}/{ORDER_ID}"
_REQUEST_ID = "req-7f3a"


@dataclass(frozen=True, slots=True)
class Explained:
    """The explanation of a kind of problem, in CommonMark.

    Attributes:
        meaning: its cause.
        remedy: the steps that the caller can take.
        example: the body of such a problem.
        headers: the headers of its responses, by the names of the components.
    """

    meaning: str
    remedy: str
    example: Problem
    headers: tuple[str, ...] = ()


def _example(
    kind: Kind, detail: str, instance: str = _ORDER, *faults: Fault, allowed_actions: Sequence[Action] | None = None
) -> Problem:
    return problem_body(
        kind, detail, instance=instance, request_id=_REQUEST_ID, faults=faults, allowed_actions=allowed_actions
    )


_NOT_READY = ShopNotReady("demo")
_WRONG_LIMIT = Fault(("query", "limit"), "out_of_range", "limit is a whole number from 1 to 100")
_WRONG_FIELDS = (
    Fault(("custmer_id",), "unknown_field", "there is no field 'custmer_id'; did you mean 'customer_id'?"),
    Fault(("items", 0, "quantity"), "int_type", "this must be a whole number"),
)

EXPLAINED: Mapping[Kind, Explained] = {
    problems.MALFORMED: Explained(
        "The body is empty or no JSON, the URL is none, `Host` is missing, or a parameter or header has a value that "
        "it can't have. `errors` names all such parameters, as `/query/NAME` or `/headers/NAME`.",
        "Correct what `errors` or `detail` names. Sent again unchanged it will be refused again.",
        _example(problems.MALFORMED, _WRONG_LIMIT.message, BASE, _WRONG_LIMIT),
    ),
    problems.INVALID_CURSOR: Explained(
        "The cursor was altered, or was given for another listing, other filters, or another shop.",
        "Start again without a cursor, and keep the filters the same from page to page; `limit` may change.",
        _example(
            problems.INVALID_CURSOR,
            "the cursor was not given for this listing; start again without one, with the same filters",
            BASE,
        ),
    ),
    problems.UNAUTHENTICATED: Explained(
        "There is no token, or it can't be believed: expired, from another issuer, or for another audience. "
        "`detail` says which.",
        "Get a new access token and send it as `Authorization: Bearer TOKEN`. If a fresh one is refused as well, "
        "compare its issuer, audience and claims with what *Authentication* says.",
        _example(problems.UNAUTHENTICATED, "the token has expired; get a new one"),
        ("Challenge",),
    ),
    problems.FORBIDDEN: Explained(
        "The order is yours to see, but none of your roles ever allows this; or a customer names another customer "
        "in an order.",
        "Call with a token that has the role the operation needs. `allowed_actions` of an order says what yours "
        "allows.",
        _example(problems.FORBIDDEN, str(ActionForbidden(action="fulfil", roles=[Role.CUSTOMER])), f"{_ORDER}/fulfill"),
    ),
    problems.NOT_FOUND: Explained(
        "There is no such order, parcel or page, or it belongs to somebody else, or it has been deleted: these look "
        "the same.",
        "Check the id and whose token it was. Links from `_links` and `Location` never need to be made up.",
        _example(problems.NOT_FOUND, str(OrderNotFound(ORDER_ID))),
    ),
    problems.METHOD_NOT_ALLOWED: Explained(
        "The path exists, but not with this method; `Allow` names those there are.",
        "Use one of the methods in `Allow`.",
        _example(problems.METHOD_NOT_ALLOWED, f"DELETE is not offered at {_ORDER}/status", f"{_ORDER}/status"),
        ("Allow",),
    ),
    problems.REQUEST_TIMEOUT: Explained(
        "The request did not arrive whole within its time. Nothing was changed.",
        "Send it again, faster. The connection is closed.",
        _example(problems.REQUEST_TIMEOUT, "the body did not arrive within 30 s; nothing was changed", BASE),
        ("RetryAfter",),
    ),
    problems.ILLEGAL_TRANSITION: Explained(
        "The order's status does not allow this. `allowed_actions` lists what you may do to it now.",
        "Read the order again and offer what is allowed. An order that was accepted and is not placed yet allows "
        "nothing for a moment.",
        _example(
            problems.ILLEGAL_TRANSITION,
            str(
                IllegalTransition(
                    action="cancel",
                    status=LIFE.part_shipped.status,
                    allowed_actions=LIFE.part_shipped.allowed_actions([Role.STAFF]),
                )
            ),
            f"{_ORDER}/cancel",
            allowed_actions=LIFE.part_shipped.allowed_actions([Role.STAFF]),
        ),
        ("RetryWhileAccepted",),
    ),
    problems.PARCEL_CONFLICT: Explained(
        "A parcel with this carrier and tracking number is on record, and carries other lines.",
        "To repeat a call whose answer got lost, send the same lines; for another parcel, its own tracking number.",
        _example(
            problems.PARCEL_CONFLICT,
            str(ParcelConflict(carrier="DHL", tracking_number="JD014600003SE")),
            f"{_ORDER}/fulfill",
        ),
    ),
    problems.SHOP_NOT_READY: Explained(
        "The shop takes no orders of customers: no product service checks their prices, and the shop has not said "
        "that they need no check. Its staff and its services still place orders.",
        "Nothing that you can send will do, and no waiting: the shop has to say in its profile that prices are taken "
        "as they are ordered. Operators find such shops by `orders tenants check`.",
        _example(problems.SHOP_NOT_READY, str(_NOT_READY), BASE, _NOT_READY.fault),
    ),
    problems.VERSION_MISMATCH: Explained(
        "`If-Match`, or `version` in the body, names other versions than the order has now: somebody changed it since "
        "you read it.",
        "Read the order again, decide again, and send that with its new ETag.",
        _example(problems.VERSION_MISMATCH, str(VersionMismatch(expected=[3], current=4))),
    ),
    problems.BODY_TOO_LARGE: Explained(
        "A body has at most 256 KiB.",
        "Send less: notes and metadata are the usual reason. Nothing was read.",
        _example(problems.BODY_TOO_LARGE, "a body has at most 256 KiB", BASE),
    ),
    problems.URL_TOO_LONG: Explained(
        f"Path and query have at most {MAX_URL_BYTES:,} bytes.",
        "Ask for less at once.",
        _example(problems.URL_TOO_LONG, f"path and query have at most {MAX_URL_BYTES} bytes", BASE),
    ),
    problems.MEDIA_TYPE_UNSUPPORTED: Explained(
        "The body is declared as something else than JSON, in another charset than UTF-8, or not declared at all; or "
        "it has a content coding, such as gzip.",
        "Send `Content-Type: application/json`; for PATCH also `application/merge-patch+json`. Send the body as it is, "
        "without a `Content-Encoding`.",
        _example(
            problems.MEDIA_TYPE_UNSUPPORTED,
            "the body is declared as text/plain; send Content-Type: application/json",
            BASE,
        ),
        ("AcceptPatch", "AcceptEncoding"),
    ),
    problems.INVALID_CONTENT: Explained(
        "The body is JSON, but not what this operation takes. `errors` names everything that is wrong at once, each "
        "with a JSON pointer, a code and a message; unknown fields come with the name that is close to theirs. It has "
        f"the first {MAX_FAULTS} at most, and `detail` says how many there are.",
        "Correct all that `errors` lists and send it again. Codes are stable, messages are for people and may change.",
        _example(problems.INVALID_CONTENT, "2 things are wrong with the body; see errors", BASE, *_WRONG_FIELDS),
    ),
    problems.KEY_REUSED: Explained(
        "This `Idempotency-Key` was used before, for another body.",
        "A new request needs a new key, and a repeated one the same body. Keys belong to you and the operation: other "
        "callers' are no concern.",
        _example(problems.KEY_REUSED, str(KeyReused()), BASE),
    ),
    problems.ORDER_TOO_LARGE: Explained(
        "The order as a whole would take more room than an order may have.",
        "Shorten texts and metadata, or make two orders of it.",
        _example(problems.ORDER_TOO_LARGE, OrderTooLarge(171_340, MAX_ORDER_BYTES).detail, BASE),
    ),
    problems.RATE_LIMITED: Explained(
        "You have made more requests than you may. Nothing was read, nothing was changed. See *Limits*.",
        "Wait as many seconds as `Retry-After` says. `RateLimit` on every answer says how many requests are left, and "
        "in how many seconds all of them will be again.",
        _example(problems.RATE_LIMITED, str(RateLimited(2)), BASE),
        ("RetryAfter",),
    ),
    problems.HEAD_TOO_LARGE: Explained(
        "A request's line and header fields have at most 32 KiB together.",
        "Send fewer and shorter header fields. The connection is closed.",
        _example(problems.HEAD_TOO_LARGE, "the head of a request has at most 32 KiB", "about:blank"),
    ),
    problems.INTERNAL: Explained(
        "A fault of the service. It is logged and looked at.",
        "Try again, with the same `Idempotency-Key` where there is one: what has been done is not done twice. If it "
        "stays, tell support the `request_id`.",
        _example(
            problems.INTERNAL, "this is a fault of the service; the request id helps us to find out what happened"
        ),
    ),
    problems.UNREADABLE: Explained(
        "What is kept of this order, or of what happened to it, can't be read: a later release wrote it, or it is "
        "damaged. It stays as it is, and so does everything else.",
        "Don't try again by yourself: an operator has been told. If it stays, tell support the `request_id`.",
        _example(
            problems.UNREADABLE,
            "the order is kept, but can't be read at the moment; nothing was changed, and nothing is lost; asking "
            "again will not help before somebody has mended it",
        ),
    ),
    problems.UNAVAILABLE: Explained(
        "Something that the service depends on can't be reached or is busy, or the index of order numbers does not "
        "show yet what was placed a moment ago. Nothing was changed.",
        "Wait as many seconds as `Retry-After` says and send the same again.",
        _example(
            problems.UNAVAILABLE,
            "the orders table can't be reached or is busy; nothing was changed; please try again",
            BASE,
        ),
        ("RetryAfter",),
    ),
    problems.NOT_THE_WRITER: Explained(
        "The service runs in two regions, of which one at a time takes changes, and this one does not at the moment: "
        "while it takes over from the other, or gives over to it. Orders can be read. Nothing was changed.",
        "Wait as many seconds as `Retry-After` says and send the same again, with the same `Idempotency-Key`. Look the "
        "host's address up anew for it: it may have moved to the other region.",
        _example(problems.NOT_THE_WRITER, problems.NO_CHANGES_HERE),
        ("RetryAfter",),
    ),
    problems.TIMED_OUT: Explained(
        "The request took longer than it may. `detail` says what may have happened: nothing, where the method changes "
        "nothing; else it is not known.",
        "Send it again with the same `Idempotency-Key`, and it is carried out once. Without one, look at the order "
        "first.",
        _example(problems.TIMED_OUT, "this took longer than 30 s; nothing was changed; please try again", BASE),
        ("RetryAfter",),
    ),
}
"""Explanations by kind; a test compares them with ``problems.KINDS``."""
