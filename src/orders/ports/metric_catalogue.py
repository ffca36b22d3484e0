"""The catalogue of metrics: everything that the service measures of itself. ``docs/metrics.md`` is made from it.

Alarms, dashboards and scaling of ``deploy/terraform`` name these metrics, and ``deploy/sidecars/collector.yaml`` says
by which of their labels CloudWatch is told of them; a test holds all of them together. What AWS measures is not here.
No label is called ``service`` or ``revision``: the collector says of the process by these.
"""

from collections.abc import Mapping
from types import MappingProxyType

from orders.ports.errors import ItemKind
from orders.ports.metrics import NO_LABELS, Kind, Metric, Values

API = "api"
RELAY = "relay"
RECORD_CREATOR = "record-creator"
PDF_CREATOR = "pdf-creator"
INTERNAL_NOTIFIER = "internal-notifier"
CUSTOMER_NOTIFIER = "customer-notifier"
EVENT_PROCESSOR = "event-processor"
MAIL_FEEDBACK = "mail-feedback"
NOTIFIERS = frozenset({INTERNAL_NOTIFIER, CUSTOMER_NOTIFIER})
WORKERS = NOTIFIERS | {RECORD_CREATOR, PDF_CREATOR, EVENT_PROCESSOR, MAIL_FEEDBACK}
PUBLISHERS = frozenset({API, RELAY, RECORD_CREATOR, PDF_CREATOR, EVENT_PROCESSOR})
ALL_ROLES = WORKERS | {API, RELAY}


def _metric(
    name: str, kind: Kind, unit: str, meaning: str, emitters: frozenset[str] | set[str], /, **labels: Values
) -> Metric:
    held: Mapping[str, Values] = MappingProxyType(labels) if labels else NO_LABELS
    return Metric(name, kind, unit, meaning, frozenset(emitters), held)


OPERATION = "an operation's id as the API's document has it, in snake case"
OTHER_SERVICES = frozenset({"product service", "campaigns service"})
QUEUE = "a queue's worker, or `rule:` and a rule's name, as `orders dlq list` shows them"

# HTTP
REQUESTS = _metric(
    "requests",
    Kind.COUNTER,
    "{request}",
    "Requests to the API that were answered; health checks and unknown paths are not among them.",
    {API},
    operation=OPERATION,
    answer=frozenset({"2xx", "3xx", "4xx", "5xx"}),
)
ERRORS = _metric(
    "errors",
    Kind.COUNTER,
    "{request}",
    "Requests that were answered with 5xx, or not at all.",
    {API},
    operation=OPERATION,
)
REQUEST_SECONDS = _metric(
    "request_seconds",
    Kind.HISTOGRAM,
    "s",
    "Time from the first byte of a request to the last of its answer, in this process; not of refused ones (4xx).",
    {API},
    operation=OPERATION,
    group=frozenset({"create", "status_change", "read", "change"}),
)
THROTTLED_REQUESTS = _metric(
    "throttled_requests",
    Kind.COUNTER,
    "{request}",
    "Requests that were answered with 429, because a caller had used up its rate.",
    {API},
    operation=OPERATION,
)

# Events
EVENT_PUBLICATIONS = _metric(
    "event_publications",
    Kind.COUNTER,
    "{event}",
    "Attempts to publish an event; one that fails is repeated until it succeeds.",
    PUBLISHERS,
)
EVENT_PUBLICATION_FAILURES = _metric(
    "event_publication_failures",
    Kind.COUNTER,
    "{event}",
    "Attempts to publish an event that failed: the bus did not take it, or the table could not be told so.",
    PUBLISHERS,
)
EVENTS_PUBLISHED = _metric(
    "events_published",
    Kind.COUNTER,
    "{event}",
    "Events that the bus has taken and that have left the outbox for the log; each once.",
    PUBLISHERS,
)
OLDEST_UNPUBLISHED_EVENT_SECONDS = _metric(
    "oldest_unpublished_event_seconds",
    Kind.GAUGE,
    "s",
    "How long the oldest event, or command of an accepted order, of the outbox has been waiting, those held back "
    "included; 0 if none is. While the table can't be read it grows from the last look.",
    {RELAY},
)
EVENTS_DROPPED = _metric(
    "events_dropped",
    Kind.COUNTER,
    "{event}",
    "Events of other services that nobody here listens to.",
    {EVENT_PROCESSOR},
    why=frozenset({"source", "type"}),
)

