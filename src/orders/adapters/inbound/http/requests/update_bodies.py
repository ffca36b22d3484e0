"""Reads the bodies of updates: a whole order sent back with other values, or a merge patch of it.

Callers send back the order as they read it. So all fields of an order are accepted here: editable ones are read, the
others may be there unchanged, and are refused by name if they differ.
"""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from orders.adapters.wire.drafts import read_amounts
from orders.adapters.wire.fields import (
    Amount,
    Key,
    Metadata,
    Name,
    Notes,
    ProductId,
    Quantity,
    Rate,
    RequestModel,
    Sku,
    UnitPrice,
    Version,
    parse_time,
)
from orders.adapters.wire.parsing import (
    Faults,
    InvalidBody,
    path_to,
    unknown_field,
    unknown_member,
    validate,
)
from orders.adapters.wire.requests import (
    AddressBody,
    CreateOrderBody,
    CustomerBody,
    PaymentBody,
    SomeAddress,
)
from orders.application.policy.errors import VersionMismatch
from orders.domain.errors import Fault
from orders.domain.placing import MAX_LINES, DraftLine, amount_faults
from orders.domain.revising import Revision

_ZERO = Decimal(0)
SERVERS_OWN = frozenset({"_links", "allowed_actions", "deleted_at", "erased_at", "updated_at"})
"""Fields that describe the order at the time it was read: in an update they are ignored."""

DERIVED_OF_ITEMS = ("open_quantity", "net", "tax")
"""Fields that are computed from an item's other fields."""

_NOT_EDITABLE = frozenset(CreateOrderBody.model_fields) | {"campaign_discount", "prices", "reason"}
"""Fields that an order may have, even if the current one lacks them; those that aren't editable must be unchanged."""


_CLOSED: Mapping[str, Collection[str]] = MappingProxyType(
    {
        "customer": CustomerBody.model_fields,
        "billing_address": AddressBody.model_fields,
        "shipping_address": AddressBody.model_fields,
        "payment": PaymentBody.model_fields,
    }
)
"""The objects in an order whose members have fixed names."""

Read = Callable[[Mapping[str, Any], Mapping[str, Any]], Revision]
"""Reads a revision from a body and the current order: ``read_revision`` or ``read_patch``."""


class RevisedItemBody(RequestModel):
    """A line as it is to be; without ``line_id`` a new one."""

    SET_BY_SERVICE = frozenset(DERIVED_OF_ITEMS)

    product_id: ProductId
    quantity: Quantity
    price: UnitPrice
    """Of one unit, tax excluded; with at most the currency's digits. The maximum counts the currency's smallest units,
    1,000,000,000 of them: 10,000,000.00 ZAR, 1,000,000,000 JPY.
    """
    line_id: Key | None = None
    """Which line of the order it is; left out, a new one."""
    discount: Amount = _ZERO
    tax_rate: Rate = _ZERO
    name: Name | None = None
    sku: Sku | None = None

    def to_domain(self) -> DraftLine:
        """Converts to the domain's type."""
        return DraftLine(
            product_id=self.product_id,
            quantity=self.quantity,
            price=self.price,
            discount=self.discount,
            tax_rate=self.tax_rate,
            name=self.name,
            sku=self.sku,
            line_id=self.line_id,
        )


class RevisionBody(RequestModel):
    """The fields of an order that can be edited; what is left out is cleared."""

    items: Annotated[list[RevisedItemBody], Field(min_length=1, max_length=MAX_LINES)]
    total: Amount | None = None
    """Needed when items change."""
    billing_address: SomeAddress = None
    shipping_address: SomeAddress = None
    notes: Notes | None = None
    metadata: Metadata | None = None
    version: Version | None = None
    """As it was read: the order is changed only if it still has it, as with `If-Match`. Left out, whichever it has."""

    def to_domain(self) -> Revision:
        """Converts to the domain's type."""
        return Revision(
            lines=tuple(item.to_domain() for item in self.items),
            total=self.total,
            billing_address=None if self.billing_address is None else self.billing_address.to_domain(),
            shipping_address=None if self.shipping_address is None else self.shipping_address.to_domain(),
            notes=self.notes,
            metadata=tuple((self.metadata or {}).items()),
        )


def read_revision(body: Mapping[str, Any], current: Mapping[str, Any]) -> Revision:
    """Reads the revision from a body with the whole order.

    Args:
        current: the order as this caller sees it now.

    Raises:
        InvalidBody: with every fault.
    """
    return _read(body, current, Faults())


