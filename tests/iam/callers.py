"""Whose calls those of the contract suites would be: which roles build an adapter and use a method of it.

The container builds adapters for every role; what a role calls follows from its use cases. A method that some suite
calls and that has no row here is an error, and so is one that a process was seen to call without standing in its row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from orders.bootstrap.resources.topology import ERASURE_LEDGER, ORDERS
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.workers import WORKERS
from tests.iam.recording import CONTRACT, Call
from tests.iam.requests import RECORDED_IN

API, RELAY, OPERATOR, ROTATION = "api", "relay", "operator", "key-rotation"
RECORDS, PDFS, EVENTS, FEEDBACK = "record-creator", "pdf-creator", "event-processor", "mail-feedback"
STAFF, CUSTOMERS = "internal-notifier", "customer-notifier"
NOTIFIERS = (STAFF, CUSTOMERS)
PUBLISHERS = (API, RELAY, RECORDS, PDFS, EVENTS)
CHANGERS = (API, PDFS, EVENTS)

CALLERS: Mapping[str, tuple[str, ...]] = {
    "DynamoOrderNumbers.order_ids": (API, OPERATOR),
    "DynamoOrderRepository.add": (API, RECORDS),
    "DynamoOrderRepository.get": (API, RECORDS, PDFS, EVENTS, *NOTIFIERS, OPERATOR),
    "DynamoOrderRepository.note": CHANGERS,
    "DynamoOrderRepository.occupant": (API, RECORDS),
    # Operators look for an order by its number.
    "DynamoOrderRepository.page": (API, OPERATOR),
    "DynamoOrderRepository.save": CHANGERS,
    "Branch.fill": (API,),
    "DynamoOutbox.overdue": (RELAY, OPERATOR),
    # The record-creator repeats the answer to a queued order that comes twice.
    "DynamoOutbox.read": (API, RECORDS, EVENTS, OPERATOR),
    "DynamoOutbox.redact": (EVENTS,),
    "DynamoOutbox.settle": PUBLISHERS,
    "DynamoOutbox.settle_all": PUBLISHERS,
    "DynamoOutbox.waiting": PUBLISHERS,
    # Of ``DynamoOutbox.settle_all``, in a task of its own, from which its caller isn't seen.
    "EventSettling._decided": PUBLISHERS,
    "DynamoAcceptances.add": (API,),
    "DynamoAcceptances.finish": (RECORDS,),
    "DynamoAcceptances.get": (API, RECORDS, EVENTS),
    "DynamoAcceptances.queued": (API, RELAY),
    "DynamoAcceptances.redact": (EVENTS,),
    # The event-processor's task replays the ledger after a restore.
    "DynamoErasureLedger._all": (EVENTS, OPERATOR),
    "DynamoErasureLedger.enter": (API, EVENTS),
    "DynamoErasureLedger.page": (EVENTS, OPERATOR),
    "DynamoMailIntents.claim": NOTIFIERS,
    "DynamoMailIntents.finish": NOTIFIERS,
    "DynamoMailIntents.note_feedback": (FEEDBACK,),
    "DynamoMailIntents.of_order": (API,),
    "DynamoMailIntents.redact": (EVENTS,),
    "DynamoMailIntents.release": NOTIFIERS,
    "DynamoSuppressions.add": (FEEDBACK,),
    "DynamoSuppressions.find": (*NOTIFIERS, OPERATOR),
    "DynamoSuppressions.of_tenant": (OPERATOR,),
    "DynamoSuppressions.remove": (OPERATOR,),
    "DynamoEventArchive._shard": (OPERATOR,),
    "DynamoOrderingTenants._tenants": (OPERATOR,),
    "DynamoUnreadableItems.in_outbox": (OPERATOR,),
    "DynamoUnreadableItems.of_order": (OPERATOR,),
    "DynamoUnreadableItems.of_tenant": (OPERATOR,),
    "DynamoProbe.check": (API, RELAY, *WORKERS),
    # The relay's in production: the table is not in the other environments, and in other regions than the process.
    "DynamoControlTable.read": (),
    # Those of `orders dr`: the role region-switch's, in both regions, which only prod has.
    "DynamoControlTable.replace": (),
    "DynamoAloneConfirmations.keep": (),
    "DynamoAloneConfirmations.read": (),
    "DynamoReplication._put": (),
    "DynamoReplication._get": (),
    "AwsRegionReadiness.finding": (),
    "AwsRegionReadiness.scale": (),
    "DayBranch.fill": (),
    "Route53HealthCheckers.view": (),
    "DynamoFindings.acknowledge": (),
    "DynamoFindings.add": (),
    "DynamoFindings.all": (),
    "DynamoFindings.remove": (),
    "DynamoKeptChanges.fate": (),
    "DynamoRegionStream.changes": (),
    "DynamoTableCopy._items": (),
    "DynamoTableCopy.order": (),
    "EventBridgePublisher.publish": (*PUBLISHERS, OPERATOR),
    "BusProbe.check": (),
    "BucketProbe.check": (RECORDS, PDFS, EVENTS, *NOTIFIERS),
    "DynamoRetainedItems.keep_until": (EVENTS,),
    "S3DocumentStore.date_anew": (EVENTS,),
    "S3DocumentStore.exists": (API, PDFS),
    "S3DocumentStore.get": (CUSTOMERS,),
    "S3DocumentStore.link": (API,),
    "S3DocumentStore.purge": (EVENTS,),
    "S3DocumentStore.put": (PDFS,),
    "S3TemplateStore.of_tenant": (PDFS, *NOTIFIERS, OPERATOR),
    "S3TenantDirectory.profile": (API, RECORDS, PDFS, *NOTIFIERS, OPERATOR),
    "S3TenantFiles.inspect": (OPERATOR,),
    "S3TenantFiles.tenants": (OPERATOR,),
    "MailProbe.check": NOTIFIERS,
    "MailProbe.quota": (CUSTOMERS,),
    "SesMailSender.send": NOTIFIERS,
    "QueueProbe.check": (API,),
    "SqsDeadLetterQueues.depth": (STAFF, OPERATOR),
    "SqsDeadLetterQueues.give_back": (STAFF, EVENTS, OPERATOR),
    "SqsDeadLetterQueues.redrive": (OPERATOR,),
    "SqsDeadLetterQueues.remove": (EVENTS, OPERATOR),
    "SqsDeadLetterQueues.take": (STAFF, EVENTS, OPERATOR),
    "SqsDocumentRequests.request": (API, CUSTOMERS),
    "SqsOrderCommands.place_accepted": (API, RELAY),
    "CloudWatchRecentFigures.read": (OPERATOR,),
    "SqsQueueDepths.depth": (OPERATOR,),
    "SqsQueue.change_visibility": tuple(WORKERS),
    "SqsQueue.dead_letter": tuple(WORKERS),
    "SqsQueue.delete": tuple(WORKERS),
    "SqsQueue.receive": tuple(WORKERS),
    "SqsQueue.send_again": tuple(WORKERS),
    "SqsReportReturns.give_back": (EVENTS,),
    "SqsRetainRequests.request": (EVENTS,),
    "SqsScrubRequests.request": (EVENTS,),
    "SecretsManager.current": (API, ROTATION),
    "SecretsManager.previous": (API, ROTATION),
    "SecretsManager.replace": (ROTATION,),
}

_DOCUMENTS, _TEMPLATES = f"bbws-orders-{RECORDED_IN}", f"bbws-email-templates-{RECORDED_IN}"
OTHER_DOCUMENTS = f"{_DOCUMENTS}-of-the-other-region"
"""Stands for the other region's bucket of documents, and for this one's where there is one region."""
_IN_BOTH_REGIONS = frozenset({"S3DocumentStore.date_anew", "S3DocumentStore.purge"})
_PROBED = {_DOCUMENTS: (PDFS, CUSTOMERS, EVENTS), _TEMPLATES: (RECORDS, PDFS, *NOTIFIERS)}
"""Which workers wait for a bucket: see ``WORKERS``."""

_SENT_TO = {
    "SqsDocumentRequests": PDFS,
    "SqsOrderCommands": RECORDS,
    "SqsReportReturns": EVENTS,
    "SqsRetainRequests": EVENTS,
    "SqsScrubRequests": EVENTS,
}


_FILTERS_OF_THE_API = frozenset({"OrdersByCustomer", "OrdersByStatus"})
"""Indexes of listings that only the API filters: operators look for an order by its number, or go through all."""


class UnknownCaller(AssertionError):
    """A call of a method that has no row in ``CALLERS``, or by a role that isn't in its row."""