# Orders
ORDERS_CREATED = _metric(
    "orders_created", Kind.COUNTER, "{order}", "Orders that were created: their first event was published.", PUBLISHERS
)
ORDERS_COMPLETED = _metric(
    "orders_completed", Kind.COUNTER, "{order}", "Orders that were completed: that event was published.", PUBLISHERS
)
REVENUE = _metric(
    "revenue",
    Kind.COUNTER,
    "{currency}",
    "Totals of the orders that were created, as they were then, in units of their currency.",
    PUBLISHERS,
    currency="an ISO 4217 code that orders are placed in",
)
ORDERS_PROCESSED = _metric(
    "orders_processed",
    Kind.COUNTER,
    "{order}",
    "Orders whose processing ended: their document was put on record, rendered or failed, or the message that was to "
    "place or print them became a dead letter. An order that is printed again counts again.",
    {RECORD_CREATOR, PDF_CREATOR},
)
ORDER_PROCESSING_FAILURES = _metric(
    "order_processing_failures",
    Kind.COUNTER,
    "{order}",
    "Orders among those whose processing failed: the document can't be rendered, or the message became a dead letter.",
    {RECORD_CREATOR, PDF_CREATOR},
)
ORDERS_UNCHECKED = _metric(
    "orders_unchecked",
    Kind.COUNTER,
    "{order}",
    "Orders that went on although another service did not answer.",
    {API, RECORD_CREATOR},
    dependency=OTHER_SERVICES,
)

# Queues
MESSAGES_HANDLED = _metric(
    "messages_handled",
    Kind.COUNTER,
    "{message}",
    "Deliveries of messages to workers, by how they ended.",
    WORKERS,
    worker=WORKERS,
    outcome=frozenset({"processed", "dead_lettered", "waited", "failed", "released"}),
)
MESSAGES_RETRIED = _metric(
    "messages_retried",
    Kind.COUNTER,
    "{attempt}",
    "Attempts at messages beyond each delivery's first.",
    WORKERS,
    worker=WORKERS,
)
MESSAGE_SECONDS = _metric(
    "message_seconds",
    Kind.HISTOGRAM,
    "s",
    "Time from the receipt of a message to the end of its delivery, waits between attempts included.",
    WORKERS,
    worker=WORKERS,
)
DEAD_LETTERS = _metric(
    "dead_letters",
    Kind.COUNTER,
    "{message}",
    "Dead letters as each task of the internal-notifier first sees them: every task that runs counts each letter, so "
    "that a sum over tasks is as many times too much. For how many there are, see the queues' depths.",
    {INTERNAL_NOTIFIER},
    queue=QUEUE,
)
DEAD_LETTERS_WITHOUT_A_SHOP = _metric(
    "dead_letters_without_a_shop",
    Kind.COUNTER,
    "{message}",
    "Dead letters that name no shop, so that no staff could be told.",
    {INTERNAL_NOTIFIER},
    queue=QUEUE,
)

# Mails
MAILS = _metric(
    "mails",
    Kind.COUNTER,
    "{mail}",
    "Mails by what became of them; `repeated` counts those that may have been sent twice, besides `sent`.",
    NOTIFIERS,
    outcome=frozenset({"sent", "repeated", "suppressed", "skipped", "rejected"}),
)
MAIL_DAILY_QUOTA_USED = _metric(
    "mail_daily_quota_used",
    Kind.GAUGE,
    "1",
    "Fraction of the mails of 24 hours that have been sent.",
    {CUSTOMER_NOTIFIER},
)
MAIL_FEEDBACK_RECEIVED = _metric(
    "mail_feedback",
    Kind.COUNTER,
    "{notification}",
    "What the mail service told of mails.",
    {MAIL_FEEDBACK},
    what=frozenset({"bounced", "delayed", "complained", "unknown", "foreign", "other"}),
)

