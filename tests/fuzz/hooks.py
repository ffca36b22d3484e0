"""Hooks that tell schemathesis more of this API than its document; loaded by schemathesis.toml."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.modes import GenerationMode
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import UseAfterFree

from orders.domain.identity import order_number
from orders.domain.pricing.currencies import CURRENCIES

SHOPS_CURRENCY = "ZAR"
MOST_VERSIONS = 20
MEANING = frozenset(
    {
        # Sums and digits.
        "total_mismatch", "invalid_amount", "negative_total", "negative_line", "amount_too_large", "invalid_rate",
        # What the order is, or has.
        "not_editable", "not_editable_now", "unknown_line", "repeated_line", "more_than_open", "too_many_parcels",
        # What one field says of another: a reason with a refusal and nothing else, a total with other lines.
        "missing", "reason_not_taken", "wrong_order",
        # What clocks say.
        "in_the_future", "before_shipping", "before_order",
        # What texts say.
        "card_number", "combining_marks", "hidden_character", "time_form", "invalid_order_number", "invalid_etag",
        "invalid_key", "blank", "mail_address",
        # Who says what things cost, and in which currency.
        "discount_not_allowed", "zero_price", "tax_rate_not_listed", "shipping_not_listed", "withdrawn_currency",
        # Entries of metadata, together with those that are there.
        "too_long",
    }
)  # fmt: skip
"""Codes of faults that no schema can tell of."""
BODIES_OF_LINKS: dict[str, Any] = {
    "ProcessOrder": {"status": "processing"},
    "RejectOrder": {"status": "rejected", "reason": "out_of_stock"},
    "CompleteOrder": {"status": "completed"},
    "FulfilOrder": {"tracking_number": "TRACK123456", "carrier": "DHL"},
}
TAKE_NO_REASON = frozenset({"processing", "completed"})
ORDERING = frozenset({"createOrder", "quoteOrder"})
"""They take a whole order, whose total has to be right."""
UPDATES = frozenset({"updateOrder", "patchOrder"})
EASILY_PATCHED = frozenset({"notes", "metadata", "billing_address", "shipping_address"})
KINDS = frozenset({"invalid-cursor", "idempotency-key-reused", "order-too-large", "version-mismatch"})


@schemathesis.hook
def before_load_schema(_context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Say what is to be sent where a link of the document leads on."""
    links = raw_schema["components"]["links"]
    for name, body in BODIES_OF_LINKS.items():
        links[name]["requestBody"] = body
    for name in (*BODIES_OF_LINKS, "UpdateOrder"):
        # That body, and not some generated one with its members put into it: a reason would be left of that.
        links[name]["x-schemathesis"] = {"merge_body": False}


@schemathesis.hook
def map_case(_context: HookContext, case: Any) -> Any:
    """Make right what no schema can say, so that most is accepted and the rest of the API has orders to work on."""
    operation_id = case.operation.definition.raw["operationId"]
    if _is_positive(case) and _names_no_version(case.headers.get("If-Match", "")):
        case.headers["If-Match"] = "*"
    if operation_id in ORDERING and _is_positive(case):
        _make_reachable(case.body.get("customer"))
        _reckon(case.body)
    if operation_id == "listOrders" and _is_positive(case) and "order_number" in (case.query or {}):
        case.query["order_number"] = _as_people_type_it(case.query["order_number"])
    if operation_id == "setOrderStatus" and _is_positive(case) and case.body.get("status") in TAKE_NO_REASON:
        case.body.pop("reason", None)
    if operation_id in UPDATES and _is_positive(case) and (case.body.get("version") or 0) > MOST_VERSIONS:
        case.body.pop("version")
    if operation_id == "patchOrder" and _is_positive(case) and len(case.body) % 2:
        # Every other patch leaves alone what it would have to know of the order.
        case.body = {name: value for name, value in case.body.items() if name in EASILY_PATCHED}
    return case


@schemathesis.check
def refused_for_its_meaning_only(_context: CheckContext, response: Response, case: Any) -> None:
    """Checks that a body which fits the schema is refused only for rules that a schema can't express."""
    if response.status_code not in {400, 422} or not _is_positive(case):
        return
    problem = response.json()
    codes = {fault["code"] for fault in problem.get("errors", [])}
    kind = problem["type"].rpartition("/")[2]
    if kind in KINDS or (codes and codes <= MEANING):
        return
    raise RefusedByForm(
        operation=case.operation.label,
        message=f"{kind}: {', '.join(sorted(codes)) or problem['detail']}: {problem.get('errors')}",
    )


@schemathesis.hook
def filter_failure(_context: HookContext, failure: Failure, case: Any, _response: Response) -> bool:
    """Drop what is no failure: admins who ask for deleted orders are shown them."""
    asked = str((case.query or {}).get("include_deleted")).lower() == "true"
    return not (isinstance(failure, UseAfterFree) and asked)


class RefusedByForm(Failure):
    """The document allows something that the service refuses for its form."""

    code = "ORDERS1"
    kind_title = "Valid data is refused for its form"


def _is_positive(case: Any) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _names_no_version(tag: str) -> bool:
    """Returns whether the ETag is of a version that no order reaches: sending it would block what could be done."""
    if tag in {"", "*"}:
        return False
    versions = re.findall(r'"?\b([0-9]{1,9})(?:-[0-9a-f]{8})?(?:"|$)', tag)
    return not any(int(version) <= MOST_VERSIONS for version in versions)


def _as_people_type_it(text: str) -> str:
    """An order number made of any text, in capitals or not."""
    number = order_number(text)
    return number.lower() if len(text) % 2 else number


def _make_reachable(customer: Any) -> None:
    """An address that mail can be sent to in place of any text; some of them stay, and are refused."""
    address = (customer or {}).get("email")
    if address and len(address) % 8:
        customer["email"] = f"shopper{len(address)}@example.com"


def _reckon(body: Any) -> None:
    """Cut amounts to the currency's digits and to a size that can be reckoned with, and give the total they come to."""
    # One that is withdrawn is refused, whatever the amounts are.
    currency = CURRENCIES.get(body.get("currency") or SHOPS_CURRENCY, CURRENCIES[SHOPS_CURRENCY])
    unit = Decimal(1).scaleb(-currency.digits)

    def cut(holder: dict[str, Any], name: str, most: Decimal) -> Decimal:
        amount = min(Decimal(str(holder.get(name) or 0)), most, 10**6 * unit).quantize(unit)
        if name in holder:
            holder[name] = float(amount)
        return amount

    total = Decimal(0)
    for item in body["items"]:
        net = cut(item, "price", 10**6 * unit) * int(item["quantity"])
        net -= cut(item, "discount", net)
        rate = Decimal(str(item.get("tax_rate") or 0)).quantize(Decimal("0.0001"))
        if "tax_rate" in item:
            item["tax_rate"] = float(rate)
        total += net + (net * rate).quantize(unit, ROUND_HALF_EVEN)
    total += cut(body, "shipping", 10**6 * unit)
    total -= cut(body, "discount", total)
    body["total"] = float(total)