def _read(body: Mapping[str, Any], current: Mapping[str, Any], faults: Faults) -> Revision:
    """Reads the revision, and adds its faults to those found already. Raises: InvalidBody, if there are any."""
    editable = {}
    for name, value in body.items():
        if name in RevisionBody.model_fields:
            editable[name] = value
        elif name in SERVERS_OWN:
            continue
        elif name in current or name in _NOT_EDITABLE:
            if not _same(value, current.get(name)):
                faults.add(partial(_fixed, [name]))
        else:
            faults.add(partial(_unknown, name, current))
    if isinstance(editable.get("items"), list):
        known = {item["line_id"]: item for item in current["items"]}
        editable["items"] = [
            _without_derived(item, known, index, faults) for index, item in enumerate(editable["items"])
        ]
    try:
        revision = validate(RevisionBody, editable).to_domain()
    except InvalidBody as error:
        told, found = [*error.faults, *faults.told], error.found + faults.found
        raise _with_amounts(InvalidBody(told, found), editable, current) from None
    if faults.found:
        raise _with_amounts(InvalidBody(faults.told, faults.found), editable, current)
    return revision


def _with_amounts(error: InvalidBody, editable: Mapping[str, Any], current: Mapping[str, Any]) -> InvalidBody:
    """Adds the faults of the amounts; shipping and discount are the order's own."""
    amounts = read_amounts({"shipping": current["shipping"], "discount": current["discount"], **editable})
    return error.along_with(amount_faults(amounts, current["currency"], existing=True))


def _unknown(name: str, current: Mapping[str, Any]) -> Fault:
    message = unknown_field(name, [*RevisionBody.model_fields, *_NOT_EDITABLE, *SERVERS_OWN, *current])
    return Fault(path_to([name]), "unknown_field", message)


def read_patch(patch: Mapping[str, Any], current: Mapping[str, Any]) -> Revision:
    """Reads the revision from a body with a merge patch. Args and Raises: as ``read_revision``."""
    whole = merged(current, patch)
    if "items" in patch and "total" not in patch:
        # The current total does not belong to the new items.
        whole.pop("total", None)
    # A field that can't be removed is refused by name, and not treated as left out.
    removed = {name: None for name, value in patch.items() if value is None and name not in RevisionBody.model_fields}
    return _read(whole | removed, current, _unknown_members(patch))


def _unknown_members(patch: Mapping[str, Any]) -> Faults:
    """Finds members that the patch removes and no such object has; a misspelt one would seem to be removed."""
    faults = Faults()
    for name, members in _CLOSED.items():
        given = patch.get(name)
        for member, value in given.items() if isinstance(given, dict) else ():
            if value is None and member not in members:
                faults.add(partial(_unknown_member, name, member))
    return faults


def _unknown_member(name: str, member: str) -> Fault:
    return unknown_member(RevisionBody, [name, member]) if name in RevisionBody.model_fields else _fixed([name, member])


def check_version(body: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Checks that the order still has the version in a valid body; one without a version passes.

    Raises: VersionMismatch.
    """
    given = body.get("version")
    if given is not None and given != current["version"]:
        raise VersionMismatch(expected=[int(given)], current=current["version"])


def check_form(
    read: Callable[[Mapping[str, Any], Mapping[str, Any]], Revision],
    body: Mapping[str, Any],
    current: Mapping[str, Any],
) -> None:
    """Checks that the body is valid for some state of the order, even if not for the current one.

    Bodies are checked before repeated requests are recognised, and before If-Match ([API-3]): a repeated request may
    differ from the current order, because it was carried out when the order had another state.

    Raises:
        InvalidBody: with every fault.
    """
    try:
        read(body, current)
    except InvalidBody as error:
        if not all(_of_this_order(fault) for fault in error.faults):
            raise


def _of_this_order(fault: Fault) -> bool:
    return fault.code == "not_editable" or (fault.path, fault.code) == (("metadata",), "too_long")


def merged(target: Any, patch: Any) -> Any:
    """Applies a JSON merge patch to the target (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _without_derived(item: Any, known: Mapping[str, Any], index: int, faults: Faults) -> Any:
    """Removes an item's computed fields; adds a fault for each that differs from the current one."""
    if not isinstance(item, dict):
        return item
    line_id = item.get("line_id")
    current = known.get(line_id, {}) if isinstance(line_id, str) else {}
    for name in DERIVED_OF_ITEMS:
        if name in item and not _same(item[name], current.get(name)):
            faults.add(partial(_fixed, ["items", index, name]))
    return {name: value for name, value in item.items() if name not in DERIVED_OF_ITEMS}


def _fixed(location: list[str | int]) -> Fault:
    message = "this can't be changed by an update; leave it out, or send it as it is"
    return Fault(path_to(location), "not_editable", message)


def _same(one: Any, other: Any) -> bool:
    """Compares JSON values regardless of their notation.

    Numbers are equal by value (60 is 60.00), times by the moment, and a member that is ``null`` equals one that is left
    out: generated clients read objects, not texts, and write them in the notation of their language.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, Mapping):
        return all(_same(one.get(name), other.get(name)) for name in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _same_moment(one, other)
    return bool(one == other)


def _same_moment(one: str, other: str) -> bool:
    try:
        return parse_time(one) == parse_time(other)
    except PydanticCustomError:
        return False
