"""Base class of workers: a name, the decoding of a message and the handler of decoded messages."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from orders.adapters.inbound.sqs.messages import parse_json_object
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.wire.off_loop import off_loop


@dataclass(frozen=True, slots=True)
class Message:
    """A received message with its decoded body.

    Attributes:
        author: the author's id, see ``ReceivedMessage.author``.
        size_bytes: of the body as it was received.
    """

    content: Mapping[str, Any] = field(repr=False)
    author: str = ""
    size_bytes: int = 0


class QueueWorker(ABC):
    """Handles the messages of one queue."""

    name: ClassVar[str]
    """The worker's name; ``topology.yaml`` assigns its queue."""

    async def decode(self, received: ReceivedMessage) -> Message:
        """Decodes a message's body, off the event loop if it is large. Raises: MessageRefused."""
        size = len(received.body)
        content = await off_loop(size, lambda: self.decode_body(received.body))
        return Message(content, received.author, size)

    def decode_body(self, body: str) -> Mapping[str, Any]:
        """Decodes a body. Raises: MessageRefused."""
        return parse_json_object(body)

    def redact(self, body: str) -> str:
        """Removes from the body of a refused message what must not be stored in the dead-letter queue.

        By default nothing: our own events and commands hold no personal data.
        """
        return body

    @abstractmethod
    async def handle(self, message: Message) -> None:
        """Handles one message idempotently; returns once its effect is durable.

        Raises: MessageRefused, and as the worker's use cases.
        """
