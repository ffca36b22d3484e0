"""What a parcel takes of what is open, and when it can have been on its way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orders.domain.clocks import BACKDATED, CLOCK_SKEW, is_long_before, is_to_come
from orders.domain.errors import Fault, InvalidOrder, Path
from orders.domain.parts import Parcel, ParcelLine


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel as somebody reports it; ``lines`` ``None`` means all that is open."""

    carrier: str
    tracking_number: str = field(repr=False)
    tracking_url: str | None = field(default=None, repr=False)
    lines: tuple[ParcelLine, ...] | None = None
    shipped_at: datetime | None = None


def summed(lines: Iterable[ParcelLine]) -> dict[str, int]:
    """Quantity by line id; a line may be named several times."""
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.line_id] = quantities.get(line.line_id, 0) + line.quantity
    return quantities


def future_faults(path: Path, at: datetime | None, now: datetime) -> list[Fault]:
    """What is wrong with the time of something that has happened."""
    if at is None or not is_to_come(at, now):
        return []
    minutes = int(CLOCK_SKEW.total_seconds()) // 60
    message = f"this is more than {minutes} minutes from now; give the time when it happened, or leave it out for now"
    return [Fault(path, "in_the_future", message)]


def past_faults(path: Path, at: datetime | None, placed_at: datetime) -> list[Fault]:
    """What is wrong with the time of something that has happened with an order, by when that was placed."""
    if at is None or not is_long_before(at, placed_at):
        return []
    placed = placed_at.isoformat(timespec="milliseconds")
    message = f"this is more than {BACKDATED.days} days before the order was placed, at {placed}"
    return [Fault(path, "before_order", message)]


def arrived_before_shipping(parcel: Parcel, at: datetime) -> bool:
    """Whether the parcel can't have arrived then, however clocks differ."""
    return at < parcel.shipped_at - CLOCK_SKEW


def arrival(parcel: Parcel, at: datetime | None, now: datetime, placed_at: datetime) -> datetime:
    """When the parcel arrived: then, or now where nothing is said. Raises: InvalidOrder: it can't have.

    Args:
        placed_at: when its order was.
    """
    faults = future_faults(("delivered_at",), at, now)
    if at is not None and arrived_before_shipping(parcel, at):
        message = f"this is before the parcel was shipped, at {parcel.shipped_at.isoformat(timespec='milliseconds')}"
        faults.append(Fault(("delivered_at",), "before_shipping", message))
    else:
        # A parcel may be on record as shipped long before its order: by a release that did not look.
        faults += past_faults(("delivered_at",), at, placed_at)
    if faults:
        raise InvalidOrder(faults)
    return at or now


def taken_from(
    open_quantities: Mapping[str, int], lines: Sequence[ParcelLine], found: Sequence[Fault] = ()
) -> tuple[ParcelLine, ...]:
    """The lines, each named once, if all of them are open in that quantity.

    Args:
        found: what is wrong with their parcel otherwise.

    Raises: InvalidOrder: with that, and every line that is unknown or of which less is open.
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
