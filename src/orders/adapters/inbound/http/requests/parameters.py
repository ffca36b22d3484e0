"""Reads query parameters, and reports the faults of each by its name."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from litestar.datastructures import MultiDict
from pydantic_core import PydanticCustomError

from orders.adapters.privacy.masking import as_name, is_name
from orders.adapters.wire.fields import parse_time
from orders.adapters.wire.parsing import MAX_FAULTS
from orders.domain.errors import Fault, InvalidIdentifier
from orders.domain.identity import check_key, parse_order_number
from orders.domain.lifecycle import Role, Status

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
MAX_CURSOR_CHARACTERS = 512


class InvalidParameters(Exception):
    """Query parameters are unknown or have invalid values.

    Attributes:
        faults: the first ``MAX_FAULTS`` faults.
        found: the number of all faults.
    """

    def __init__(self, faults: Sequence[Fault], found: int = 0) -> None:
        self.faults = tuple(faults[:MAX_FAULTS])
        self.found = max(found, len(faults))
        super().__init__(f"{self.found} faults in the parameters")


@dataclass(frozen=True, slots=True)
class ListParameters:
    """The parameters of ``GET /v1.0/orders``."""

    customer_id: str | None
    statuses: tuple[Status, ...]
    order_number: str | None
    created_from: datetime | None
    created_to: datetime | None
    include_deleted: bool
    ascending: bool
    limit: int
    cursor: str | None

    def binding(self) -> str:
        """Joins the parameters that a cursor of this listing is bound to; the limit may change from page to page."""
        return "|".join(
            "" if part is None else str(part)  # a customer may well be called None
            for part in (
                self.customer_id,
                ",".join(self.statuses),
                self.order_number,
                self.created_from and self.created_from.isoformat(),
                self.created_to and self.created_to.isoformat(),
                self.include_deleted,
                self.ascending,
            )
        )


class _Reader:
    def __init__(self, query: MultiDict[str], known: Collection[str]) -> None:
        self._query = query
        self.faults: list[Fault] = []
        unknown = [name for name in dict.fromkeys(query) if name not in known]
        self._untold = len(unknown[MAX_FAULTS:])
        for name in unknown[:MAX_FAULTS]:
            close = difflib.get_close_matches(name[:64], known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(known)) or 'none'}"
            where = name if is_name(name) else ""
            self.fault(where, "unknown_parameter", f"there is no parameter {as_name(name)}{hint}")

    def fault(self, name: str, code: str, message: str) -> None:
        self.faults.append(Fault(("query", name), code, message))

    def check(self) -> None:
        """Checks that there are no faults. Raises: InvalidParameters."""
        if self.faults:
            raise InvalidParameters(self.faults, len(self.faults) + self._untold)

    def all(self, name: str) -> list[str]:
        return [str(value) for value in self._query.getall(name, [])]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        if len(values) > 1:
            self.fault(name, "repeated_parameter", f"{name} is given more than once")
        return values[0] if values else None

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        value = self.one(name)
        if value is not None and value not in choices:
            self.fault(name, "unknown_value", f"{name} is one of {', '.join(choices)}")
            return default
        return default if value is None else value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.one(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= 9 and low <= int(value) <= high):
            self.fault(name, "out_of_range", f"{name} is a whole number from {low} to {high}")
            return default
        return int(value)

    def time(self, name: str) -> datetime | None:
        value = self.one(name)
        if value is None:
            return None
        try:
            # An unescaped + in a query string arrives as a blank.
            return parse_time(value.replace(" ", "+"))
        except PydanticCustomError as error:
            self.fault(name, error.type, error.message())
            return None

    def in_order(self, first: str, start: datetime | None, last: str, end: datetime | None) -> None:
        if start is not None and end is not None and start > end:
            message = f"{first} is later than {last}, so that nothing can be between them"
            self.fault(first, "wrong_order", message)

    def key(self, name: str) -> str | None:
        value = self.one(name)
        try:
            return None if value is None else check_key(value, name)
        except InvalidIdentifier as error:
            self.fault(name, "invalid_key", str(error))
            return None

    def order_number(self, name: str) -> str | None:
        value = self.one(name)
        try:
            return None if value is None else parse_order_number(value)
        except InvalidIdentifier as error:
            self.fault(name, "invalid_order_number", str(error))
            return None


def _cursor(reader: _Reader) -> str | None:
    cursor = reader.one("cursor")
    if cursor is not None and not 1 <= len(cursor) <= MAX_CURSOR_CHARACTERS:
        reader.fault("cursor", "invalid_cursor", "this is no cursor of ours")
        return None
    return cursor


def _include_deleted(reader: _Reader) -> bool:
    return reader.choice("include_deleted", ("false", "true"), "false") == "true"


def list_parameters(query: MultiDict[str]) -> ListParameters:
    """Reads the parameters of a listing. Raises: InvalidParameters with every fault."""
    reader = _Reader(
        query,
        {
            "customer_id", "status", "order_number", "created_from", "created_to", "include_deleted", "sort",
            "limit", "cursor",
        },
    )  # fmt: skip
    known = [str(status) for status in Status]
    statuses = []
    for value in reader.all("status"):
        if value in known:
            statuses.append(Status(value))
        else:
            reader.fault("status", "unknown_value", f"status is one of {', '.join(known)}")
    parameters = ListParameters(
        customer_id=reader.key("customer_id"),
        statuses=tuple(sorted(set(statuses))),
        order_number=reader.order_number("order_number"),
        created_from=reader.time("created_from"),
        created_to=reader.time("created_to"),
        include_deleted=_include_deleted(reader),
        ascending=reader.choice("sort", ("-created_at", "created_at"), "-created_at") == "created_at",
        limit=reader.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
        cursor=_cursor(reader),
    )
    reader.in_order("created_from", parameters.created_from, "created_to", parameters.created_to)
    reader.check()
    return parameters


def asks_for_deleted(query: MultiDict[str]) -> bool:
    """Tells whether deleted orders are asked for, also by an invalid value: permission is checked before values."""
    return bool(set(query.getall("include_deleted", [])) - {"false"})


def page_parameters(query: MultiDict[str]) -> tuple[int, str | None]:
    """Reads ``limit`` and ``cursor`` of one order's listings; ``include_deleted`` may be there too.

    Raises: InvalidParameters.
    """
    reader = _Reader(query, {"limit", "cursor", "include_deleted"})
    limit, cursor = reader.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT), _cursor(reader)
    _include_deleted(reader)
    reader.check()
    return limit, cursor


def check_read_parameters(query: MultiDict[str]) -> None:
    """Checks that a request to read an order, or a part of it, has no parameter but ``include_deleted``.

    Raises: InvalidParameters.
    """
    reader = _Reader(query, {"include_deleted"})
    _include_deleted(reader)
    reader.check()


def no_parameters(query: MultiDict[str]) -> None:
    """Checks that there are no parameters. Raises: InvalidParameters."""
    _Reader(query, ()).check()


@dataclass(frozen=True, slots=True)
class TokenParameters:
    """The owner of a requested token of the development issuer; ``None`` stands for the issuer's default."""

    tenant: str | None
    customer: str
    roles: tuple[Role, ...]
    email: str | None = field(repr=False)


def token_parameters(query: MultiDict[str]) -> TokenParameters:
    """Reads the parameters of ``GET /local/token``. Raises: InvalidParameters with every fault."""
    reader = _Reader(query, {"tenant", "customer", "role", "email"})
    tenant, customer, email = reader.key("tenant"), reader.key("customer"), reader.one("email")
    roles = reader.all("role")
    if customer is None and not reader.all("customer"):
        reader.fault("customer", "missing", "customer is required: the customer id, such as cust_test_001")
    if not roles or not set(roles) <= set(Role):
        reader.fault("role", "unknown_value", f"role is one or more of {', '.join(Role)}")
    reader.check()
    return TokenParameters(tenant, customer or "", tuple(Role(each) for each in roles), email)
