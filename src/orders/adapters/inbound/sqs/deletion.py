"""Deletes messages that are done with, as many in one call as there are."""

import asyncio
from dataclasses import dataclass

from orders.adapters.inbound.sqs.queue import MAX_BATCH, QueueUnreachable, ReceivedMessage, SqsQueue


@dataclass(frozen=True, slots=True)
class _Waiting:
    receipt: str
    deleted: asyncio.Future[None]


class Deletions:
    """Collects what is to be deleted while a call is under way; the next call takes all of it.

    That way a message is deleted at once when there are few, and a tenth of the calls is made when there are many.
    """

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self._waiting: list[_Waiting] = []
        self._caller: asyncio.Task[None] | None = None

    async def delete(self, message: ReceivedMessage) -> None:
        """Return when the message is deleted. Raises: QueueUnreachable."""
        deleted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(message.receipt, deleted))
        if self._caller is None or self._caller.done():
            self._caller = asyncio.create_task(self._call())
        await deleted

    async def _call(self) -> None:
        # Whoever ends in this same turn of the loop comes along.
        await asyncio.sleep(0)
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            try:
                gone = await self._queue.delete([each.receipt for each in batch])
            except QueueUnreachable as error:
                for each in batch:
                    _fail(each, str(error))
                continue
            for each, is_gone in zip(batch, gone, strict=True):
                if not is_gone:
                    _fail(each, "the queue did not delete it")
                elif not each.deleted.done():
                    each.deleted.set_result(None)


def _fail(waiting: _Waiting, detail: str) -> None:
    # One that was cancelled meanwhile has nobody to tell.
    if not waiting.deleted.done():
        waiting.deleted.set_exception(QueueUnreachable(detail))
