"""A small SQS in memory: receipts, visibility, receive counts, long polls and redrive, in the running loop's time."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

EPOCH = datetime(2026, 11, 22, tzinfo=UTC)
"""Wall-clock time at which the running loop's time is 0."""


@dataclass
class _Stored:
    message_id: str
    body: str
    attributes: dict[str, Any]
    sent_at: float = 0.0
    visible_at: float = 0.0
    receive_count: int = 0
    receipt: str = ""


@dataclass
class _Queue:
    max_receive_count: int | None = None
    dead_letter_url: str | None = None
    messages: list[_Stored] = field(default_factory=list)


class FakeSqs:
    """As much of an SQS client as the poller uses.

    Attributes:
        reachable: set to false, every call fails as it does without a network.
        undeletable: so many deletions fail one by one in calls that succeed.
        calls: every call made, as (operation, arguments), failed ones included.
    """

    def __init__(self) -> None:
        self.reachable = True
        self.undeletable = 0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._queues: dict[str, _Queue] = {}
        self._numbers: Iterator[int] = itertools.count(1)
        self._sent = asyncio.Event()

    def add_queue(self, url: str, *, max_receive_count: int | None = None, dead_letter_url: str | None = None) -> str:
        self._queues[url] = _Queue(max_receive_count, dead_letter_url)
        return url

    def stored(self, url: str) -> list[_Stored]:
        """The messages of a queue, hidden ones included."""
        return self._queues[url].messages

    def made(self, operation: str) -> list[dict[str, Any]]:
        """The arguments of all calls of an operation."""
        return [arguments for name, arguments in self.calls if name == operation]

    async def send_message(self, **call: Any) -> dict[str, Any]:
        queue = await self._called("send_message", call)
        now, attributes = asyncio.get_running_loop().time(), call.get("MessageAttributes", {})
        visible_at = now + call.get("DelaySeconds", 0)
        message = _Stored(f"m{next(self._numbers)}", call["MessageBody"], attributes, now, visible_at)
        queue.messages.append(message)
        self._sent.set()
        return {"MessageId": message.message_id}

    async def receive_message(self, **call: Any) -> dict[str, Any]:
        queue = await self._called("receive_message", call)
        loop = asyncio.get_running_loop()
        until = loop.time() + call["WaitTimeSeconds"]
        while not (ready := self._hand_out(queue, call)) and loop.time() < until:
            await self._something_may_be_there(queue, until)
        return {"Messages": ready} if ready else {}

    async def change_message_visibility(self, **call: Any) -> dict[str, Any]:
        queue = await self._called("change_message_visibility", call)
        message = self._in_flight(queue, call["ReceiptHandle"])
        if message is None:
            raise _refused("InvalidParameterValue", "ChangeMessageVisibility")
        message.visible_at = asyncio.get_running_loop().time() + call["VisibilityTimeout"]
        self._sent.set()
        return {}

    async def delete_message_batch(self, **call: Any) -> dict[str, Any]:
        queue = await self._called("delete_message_batch", call)
        failing, self.undeletable = call["Entries"][: self.undeletable], 0
        deleted = [entry for entry in call["Entries"] if entry not in failing]
        receipts = {entry["ReceiptHandle"] for entry in deleted}
        # A receipt still deletes when its message's visibility has ended, unless somebody has received it since.
        queue.messages = [message for message in queue.messages if message.receipt not in receipts]
        return {
            "Successful": [{"Id": entry["Id"]} for entry in deleted],
            "Failed": [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in failing],
        }

    async def _called(self, operation: str, call: dict[str, Any]) -> _Queue:
        self.calls.append((operation, call))
        await asyncio.sleep(0)
        if not self.reachable:
            raise EndpointConnectionError(endpoint_url=call["QueueUrl"])
        if call["QueueUrl"] not in self._queues:
            raise _refused("AWS.SimpleQueueService.NonExistentQueue", operation)
        return self._queues[call["QueueUrl"]]

    def _hand_out(self, queue: _Queue, call: dict[str, Any]) -> list[dict[str, Any]]:
        now = asyncio.get_running_loop().time()
        given: list[dict[str, Any]] = []
        for message in list(queue.messages):
            if message.visible_at > now or len(given) == call["MaxNumberOfMessages"]:
                continue
            if queue.max_receive_count is not None and message.receive_count >= queue.max_receive_count:
                queue.messages.remove(message)
                self._queues[str(queue.dead_letter_url)].messages.append(message)
                continue
            message.receive_count += 1
            message.receipt = f"r{next(self._numbers)}"
            message.visible_at = now + call["VisibilityTimeout"]
            given.append(
                {
                    "MessageId": message.message_id,
                    "Body": message.body,
                    "ReceiptHandle": message.receipt,
                    "Attributes": {
                        "ApproximateReceiveCount": str(message.receive_count),
                        "SentTimestamp": str(int((EPOCH.timestamp() + message.sent_at) * 1000)),
                    },
                    "MessageAttributes": message.attributes,
                }
            )
        return given

    async def _something_may_be_there(self, queue: _Queue, until: float) -> None:
        """Wait for a message sent or handed back, for the next one to become visible, or for the poll's end."""
        loop = asyncio.get_running_loop()
        next_change = min([until, *(message.visible_at for message in queue.messages)])
        self._sent.clear()
        try:
            async with asyncio.timeout_at(max(next_change, loop.time())):
                await self._sent.wait()
        except TimeoutError:
            return

    def _in_flight(self, queue: _Queue, receipt: str) -> _Stored | None:
        now = asyncio.get_running_loop().time()
        for message in queue.messages:
            if message.receipt == receipt and message.visible_at > now:
                return message
        return None


def _refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
