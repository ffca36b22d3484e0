"""Deletes handled messages in batches."""

import asyncio

from orders.adapters.inbound.sqs.queue import MAX_BATCH, QueueUnreachable, ReceivedMessage, SqsQueue

_Waiting = tuple[str, asyncio.Future[None]]
"""A message's receipt, and what is set once it is deleted."""


class Deletions:
    """Batches deletions: those requested during a call go into the next one.

    With few messages each is deleted at once; with many, a tenth of the calls is made.
    """

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self._waiting: list[_Waiting] = []
        self._caller: asyncio.Task[None] | None = None

    async def delete(self, message: ReceivedMessage) -> None:
        """Deletes the message and returns once it is deleted. Raises: QueueUnreachable."""
        deleted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message.receipt, deleted))
        if self._caller is None or self._caller.done():
            self._caller = asyncio.create_task(self._call())
        await deleted

    async def _call(self) -> None:
        # Deletions requested in the same iteration of the event loop join this batch.
        await asyncio.sleep(0)
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            try:
                gone = await self._queue.delete([receipt for receipt, _ in batch])
            except QueueUnreachable as error:
                for _, deleted in batch:
                    _fail(deleted, str(error))
                continue
            for (_, deleted), is_gone in zip(batch, gone, strict=True):
                if not is_gone:
                    _fail(deleted, "the queue did not delete it")
                elif not deleted.done():
                    deleted.set_result(None)


def _fail(deleted: asyncio.Future[None], detail: str) -> None:
    # Nobody awaits a future that was cancelled meanwhile.
    if not deleted.done():
        deleted.set_exception(QueueUnreachable(detail))
