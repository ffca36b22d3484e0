"""Every way in which the domain refuses something.

The errors carry typed facts, not HTTP codes: inbound adapters decide how each one looks to their callers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias


class DomainError(Exception):
    """A rule of the product refuses what was asked. Asking again unchanged will be refused again."""


Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input.

    Attributes:
        path: names of fields and places in lists, from the document to the faulty value; ``()`` for the whole of it.
        code: stable, machine-readable kind of fault, in snake case.
        message: what is wrong and what would be right, for people.
    """

    path: Path
    code: str
    message: str


def _place(path: Path) -> str:
    return "".join(f"/{part}" for part in path)


class InvalidOrder(DomainError):
    """The content of an order breaks one or more rules; ``faults`` names all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{_place(fault.path)}: {fault.message}" for fault in self.faults))


class IllegalTransition(DomainError):
    """The order's status does not allow the action; ``allowed_actions`` says what its caller may do now."""

    def __init__(self, *, action: str, status: str, allowed_actions: Sequence[str]) -> None:
        self.action = action
        self.status = status
        self.allowed_actions = tuple(allowed_actions)
        allowed = ", ".join(self.allowed_actions) or "none"
        super().__init__(f"an order that is {status} does not allow {action}; allowed now: {allowed}")


class ActionForbidden(DomainError):
    """The caller may never do this: none of their roles is given the action."""

    def __init__(self, *, action: str, roles: Sequence[str]) -> None:
        self.action = action
        self.roles = tuple(roles)
        super().__init__(f"role {', '.join(self.roles) or 'none'} may not do this: {action.replace('_', ' ')}")


class ParcelConflict(DomainError):
    """A parcel with this carrier and tracking number is on record with other lines."""

    def __init__(self, *, carrier: str, tracking_number: str) -> None:
        self.carrier = carrier
        self.tracking_number = tracking_number
        super().__init__(
            "a parcel of this carrier with this tracking number is on record with other lines; "
            "send the same lines to repeat the call, or the other parcel's own tracking number"
        )


class UnknownParcel(DomainError):
    """The order has no parcel of this id."""

    def __init__(self, parcel_id: str, known: Sequence[str]) -> None:
        self.parcel_id = parcel_id
        self.known = tuple(known)
        super().__init__(f"the order has no such parcel; it has {', '.join(known) or 'none'}")


class InvalidIdentifier(DomainError):
    """A text is not the identifier it should be."""


class InvalidOrderNumber(InvalidIdentifier):
    """A text is no order number; ``mistyped`` is true when only its check character does not fit."""

    def __init__(self, text: str, *, mistyped: bool) -> None:
        self.text = text
        self.mistyped = mistyped
        super().__init__(
            "the order number has a typo: its check character does not fit; please read it again"
            if mistyped
            else "this is no order number; one looks like BB-7K3M-9QX2-4TPA-R"
        )


class InvalidAmount(DomainError):
    """A number is no amount of its currency."""


class WithdrawnCurrency(InvalidAmount):
    """A code is a currency that money is no longer paid in, and that nothing new may be in."""

    def __init__(self, code: str, since: date, replaced_by: str) -> None:
        self.code = code
        self.since = since
        self.replaced_by = replaced_by
        super().__init__(f"{code} was withdrawn on {since.isoformat()}; new orders are in {replaced_by} instead")


class UnknownCurrency(InvalidAmount):
    """A code is not an ISO 4217 currency that money is paid in."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"{code[:12]!r} is no ISO 4217 currency code; three capital letters such as ZAR or USD")
