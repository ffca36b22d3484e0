"""Keys of cursors in a secret: rotated while tasks run, without one cursor lost on the way."""

from datetime import timedelta

import pytest

from orders.adapters.inbound.http.security.cursor import CursorCodec, InvalidCursor
from orders.adapters.inbound.http.security.cursor_keys import SecretCursorKeys
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.secrets import MemorySecrets
from orders.adapters.refreshing_cache import Freshness
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.secrets import SecretVersion
from tests.support.builders import NOON

NAME = "bbws-orders/cursor-keys"
FRESHNESS = Freshness(fresh_seconds=300, stale_seconds=600, pause_seconds=60, first_pause_seconds=5)
SETTLED = timedelta(seconds=660)
BOUND = "orders|tenant_a"


class Fleet:
    """Tasks that share a secret and a clock, and each keep what they have read of it."""

    def __init__(self, tasks: int = 2) -> None:
        self.clock = FixedClock(NOON)
        self.secrets = MemorySecrets(self.clock)
        self.keys = [self.task() for _ in range(tasks)]
        self.codecs = [CursorCodec(keys) for keys in self.keys]

    def _seconds(self) -> float:
        return (self.clock.at - NOON).total_seconds()

    def task(self) -> SecretCursorKeys:
        """One more, which has read nothing yet."""
        return SecretCursorKeys(
            self.secrets,
            NAME,
            FRESHNESS,
            clock=self.clock,
            settled_after=SETTLED,
            monotonic=self._seconds,
        )

    def rotate(self, letter: str) -> None:
        self.secrets.put(NAME, letter * 32)


async def test_each_task_opens_what_another_has_sealed() -> None:
    fleet = Fleet()
    fleet.rotate("a")
    first, second = fleet.codecs
    assert await second.open(await first.seal("here", BOUND), BOUND) == "here"


@pytest.mark.parametrize("seen_seconds", range(0, 600, 60))
@pytest.mark.parametrize("asked_every_seconds", [20, 310, 900])
async def test_through_a_rotation_every_cursor_opens_in_every_task(seen_seconds: int, asked_every_seconds: int) -> None:
    """One task is asked all the time; the other read its key so long before the rotation, and is asked that often."""
    fleet = Fleet()
    fleet.rotate("a")
    busy, other = fleet.codecs
    given = [await other.seal("old", BOUND)]
    fleet.clock.advance(timedelta(seconds=seen_seconds))
    fleet.rotate("b")
    for second in range(20, 1820, 20):
        fleet.clock.advance(timedelta(seconds=20))
        given.append(await busy.seal("new", BOUND))
        if second % asked_every_seconds < 20:
            assert await other.open(given[-1], BOUND) == "new"
            given.append(await other.seal("new", BOUND))
        assert await busy.open(given[0], BOUND) == "old"
        assert await busy.open(given[-1], BOUND) == "new"
    # By now both seal with the new key, so that the next rotation makes the first one's cursors worthless, not theirs.
    fleet.rotate("c")
    later = CursorCodec(fleet.task())
    assert await later.open(given[-1], BOUND) == "new"
    with pytest.raises(InvalidCursor):
        await later.open(given[0], BOUND)


async def test_a_new_key_seals_only_when_every_task_has_seen_it() -> None:
    fleet = Fleet(1)
    fleet.rotate("a")
    fleet.clock.advance(timedelta(days=1))
    fleet.rotate("b")
    assert await fleet.keys[0].keys() == (b"a" * 32, b"b" * 32)
    fleet.clock.advance(SETTLED - timedelta(milliseconds=1))
    assert (await fleet.keys[0].keys())[0] == b"a" * 32
    fleet.clock.advance(timedelta(milliseconds=1))
    assert await fleet.keys[0].keys() == (b"b" * 32, b"a" * 32)


async def test_what_lay_there_before_the_first_key_is_none() -> None:
    fleet = Fleet(1)
    fleet.secrets.put(NAME, "to be replaced")
    with pytest.raises(PermanentPortError, match="at least 32 bytes") as caught:
        await fleet.keys[0].warm_up()
    assert "to be replaced" not in str(caught.value)
    fleet.rotate("a")
    fleet.clock.advance(timedelta(seconds=5))
    assert await fleet.keys[0].keys() == (b"a" * 32,)


async def test_a_broken_rotation_changes_nothing() -> None:
    fleet = Fleet(1)
    fleet.rotate("a")
    assert await fleet.keys[0].keys() == (b"a" * 32,)
    fleet.secrets.put(NAME, "oops")
    fleet.clock.advance(timedelta(hours=1))
    assert await fleet.keys[0].keys() == (b"a" * 32,)
    await fleet.keys[0].close()


async def test_without_any_key_no_cursor_is_made() -> None:
    fleet = Fleet(1)
    fleet.secrets.reachable = False
    with pytest.raises(TransientPortError, match="secrets store"):
        await fleet.codecs[0].seal("here", BOUND)


class RotatedInBetween(MemorySecrets):
    """A secret that gets a new value between the two questions of one look at it."""

    async def current(self, name: str) -> SecretVersion:
        found = await super().current(name)
        self._rotate(name)
        return found

    async def previous(self, name: str) -> SecretVersion | None:
        found = await super().previous(name)
        self._rotate(name)
        return found

    def _rotate(self, name: str) -> None:
        if self.reads == 1:
            self.put(name, "b" * 32)


async def test_a_rotation_while_it_is_read_does_not_hide_the_key_in_use() -> None:
    clock = FixedClock(NOON)
    secrets = RotatedInBetween(clock)
    secrets.put(NAME, "a" * 32)
    keys = SecretCursorKeys(secrets, NAME, FRESHNESS, clock=clock, settled_after=SETTLED, monotonic=lambda: 0.0)
    assert b"a" * 32 in await keys.keys()