def calls_of_roles(calls: Iterator[Call], secrets: Mapping[str, tuple[str, ...]]) -> Iterator[Call]:
    """Gives calls of contract suites to their roles, with names as they are where processes are recorded.

    ``secrets`` has the secrets that each role reads. Raises: UnknownCaller.
    """
    for call in calls:
        if call.adapter and call.adapter not in CALLERS:
            raise UnknownCaller(f"{call.adapter} calls {call.service}:{call.operation}: say in CALLERS which roles do")
        if call.role == CONTRACT:
            for role in CALLERS[call.adapter]:
                if role == OPERATOR and _is_filtered(call):
                    continue
                yield from (replace(call, role=role, parameters=given) for given in _placed(call, role, secrets))
        elif call.adapter and call.role not in CALLERS[call.adapter]:
            raise UnknownCaller(f"{call.role} calls {call.adapter}: it isn't in its row of CALLERS")
        else:
            yield call


def _is_filtered(call: Call) -> bool:
    is_page = call.adapter == "DynamoOrderRepository.page"
    return is_page and call.parameters.get("IndexName") in _FILTERS_OF_THE_API


def _placed(call: Call, role: str, secrets: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, Any]]:
    given = dict(call.parameters)
    topology = packaged_topology()
    if call.service == "dynamodb":
        key = ERASURE_LEDGER if call.adapter.startswith("DynamoErasureLedger.") else ORDERS
        yield given | {"TableName": topology.table_name(RECORDED_IN, key)}
    elif call.service == "s3":
        for bucket in _buckets(call.adapter, role):
            source = {"CopySource": given["CopySource"] | {"Bucket": bucket}} if "CopySource" in given else {}
            yield given | {"Bucket": bucket} | source
    elif call.service == "sqs":
        yield from (given | {"QueueUrl": f"/{queue}"} for queue in _queues(call, role))
    elif call.service == "events":
        bus = {"EventBusName": topology.bus_name(RECORDED_IN)}
        yield given | {"Entries": [entry | bus for entry in given["Entries"]]}
    elif call.service == "secretsmanager":
        yield from (given | {"SecretId": name} for name in secrets.get(role, ()))
    else:
        yield given


