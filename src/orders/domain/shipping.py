"""Rules of parcels: quantities taken from outstanding ones, and plausible times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orders.domain.clocks import BACKDATED, CLOCK_SKEW, is_long_before, is_to_come
from orders.domain.errors import Fault, InvalidOrder, Path
from orders.domain.parts import Line, Parcel, ParcelLine


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel as entered; ``lines`` ``None`` means everything outstanding."""

    carrier: str
    tracking_number: str = field(repr=False)
    tracking_url: str | None = field(default=None, repr=False)
    lines: tuple[ParcelLine, ...] | None = None
    shipped_at: datetime | None = None


def summed(lines: Iterable[ParcelLine]) -> dict[str, int]:
    """Sums quantities by line id; a line may occur several times."""
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.line_id] = quantities.get(line.line_id, 0) + line.quantity
    return quantities


def open_quantities(lines: Iterable[Line], parcels: Iterable[Parcel]) -> dict[str, int]:
    """Returns the quantities not shipped yet, by line id. Raises: KeyError: a parcel has a line that there is not."""
    left = {line.line_id: line.quantity for line in lines}
    for parcel in parcels:
        for shipped in parcel.lines:
            left[shipped.line_id] -= shipped.quantity
    return left


def all_delivered(parcels: Iterable[Parcel]) -> bool:
    """Returns whether none of the parcels is still to arrive."""
    return all(parcel.delivered_at for parcel in parcels)


def future_faults(path: Path, at: datetime | None, now: datetime) -> list[Fault]:
    """Returns the fault of a time in the future."""
    if at is None or not is_to_come(at, now):
        return []
    minutes = int(CLOCK_SKEW.total_seconds()) // 60
    message = f"this is more than {minutes} minutes from now; give the time when it happened, or leave it out for now"
    return [Fault(path, "in_the_future", message)]


def past_faults(path: Path, at: datetime | None, placed_at: datetime) -> list[Fault]:
    """Returns the fault of a time before its order was placed."""
    if at is None or not is_long_before(at, placed_at):
        return []
    placed = placed_at.isoformat(timespec="milliseconds")
    message = f"this is more than {BACKDATED.days} days before the order was placed, at {placed}"
    return [Fault(path, "before_order", message)]


def arrived_before_shipping(parcel: Parcel, at: datetime) -> bool:
    """Returns whether the delivery time is before shipping by more than the clock tolerance."""
    return at < parcel.shipped_at - CLOCK_SKEW


def arrival(parcel: Parcel, at: datetime | None, now: datetime, placed_at: datetime) -> datetime:
    """Returns the delivery time, by default now. Raises: InvalidOrder: an impossible time.

    Args:
        placed_at: when its order was placed.
    """
    faults = future_faults(("delivered_at",), at, now)
    if at is not None and arrived_before_shipping(parcel, at):
        message = f"this is before the parcel was shipped, at {parcel.shipped_at.isoformat(timespec='milliseconds')}"
        faults.append(Fault(("delivered_at",), "before_shipping", message))
    else:
        # A stored parcel may be shipped long before its order, by a release that did not check.
        faults += past_faults(("delivered_at",), at, placed_at)
    if faults:
        raise InvalidOrder(faults)
    return at or now


def taken_from(
    open_quantities: Mapping[str, int], lines: Sequence[ParcelLine], found: Sequence[Fault] = ()
) -> tuple[ParcelLine, ...]:
    """Returns the lines, each once, if all of them are outstanding in that quantity.

    Args:
        found: faults of the parcel found before.

    Raises: InvalidOrder: with those, and every line that is unknown or has less outstanding.
    """
    left, faults = dict(open_quantities), list(found)
    for index, line in enumerate(lines):
        if line.line_id not in left:
            known = ", ".join(list(left)[:10])
            message = f"there is no such line; there are {known}"
            faults.append(Fault(("lines", index, "line_id"), "unknown_line", message))
        elif line.quantity > left[line.line_id]:
            message = f"{line.quantity} is more than the {left[line.line_id]} still open on {line.line_id}"
            faults.append(Fault(("lines", index, "quantity"), "more_than_open", message))
        else:
            left[line.line_id] -= line.quantity
    if faults:
        raise InvalidOrder(faults)
    return tuple(ParcelLine(line_id, quantity) for line_id, quantity in summed(lines).items())
