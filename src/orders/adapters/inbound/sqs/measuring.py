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
    """Measures the deliveries of one worker's queue."""

    def __init__(self, worker: str, metrics: Metrics) -> None:
        self._worker = worker
        self._metrics = metrics

    def ended(self, message: ReceivedMessage, outcome: Outcome, *, retries: int, seconds: float) -> None:
        """Reports the end of a delivery; ``retries`` are its attempts beyond the first."""
        del message
        self._metrics.count(MESSAGES_HANDLED, worker=self._worker, outcome=outcome.value)
        self._metrics.record(MESSAGE_SECONDS, seconds, worker=self._worker)
        if retries:
            self._metrics.count(MESSAGES_RETRIED, retries, worker=self._worker)


class OrderDeliveryMeter(DeliveryMeter):
    """Measures the deliveries of a queue whose messages have to place or print orders, and counts orders lost there.

    The processing of orders is counted where it ends, once for each such message:

    - a document that is put on record is an order processed, one that can't be rendered an order failed besides:
      ``RenderDocument`` counts both, and its message is no dead letter;
    - a message that becomes a dead letter, whatever it holds, is an order processed and failed: counted here.

    An order is printed again when its printed content changes, and counts again then. What ends without a document (a
    repeated delivery, an order that was changed or deleted meanwhile, one that is placed or rejected and will be or
    need not be printed) counts nothing. A message whose document is on record and that still becomes a dead letter,
    because its queue could not be told to delete it, counts twice, as both are true.
    """

    def __init__(self, worker: str, metrics: Metrics, *, max_receives: int) -> None:
        """``max_receives`` is the queue's maximum receive count, after which SQS makes a message a dead letter."""
        super().__init__(worker, metrics)
        self._max_receives = max_receives

    def ended(self, message: ReceivedMessage, outcome: Outcome, *, retries: int, seconds: float) -> None:
        """As for any delivery; counts an order if its message is a dead letter now or as soon as SQS looks at it."""
        super().ended(message, outcome, retries=retries, seconds=seconds)
        given_back = outcome in {Outcome.FAILED, Outcome.RELEASED}
        if outcome is Outcome.DEAD_LETTERED or (given_back and message.receive_count >= self._max_receives):
            self._metrics.count(ORDERS_PROCESSED)
            self._metrics.count(ORDER_PROCESSING_FAILURES)
