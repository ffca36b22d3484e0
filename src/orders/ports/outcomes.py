"""What became of each part of work that is done together: its result, or the error that ended it alone."""

from collections.abc import Awaitable
from typing import TypeAlias, TypeVar

_T = TypeVar("_T")

Outcome: TypeAlias = _T | Exception


async def outcome_of(work: Awaitable[_T]) -> Outcome[_T]:
    """Does the work and returns its result, or the error that it ended with.

    Errors that nobody expects are returned as well: whoever did the work for one of many decides after all were tried.
    """
    try:
        return await work
    except Exception as error:  # noqa: BLE001 - it is handed to the caller, and must not end the others' work
        return error
