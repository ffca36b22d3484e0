"""The load generator's own log: what it asked, and what it was told, one JSON object a line, written at once."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self


class Outcome(StrEnum):
    """What came of one request."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    """Answered by an error that says that nothing was done."""
    UNKNOWN = "unknown"
    """Not answered, or by an error after which nobody knows."""


class Operation(StrEnum):
    """What is asked of the service."""

    CREATE = "create"
    ACCEPT = "accept"
    """Create an order asynchronously."""
    CANCEL = "cancel"
    PROCESS = "process"
    SHIP = "ship"


CREATIONS = frozenset({Operation.CREATE, Operation.ACCEPT})


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its outcome.

    Attributes:
        asked_at: and ``at``: when it was sent, and when its outcome was known, in seconds of the epoch.
        key: its idempotency key.
        status: the response's, none without one.
        last: true if the client has given up on it after this.
        replayed: true if the answer was one given before, for which nothing is written.
    """

    operation: Operation
    key: str
    region: str
    outcome: Outcome
    asked_at: float
    at: float = 0.0
    order_id: str | None = None
    order_number: str | None = None
    status: int | None = None
    note: str = ""
    last: bool = False
    replayed: bool = False


class Journal:
    """Writes entries to a file, each before anybody acts on it."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._now = now
        self.entries: list[Entry] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def note(self, entry: Entry) -> None:
        """Adds an entry, with the time of its outcome."""
        noted = replace(entry, at=self._now())
        self.entries.append(noted)
        self._file.write(json.dumps(asdict(noted)) + "\n")
        self._file.flush()


def read_journal(path: Path) -> list[Entry]:
    """Reads a journal; the last line may be cut off, as its writer may have been killed."""
    found = []
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            told = json.loads(line)
            told["operation"], told["outcome"] = Operation(told["operation"]), Outcome(told["outcome"])
            found.append(Entry(**told))
    return found
