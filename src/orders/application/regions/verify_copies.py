"""Use case of operators: compares two copies of the orders, and names what differs ([OPS-9])."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orders.application.regions.at_once import at_once
from orders.ports.orders_by_day import OrderOutline
from orders.ports.table_copies import OrderCopy, TableCopy

TOGETHER = 8
"""So many orders are compared at once."""
CHECKED_AGAIN = 200
"""So many orders that differ are held before they are compared once more."""
LAG = timedelta(seconds=10)
"""What differs is compared once more after that long: copies are normally made within a second or two."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An order that is not the same in both copies.

    Attributes:
        what: each way in which it differs, in words without contents.
    """

    tenant_id: str
    order_id: str
    day: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day's orders in both copies, and how many of them differ."""

    day: str
    left: int
    right: int
    differing: int


@dataclass(slots=True)
class _Counting:
    left: int = 0
    right: int = 0
    differing: int = 0


_Pair = tuple[OrderOutline | None, OrderOutline | None]


class VerifyCopies:
    """Goes through both copies day by day, side by side; holds a few orders at a time."""

    def __init__(self, left: TableCopy, right: TableCopy, pause: Callable[[float], Awaitable[None]]) -> None:
        """``pause`` waits for so many seconds."""
        self._left = left
        self._right = right
        self._pause = pause

    async def execute(
        self,
        since: datetime,
        until: datetime,
        *,
        tell: Callable[[Difference], None],
        items: bool = True,
        per_day: Callable[[DayCount], None] = lambda _: None,
    ) -> int:
        """Compares the orders placed from the day of ``since`` to that of ``until``, in UTC.

        Args:
            tell: is given each order that differs, as soon as it is known.
            items: also compare every order's items and PDFs, rather than its presence and sequence alone.
            per_day: is given the counts of each day.

        Returns:
            How many orders differ.

        Raises: TransientPortError: a copy can't be read.
        """
        differing, day = 0, since.astimezone(UTC)
        while day.date() <= until.astimezone(UTC).date():
            counting = await self._day(day, items=items, tell=tell)
            per_day(DayCount(f"{day:%Y-%m-%d}", counting.left, counting.right, counting.differing))
            differing += counting.differing
            day += timedelta(days=1)
        return differing

    async def _day(self, day: datetime, *, items: bool, tell: Callable[[Difference], None]) -> _Counting:
        counting, suspects, batch = _Counting(), list[OrderOutline](), list[_Pair]()

        async def compare() -> None:
            suspects.extend(await self._suspects(batch, items=items))
            batch.clear()

        async def check() -> None:
            found = await self._checked_again(suspects, f"{day:%Y-%m-%d}", items=items)
            counting.differing += len(found)
            for each in found:
                tell(each)
            suspects.clear()

        async for pair in _side_by_side(self._left.orders(day), self._right.orders(day)):
            counting.left += pair[0] is not None
            counting.right += pair[1] is not None
            batch.append(pair)
            if len(batch) == TOGETHER:
                await compare()
            if len(suspects) >= CHECKED_AGAIN:
                await check()
        await compare()
        await check()
        return counting

    async def _suspects(self, pairs: Sequence[_Pair], *, items: bool) -> list[OrderOutline]:
        """Returns the orders that differ at a first look."""
        found: list[OrderOutline] = []
        alike: list[OrderOutline] = []
        for left, right in pairs:
            outline = left or right
            if outline is not None:
                (alike if left is not None and left == right else found).append(outline)
        if items:
            differing = await at_once(self._compared(outline, items=True) for outline in alike)
            found += [outline for outline, what in zip(alike, differing, strict=True) if what]
        return found

    async def _checked_again(self, suspects: Sequence[OrderOutline], day: str, *, items: bool) -> list[Difference]:
        """Compares the orders themselves, rather than the index, after what is under way has arrived."""
        if not suspects:
            return []
        await self._pause(LAG.total_seconds())
        found: list[Difference] = []
        for begin in range(0, len(suspects), TOGETHER):
            some = suspects[begin : begin + TOGETHER]
            differing = await at_once(self._compared(outline, items=items) for outline in some)
            found += [
                Difference(outline.tenant_id, outline.order_id, day, tuple(what))
                for outline, what in zip(some, differing, strict=True)
                if what
            ]
        return found

    async def _compared(self, outline: OrderOutline, *, items: bool) -> list[str]:
        left, right = await at_once(copy.order(outline) for copy in (self._left, self._right))
        names = (self._left.name, self._right.name)
        if not left.checksums or not right.checksums:
            missing = [name for name, copy in zip(names, (left, right), strict=True) if not copy.checksums]
            return [f"missing in {name}" for name in missing]
        what = _sequences(left, right, names)
        return what + (_items(left, right, names) if items else [])


def _sequences(left: OrderCopy, right: OrderCopy, names: tuple[str, str]) -> list[str]:
    what = []
    if left.events != right.events:
        ends = [max(copy.events, default=0) for copy in (left, right)]
        what.append(f"events up to {ends[0]} in {names[0]} and {ends[1]} in {names[1]}")
    what += [
        f"event {copy.gap} is missing in {name}, and later ones are there"
        for copy, name in zip((left, right), names, strict=True)
        if copy.gap is not None
    ]
    return what


def _items(left: OrderCopy, right: OrderCopy, names: tuple[str, str]) -> list[str]:
    what: list[str] = []
    for here, there, name in ((left, right, names[1]), (right, left, names[0])):
        what += [f"item {key} is missing in {name}" for key in sorted(here.checksums.keys() - there.checksums.keys())]
        what += [f"PDF {key} is missing in {name}" for key in sorted(here.documents - there.documents)]
    both = left.checksums.keys() & right.checksums.keys()
    what += [f"item {key} differs" for key in sorted(both) if left.checksums[key] != right.checksums[key]]
    return what


async def _side_by_side(left: AsyncIterator[OrderOutline], right: AsyncIterator[OrderOutline]) -> AsyncIterator[_Pair]:
    """Merges both listings, which are in the order of positions; what is at one position comes together."""
    one, other = await anext(left, None), await anext(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.position < other.position):
            yield one, None
            one = await anext(left, None)
        elif one is None or other.position < one.position:
            yield None, other
            other = await anext(right, None)
        else:
            yield one, other
            one, other = await anext(left, None), await anext(right, None)