def _buckets(adapter: str, role: str) -> Iterator[str]:
    if adapter == "BucketProbe.check":
        yield from (bucket for bucket, roles in _PROBED.items() if role in roles)
    elif adapter in _IN_BOTH_REGIONS:
        yield from (_DOCUMENTS, OTHER_DOCUMENTS)
    else:
        yield _DOCUMENTS if adapter.startswith("S3DocumentStore.") else _TEMPLATES


def _queues(call: Call, role: str) -> Iterator[str]:
    topology = packaged_topology()
    adapter, _, method = call.adapter.partition(".")
    if adapter in _SENT_TO:
        yield topology.queue_name(_SENT_TO[adapter], RECORDED_IN)
    elif adapter == "SqsQueue":
        name = topology.dead_letter_queue_name if method == "dead_letter" else topology.queue_name
        yield name(role, RECORDED_IN)
    elif adapter in {"QueueProbe", "SqsQueueDepths"} or call.operation == "SendMessage":
        # What operators send again goes to the queue that it came from.
        yield from (topology.queue_name(worker, RECORDED_IN) for worker in topology.workers)
    else:
        yield from (topology.dead_letter_queue_name(worker, RECORDED_IN) for worker in topology.workers)
        yield from (f"{rule.dead_letter_queue}-{RECORDED_IN}" for rule in topology.rules)
