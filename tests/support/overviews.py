"""Overviews for tests of what shows them: a quiet one and a busy one with all that needs a look."""

from datetime import timedelta

from orders.application.operations.read_overview import Overview, QueueState, RuleState, ShardState
from orders.ports.queue_depths import QueueDepth
from orders.ports.recent_figures import Figures, LoggedError
from tests.support.builders import NOON

WORKERS = (
    "record-creator",
    "pdf-creator",
    "internal-notifier",
    "customer-notifier",
    "event-processor",
    "mail-feedback",
)
RULES = (
    "rule:bbws-order-pdf-creation", "rule:bbws-order-internal-notification", "rule:bbws-order-customer-notification",
    "rule:bbws-order-notifications", "rule:bbws-order-events", "rule:bbws-order-erasure", "rule:bbws-order-transitions",
)  # fmt: skip


def a_quiet_overview() -> Overview:
    """Nothing waits, nothing failed."""
    return Overview(
        at=NOON,
        queues=tuple(QueueState(each, QueueDepth(0, 0), 0) for each in WORKERS),
        rules=tuple(RuleState(each, 0) for each in RULES),
        outbox=tuple(ShardState(each, 0, False, None) for each in range(8)),
        figures=Figures(span=timedelta(minutes=5), requests=0, errors=0, orders_created=0, last_errors=()),
        unreachable=(),
    )


def a_busy_overview() -> Overview:
    """Everything that needs a look, and a part out of reach."""
    logged = LoggedError(NOON, "error", "orders.application.events.relay_outbox", "order <b>x</b> waits: refused", 12)
    warned = LoggedError(NOON, "warning", "orders.adapters.inbound.sqs.poller", "message dead-lettered\nqueue=q")
    queues = [QueueState(each, QueueDepth(3, 2), 0, 4.2) for each in WORKERS]
    queues[1] = QueueState("pdf-creator", QueueDepth(1240, 20, 15), 17, 184)
    queues[2] = QueueState("internal-notifier", None, None)
    rules = [RuleState(each, 0) for each in RULES]
    rules[0] = RuleState(RULES[0], 2)
    shards = [ShardState(each, 0, False, None) for each in range(8)]
    shards[2] = ShardState(2, 100, True, 74)
    shards[5] = ShardState(5, 3, False, 1.5, unreadable=1)
    return Overview(
        at=NOON,
        queues=tuple(queues),
        rules=tuple(rules),
        outbox=tuple(shards),
        figures=Figures(
            span=timedelta(minutes=5),
            requests=6150,
            errors=410,
            orders_created=1024,
            events_published=2210,
            mails_sent=2044,
            p95_seconds={"create": 0.34, "status_change": 0.08, "read": 0.012, "change": 0.2, "other": 1.7},
            last_errors=(logged, *[warned] * 14),
        ),
        unreachable=("queues: internal-notifier queue: EndpointConnectionError",),
    )
