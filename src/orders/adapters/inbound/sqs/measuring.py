"""Measures deliveries, and counts the orders whose processing ends with one."""

from orders.adapters.inbound.sqs.delivery import Outcome
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.ports.metric_catalogue import (
    MESSAGE_SECONDS,
    MESSAGES_HANDLED,
    MESSAGES_RETRIED,
    ORDER_PROCESSING_FAILURES,
    ORDERS_PROCESSED,
)
from orders.ports.metrics import Metrics


class DeliveryMeter:
    """Measures the deliveries of one worker's queue.

    The processing of orders is counted where it ends, once for each message that has to place or print one:

    - a document that is put on record is an order processed, one that can't be rendered an order failed besides:
      ``RenderDocument`` counts both, and its message counts here as processed only;
    - a message that becomes a dead letter is an order processed and failed: counted here.

    An order is printed again when its printed content changes, and counts again then. What ends without a document (a
    repeated delivery, an order that was changed or deleted meanwhile, one that is placed or rejected and will be or
    need not be printed) counts nothing. A message whose document is on record and that still becomes a dead letter,
    because its queue could not be told to delete it, counts twice, as both are true.
    """

    def __init__(self, worker: str, metrics: Metrics, *, order_lost_after: int | None = None) -> None:
        """Sets up the meter.

        Args:
            order_lost_after: the queue's maximum receive count, after which SQS makes a message a dead letter; ``None``
                if the worker's messages are no processing of orders.
        """
        self._worker = worker
        self._metrics = metrics
        self._order_lost_after = order_lost_after

    def ended(self, message: ReceivedMessage, outcome: Outcome, *, retries: int, seconds: float) -> None:
        """Reports the end of a delivery; ``retries`` are its attempts beyond the first."""
        self._metrics.count(MESSAGES_HANDLED, worker=self._worker, outcome=outcome.value)
        self._metrics.record(MESSAGE_SECONDS, seconds, worker=self._worker)
        if retries:
            self._metrics.count(MESSAGES_RETRIED, retries, worker=self._worker)
        if self._is_order_lost(message, outcome):
            self._metrics.count(ORDERS_PROCESSED)
            self._metrics.count(ORDER_PROCESSING_FAILURES)

    def _is_order_lost(self, message: ReceivedMessage, outcome: Outcome) -> bool:
        """Returns whether the message of an order is a dead letter now, or is one as soon as it would be received."""
        if self._order_lost_after is None:
            return False
        given_back = outcome in {Outcome.FAILED, Outcome.RELEASED}
        return outcome is Outcome.DEAD_LETTERED or (given_back and message.receive_count >= self._order_lost_after)
