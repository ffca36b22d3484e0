"""Orders placed at a running service by several threads, each under a key of its own, whatever becomes of it."""

import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import uuid4

from orders.acceptance.client import ORDERS, ApiResponse, Client, NotReached
from orders.acceptance.smoke import CREATE

PAUSE_SECONDS = 0.1
"""Between two orders of a thread: what is tried is what happens to orders, not how many there can be."""


@dataclass
class Load:
    """Places orders from entering to leaving.

    A thread that gets no answer places no more: whoever stopped the service is to see what that did to those who
    were at it, not to meet a crowd when it is back.

    Attributes:
        answered: answers by key.
        unanswered: why there was none, by key.
    """

    client: Client
    token: str
    threads: int = 4
    answered: dict[str, ApiResponse] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._workers = [threading.Thread(target=self._place_on) for _ in range(self.threads)]

    def __enter__(self) -> Self:
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for worker in self._workers:
            worker.join()

    @property
    def placed(self) -> int:
        """The number of orders placed so far."""
        return sum(answer.status == 201 for answer in list(self.answered.values()))

    @property
    def statuses(self) -> set[int]:
        """Every status that was answered."""
        return {answer.status for answer in self.answered.values()}

    def create(self, key: str, client: Client | None = None) -> ApiResponse:
        """Place the order of a key, or get the answer that it got before. Raises: NotReached."""
        headers = {"Idempotency-Key": key}
        return (client or self.client).call("POST", ORDERS, token=self.token, body=CREATE, headers=headers)

    def _place_on(self) -> None:
        while not self._stop.is_set():
            key = f"load-{uuid4()}"
            try:
                self.answered[key] = self.create(key)
            except NotReached as error:
                self.unanswered[key] = str(error)
                return
            self._stop.wait(PAUSE_SECONDS)
