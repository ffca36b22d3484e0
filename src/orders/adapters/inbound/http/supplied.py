"""Gives handlers the use cases that they name.

Litestar would do it by its dependency injection, which starts a task for every one of several dependencies at each
request: that costs more than what most of them do. Use cases depend on nothing of the request.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Any

from litestar.handlers import HTTPRouteHandler

Dependencies = Mapping[str, Callable[[], object]]
"""Providers of what handlers may take, by the names of their parameters."""


def supplied(function: Callable[..., Any], served: Dependencies) -> Callable[..., Any]:
    """Makes a coroutine function that takes what is not served; what is, is asked for at each call."""
    signature = inspect.signature(function)
    given = [(name, served[name]) for name in signature.parameters if name in served]
    if not given:
        return function

    async def call(**more: Any) -> Any:
        for name, provide in given:
            more[name] = provide()
        return await function(**more)

    taken = {name for name, _ in given}
    left = [each for name, each in signature.parameters.items() if name not in taken]
    # What Litestar reads of a function.
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(call, name, getattr(function, name))
    setattr(call, "__signature__", signature.replace(parameters=left))  # noqa: B010 - mypy knows no such attribute
    call.__annotations__ = {name: each for name, each in function.__annotations__.items() if name not in taken}
    return call


def supplied_handlers(handlers: Iterable[HTTPRouteHandler], served: Dependencies) -> list[HTTPRouteHandler]:
    """Makes handlers that get what is served from here; the given ones stay as they are."""
    return [copy(each)(supplied(each.fn, served)) for each in handlers]
