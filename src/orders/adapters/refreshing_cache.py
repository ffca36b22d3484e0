"""A value that comes from elsewhere and is kept: asked for again when it is old, and never lost to an outage."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from orders.ports.errors import PermanentPortError, PortError, TransientPortError

Value = TypeVar("Value")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Freshness:
    """The refresh policy of a cached value.

    Attributes:
        fresh_seconds: a value older than this is refreshed in the background; callers get the old one meanwhile.
        pause_seconds: minimum time between two requests, whoever triggers them and whatever the last result.
        first_pause_seconds: the pause while there is no value at all and nothing works without one.
        stale_seconds: callers wait for a refresh if the value is older than this; ``None``: never.
        patience_seconds: maximum time that a caller waits.
    """

    fresh_seconds: float
    pause_seconds: float
    first_pause_seconds: float
    stale_seconds: float | None = None
    patience_seconds: float = 10.0


class RefreshingCache(Generic[Value]):
    """Keeps what ``load`` gives. One question is under way at a time, and all who need its answer share it."""

    def __init__(
        self,
        load: Callable[[], Awaitable[Value]],
        freshness: Freshness,
        *,
        name: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``load`` raises a PortError when it can't; ``name`` is what errors and logs call the source."""
        self._load = load
        self._freshness = freshness
        self._name = name
        self._monotonic = monotonic
        self._loaded: tuple[Value, float] | None = None
        self._failure: PortError | None = None
        self._asked_at: float | None = None
        self._asking: asyncio.Task[None] | None = None

    async def get(self) -> Value:
        """Returns the value; an old one is refreshed in the background."""
        if self._loaded is None:
            return await self._first()
        value, loaded_at = self._loaded
        age = self._monotonic() - loaded_at
        if age < self._freshness.fresh_seconds:
            return value
        asking = self._ask()
        stale = self._freshness.stale_seconds
        if asking is not None and stale is not None and age >= stale:
            await self._wait(asking)
        return self._loaded[0]

    async def newer(self) -> Value:
        """Returns the source's current value if the source may be asked again already; else the cached one."""
        if self._loaded is None:
            return await self._first()
        asking = self._ask()
        if asking is not None:
            await self._wait(asking)
        return self._loaded[0]

    async def close(self) -> None:
        """Cancels a request in progress."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def _first(self) -> Value:
        asking = self._ask()
        if asking is not None:
            await self._wait(asking)
        if self._loaded is not None:
            return self._loaded[0]
        # A new error each time: one that is raised again and again would gather the tracebacks of all its callers.
        failure = self._failure
        if isinstance(failure, PermanentPortError):
            raise PermanentPortError(failure.dependency, failure.detail) from failure
        if isinstance(failure, TransientPortError):
            raise TransientPortError(failure.dependency, failure.detail, throttled=failure.throttled) from failure
        raise TransientPortError(self._name, "has not answered yet")

    async def _wait(self, asking: "asyncio.Task[None]") -> None:
        # wait() leaves the question to the others when one of those who wait goes away.
        await asyncio.wait({asking}, timeout=self._freshness.patience_seconds)

    def _ask(self) -> "asyncio.Task[None] | None":
        """Returns the request in progress, or a new one; ``None`` when it is too early for one."""
        if self._asking is not None:
            return self._asking
        now = self._monotonic()
        pause = self._freshness.first_pause_seconds if self._loaded is None else self._freshness.pause_seconds
        if self._asked_at is not None and now - self._asked_at < pause:
            return None
        self._asked_at = now
        self._asking = asyncio.create_task(self._renew(now), name=f"renew {self._name}")
        return self._asking

    async def _renew(self, began: float) -> None:
        self._failure = None
        try:
            self._loaded = (await self._load(), began)
        except TransientPortError as error:
            self._failure = error
            _log.warning("not renewed, what is kept stays", source=self._name, error=str(error))
        except PortError as error:
            self._failure = error
            _log.error("not renewed, what is kept stays", source=self._name, error=str(error))
        except Exception:  # noqa: BLE001 - it is logged with its traceback
            # A bug here must not turn the requests away that can be served with what is kept.
            _log.exception("not renewed, what is kept stays", source=self._name)
        finally:
            self._asking = None
