"""What is on its way between two regions: each piece with its own lag, and held back while a region is dead."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parcel(Generic[T]):
    """One piece on its way.

    Attributes:
        was_held: true if a region was dead while it was on its way: it arrives late.
    """

    origin: str
    target: str
    content: T
    was_held: bool = False


@dataclass(order=True, slots=True)
class _Due(Generic[T]):
    at: float
    number: int
    parcel: Parcel[T] = field(compare=False)


class Transit(Generic[T]):
    """Keeps what one region has sent and the other not received yet.

    Each parcel has a lag of its own, so that later ones overtake earlier ones. What was not delivered when its origin
    or its target died stays where it is until both live, and takes its time anew from then on.
    """

    def __init__(self, lag: Callable[[], float], clock: Callable[[], float]) -> None:
        """``lag`` gives the next parcel's lag in seconds; ``clock`` the time in seconds, which never goes back."""
        self._lag = lag
        self._clock = clock
        self._flying: list[_Due[T]] = []
        self._held: list[Parcel[T]] = []
        self._dead: set[str] = set()
        self._sent = 0

    @property
    def dead(self) -> frozenset[str]:
        """The regions that are dead now."""
        return frozenset(self._dead)

    @property
    def held(self) -> tuple[Parcel[T], ...]:
        """What waits for a dead region."""
        return tuple(self._held)

    @property
    def under_way(self) -> int:
        """Counts what is flying and what is held back."""
        return len(self._flying) + len(self._held)

    def under_way_from(self, origin: str) -> int:
        """Counts what of it comes from this region."""
        return sum(due.parcel.origin == origin for due in self._flying) + sum(
            parcel.origin == origin for parcel in self._held
        )

    def send(self, origin: str, target: str, content: T) -> None:
        """Send one piece."""
        self._dispatch(Parcel(origin, target, content))

    def region_died(self, region: str) -> None:
        """Hold back all that comes from this region or goes there."""
        self._dead.add(region)
        staying = [due.parcel for due in self._flying if region in {due.parcel.origin, due.parcel.target}]
        self._flying = [due for due in self._flying if region not in {due.parcel.origin, due.parcel.target}]
        heapq.heapify(self._flying)
        self._held += staying

    def region_returned(self, region: str) -> None:
        """Let go of what waited for this region, with a new lag for each piece."""
        self._dead.discard(region)
        waiting, self._held = self._held, []
        for parcel in waiting:
            self._dispatch(Parcel(parcel.origin, parcel.target, parcel.content, was_held=True))

    def arrived(self) -> list[Parcel[T]]:
        """Takes out what has arrived by now, earliest first."""
        now = self._clock()
        found: list[Parcel[T]] = []
        while self._flying and self._flying[0].at <= now:
            found.append(heapq.heappop(self._flying).parcel)
        return found

    def _dispatch(self, parcel: Parcel[T]) -> None:
        if self._dead & {parcel.origin, parcel.target}:
            self._held.append(parcel)
            return
        self._sent += 1
        heapq.heappush(self._flying, _Due(self._clock() + self._lag(), self._sent, parcel))
