"""Renewing the key that signs cursors: none that a caller holds becomes worthless ([SEC-7])."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from orders.adapters.inbound.http.security.cursor import CursorCodec, InvalidCursor
from orders.adapters.inbound.http.security.cursor_keys import SecretCursorKeys
from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.secrets import MemorySecrets
from orders.adapters.refreshing_cache import Freshness
from orders.application.operations.rotate_cursor_key import (
    CURSOR_LIFE,
    CurrentValueNoKey,
    RotateCursorKey,
    Rotation,
    RotationTooSoon,
)
from orders.ports.errors import TransientPortError
from orders.ports.secrets import SecretReplaced, SecretUnusable, SecretVersion
from tests.support.builders import NOON

NAME = "bbws-orders/prod/cursor-keys"
SIGNS_AFTER = timedelta(seconds=660)
FRESHNESS = Freshness(fresh_seconds=300, stale_seconds=600, pause_seconds=60, first_pause_seconds=5)
BOUND = "orders|tenant_a"
OLD, FIRST, SECOND = "o" * 32, "a" * 43, "b" * 43


class Shelf:
    """A secret, its rotation, and a task of the API that reads it."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.secrets = MemorySecrets(self.clock)
        self.fresh: Iterator[str] = iter((FIRST, SECOND, "c" * 43))
        self.rotation = RotateCursorKey(
            self.secrets,
            self.secrets,
            self.clock,
            name=NAME,
            signs_after=SIGNS_AFTER,
            new_key=lambda: next(self.fresh),
        )

    def task(self) -> CursorCodec:
        return CursorCodec(
            SecretCursorKeys(
                self.secrets,
                NAME,
                FRESHNESS,
                clock=self.clock,
                settled_after=SIGNS_AFTER,
                monotonic=self._seconds,
            )
        )

    def _seconds(self) -> float:
        return (self.clock.at - NOON).total_seconds()

    async def values(self) -> tuple[str, str | None]:
        previous = await self.secrets.previous(NAME)
        return (await self.secrets.current(NAME)).value, None if previous is None else previous.value


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_the_key_before_becomes_the_previous_one(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, OLD)
    done = await shelf.rotation.execute()
    assert await shelf.values() == (FIRST, OLD)
    assert done == Rotation(NAME, NOON + SIGNS_AFTER, NOON + SIGNS_AFTER + CURSOR_LIFE, loses_cursors=False)


async def test_a_secret_without_a_value_gets_its_first_key(shelf: Shelf) -> None:
    shelf.secrets.create(NAME)
    assert (await shelf.rotation.execute()).signs_from == NOON
    assert await shelf.values() == (FIRST, None)


async def test_a_placeholder_is_replaced_at_once(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, "to be replaced")
    assert (await shelf.rotation.execute()).signs_from == NOON
    shelf.clock.advance(timedelta(seconds=1))
    await shelf.rotation.execute()  # the placeholder was no key: nothing is lost with it
    assert await shelf.values() == (SECOND, FIRST)


async def test_a_rotation_waits_until_the_one_before_is_settled(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, OLD)
    await shelf.rotation.execute()
    shelf.clock.advance(SIGNS_AFTER + CURSOR_LIFE - timedelta(seconds=1))
    with pytest.raises(RotationTooSoon, match="UTC callers hold cursors of the key before") as refused:
        await shelf.rotation.execute()
    assert refused.value.possible_from == NOON + SIGNS_AFTER + CURSOR_LIFE
    assert OLD not in str(refused.value)
    assert FIRST not in str(refused.value)
    assert await shelf.values() == (FIRST, OLD)
    shelf.clock.advance(timedelta(seconds=1))
    await shelf.rotation.execute()
    assert await shelf.values() == (SECOND, FIRST)


async def test_a_leaked_key_is_rotated_out_by_force(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, OLD)
    assert not (await shelf.rotation.execute(force=True)).loses_cursors
    assert (await shelf.rotation.execute(force=True)).loses_cursors
    assert await shelf.values() == (SECOND, FIRST)


async def test_a_dry_run_changes_nothing_and_refuses_the_same(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, OLD)
    planned = await shelf.rotation.execute(dry_run=True)
    assert await shelf.values() == (OLD, None)
    assert await shelf.rotation.execute() == planned
    with pytest.raises(RotationTooSoon):
        await shelf.rotation.execute(dry_run=True)
    assert (await shelf.rotation.execute(dry_run=True, force=True)).loses_cursors
    assert await shelf.values() == (FIRST, OLD)


async def test_a_value_that_is_no_key_does_not_push_out_the_one_in_use(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, OLD)
    shelf.secrets.put(NAME, "oops")
    with pytest.raises(CurrentValueNoKey, match="Give that the label AWSCURRENT again"):
        await shelf.rotation.execute()
    assert await shelf.values() == ("oops", OLD)
    assert (await shelf.rotation.execute(force=True)).loses_cursors
    assert await shelf.values() == (FIRST, "oops")


class RotatedMeanwhile(MemorySecrets):
    """A secret that another process rotates after it was read."""

    async def replace(self, name: str, value: str, *, seen: SecretVersion | None) -> None:
        await super().replace(name, "other" * 10, seen=seen)
        await super().replace(name, value, seen=seen)


async def test_of_two_rotations_at_once_one_is_made() -> None:
    clock = FixedClock(NOON)
    secrets = RotatedMeanwhile(clock)
    secrets.put(NAME, OLD)
    rotation = RotateCursorKey(secrets, secrets, clock, name=NAME, signs_after=SIGNS_AFTER, new_key=lambda: FIRST)
    with pytest.raises(SecretReplaced):
        await rotation.execute()
    previous = await secrets.previous(NAME)
    assert previous is not None
    assert previous.value == OLD


async def test_a_secret_that_is_not_there_is_named(shelf: Shelf) -> None:
    with pytest.raises(SecretUnusable, match=NAME):
        await shelf.rotation.execute()


async def test_without_the_store_nothing_is_rotated(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, OLD)
    shelf.secrets.reachable = False
    with pytest.raises(TransientPortError):
        await shelf.rotation.execute()


async def test_rotations_in_a_row_lose_no_cursor_that_is_used_within_its_hour(shelf: Shelf) -> None:
    shelf.secrets.put(NAME, OLD)
    task, given = shelf.task(), []
    for _ in range(3):
        done = await shelf.rotation.execute()
        while shelf.clock.at < done.next_from:
            given.append((shelf.clock.at, await task.seal("here", BOUND)))
            shelf.clock.advance(timedelta(minutes=1))
            for sealed_at, cursor in given:
                if shelf.clock.at - sealed_at <= CURSOR_LIFE:
                    assert await task.open(cursor, BOUND) == "here"
    with pytest.raises(InvalidCursor):
        await task.open(given[0][1], BOUND)
