"""What replication between two regions does to the versions of objects, by a clock that the test turns."""

from collections.abc import Iterator

from tests.drill.replication.objects import ObjectReplication, ObjectVersion
from tests.drill.replication.transit import Parcel, Transit

A, B = "af-south-1", "eu-west-1"


class World:
    """Two regions' buckets, replicated; the time is the test's."""

    def __init__(self, lags: Iterator[float]) -> None:
        self.now = 0.0
        self.transit: Transit[ObjectVersion] = Transit(lambda: next(lags), lambda: self.now)
        self.replication = ObjectReplication((A, B), self.transit)

    def arrived(self, seconds: float) -> list[Parcel[ObjectVersion]]:
        self.now = seconds
        return self.transit.arrived()


def test_every_version_arrives_once() -> None:
    world = World(iter((1.0, 1.0)))
    assert world.replication.found(A, "a.pdf", "v1", 1)
    assert world.replication.found(A, "a.pdf", "v2", 2)
    assert not world.replication.found(A, "a.pdf", "v2", 2)
    assert [parcel.content.version_id for parcel in world.arrived(1)] == ["v1", "v2"]


def test_a_version_that_arrives_late_goes_beneath_the_current_one() -> None:
    world = World(iter((5.0, 1.0)))
    world.replication.found(A, "a.pdf", "v1", 1)
    world.replication.found(A, "a.pdf", "v2", 2)
    (second,) = world.arrived(1)
    assert world.replication.arrives(second) is None
    (first,) = world.arrived(5)
    assert world.replication.arrives(first) == second.content


def test_what_was_under_way_when_its_region_died_goes_beneath_what_was_written_meanwhile() -> None:
    world = World(iter((1.0, 1.0, 1.0)))
    world.replication.found(A, "a.pdf", "v1", 1)
    world.transit.region_died(A)
    world.replication.found(B, "a.pdf", "w1", 60_000)
    assert world.arrived(100) == []
    world.transit.region_returned(A)
    late, back = world.arrived(101)
    current = world.replication.arrives(late)
    assert current is not None
    assert current.version_id == "w1"
    assert world.replication.arrives(back) is None


def test_what_replication_has_made_is_not_sent_back() -> None:
    world = World(iter((1.0,)))
    world.replication.found(A, "a.pdf", "v1", 1)
    world.arrived(1)
    world.replication.made(B, "a.pdf", "copy-of-v1")
    assert not world.replication.found(B, "a.pdf", "copy-of-v1", 2)
    assert world.transit.under_way == 0


def test_a_marker_of_deletion_is_replicated() -> None:
    world = World(iter((1.0,)))
    world.replication.found(A, "a.pdf", "d1", 1, is_marker=True)
    assert world.arrived(1)[0].content.is_marker
