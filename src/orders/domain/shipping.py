"""What a parcel takes of what is open."""

from collections.abc import Iterable, Mapping, Sequence

from orders.domain.errors import Fault, InvalidOrder
from orders.domain.parts import ParcelLine


def summed(lines: Iterable[ParcelLine]) -> dict[str, int]:
    """Quantity by line id; a line may be named several times."""
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.line_id] = quantities.get(line.line_id, 0) + line.quantity
    return quantities


def taken_from(open_quantities: Mapping[str, int], lines: Sequence[ParcelLine]) -> tuple[ParcelLine, ...]:
    """The lines, each named once, if all of them are open in that quantity.

    Raises: InvalidOrder: with every line that is unknown or of which less is open.
    """
    left, faults = dict(open_quantities), []
    for index, line in enumerate(lines):
        if line.line_id not in left:
            known = ", ".join(list(left)[:10])
            message = f"there is no such line; there are {known}"
            faults.append(Fault(f"/lines/{index}/line_id", "unknown_line", message))
        elif line.quantity > left[line.line_id]:
            message = f"{line.quantity} is more than the {left[line.line_id]} still open on {line.line_id}"
            faults.append(Fault(f"/lines/{index}/quantity", "more_than_open", message))
        else:
            left[line.line_id] -= line.quantity
    if faults:
        raise InvalidOrder(faults)
    return tuple(ParcelLine(line_id, quantity) for line_id, quantity in summed(lines).items())