# Templates and documents
TEMPLATE_FALLBACKS = _metric(
    "template_fallbacks",
    Kind.COUNTER,
    "{template}",
    "Uses of a packaged template because a shop's own is broken.",
    NOTIFIERS | {PDF_CREATOR},
    template="a template's name",
    part=frozenset({"body.html", "body.txt", "subject.txt", "document.html"}),
    cause=frozenset({"bucket", "file", "template", "bounds", "process", "document"}),
)
DOCUMENTS_WITH_BOXES = _metric(
    "documents_with_boxes",
    Kind.COUNTER,
    "{document}",
    "Documents with characters that no packaged font has.",
    {PDF_CREATOR},
)
RENDER_SECONDS = _metric(
    "render_seconds",
    Kind.HISTOGRAM,
    "s",
    "Time that a renderer's process took for a document, its start included if it had to be started.",
    {PDF_CREATOR},
    outcome=frozenset({"rendered", "failed"}),
)
RENDERER_MEMORY_MIB = _metric(
    "renderer_memory_mib",
    Kind.GAUGE,
    "MiBy",
    "Most memory that any of the renderer's processes has held; as of the last documents.",
    {PDF_CREATOR},
)

# Dependencies and faults
SERVICE_CALLS = _metric(
    "service_calls",
    Kind.COUNTER,
    "{call}",
    "Calls of other services, and calls that were not made, by how they ended.",
    {API, RECORD_CREATOR},
    dependency=OTHER_SERVICES,
    outcome=frozenset({"answered", "refused", "failed", "busy", "circuit_open", "abandoned"}),
)
BREAKER_OPEN = _metric(
    "breaker_open",
    Kind.GAUGE,
    "1",
    "1 while a service is not asked because it failed too often, else 0.",
    {API, RECORD_CREATOR},
    dependency=OTHER_SERVICES,
)
UNREADABLE_ITEMS = _metric(
    "unreadable_items",
    Kind.COUNTER,
    "{item}",
    "Items that were passed over because they can't be read; each waits for an operator.",
    NOTIFIERS | {API, RELAY, RECORD_CREATOR, PDF_CREATOR},
    kind=frozenset(ItemKind) | {"refused", "unexpected"},
    where=frozenset({"relay", "order", "listing", "history", "profile"}),
)
AUDIT_RECORDS_LOST = _metric(
    "audit_records_lost",
    Kind.COUNTER,
    "{record}",
    "Audit records that could not be written; the log has them.",
    WORKERS | {API},
)

# Region: what this region reads of the control table
MINUTES_WITHOUT_WRITER = _metric(
    "minutes_without_writer",
    Kind.GAUGE,
    "min",
    "Minutes for which this region has known of no region that may write.",
    {RELAY},
)
WRITERS = _metric(
    "writers",
    Kind.GAUGE,
    "{region}",
    "Regions that may write, as far as this one knows; two are one too many.",
    {RELAY},
)
LEASE_AGE_SECONDS = _metric(
    "lease_age_seconds",
    Kind.GAUGE,
    "s",
    "Time since this region last read the control table.",
    {RELAY},
)
STANDBY_NOT_READY = _metric(
    "standby_not_ready",
    Kind.GAUGE,
    "1",
    "1 while this region could not take over, else 0.",
    {RELAY},
)
CONFIRMED_ALONE = _metric(
    "confirmed_alone",
    Kind.GAUGE,
    "1",
    "1 while this region writes on an operator's word, without the control table.",
    {RELAY},
)

CATALOGUE: Mapping[str, Metric] = MappingProxyType(
    {each.name: each for each in tuple(globals().values()) if isinstance(each, Metric)}
)
"""Every metric, by name."""
