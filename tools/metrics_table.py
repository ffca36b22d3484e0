"""Writes docs/metrics.md from the catalogue of metrics: ``python -m tools.metrics_table``.

Which alarms and which of the dashboards' widgets look at a metric is read from Terraform's text; that the text says
what is planned is held by tests/terraform/test_telemetry_joined.py.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from orders.ports.metric_catalogue import ALL_ROLES, CATALOGUE, NOTIFIERS, PUBLISHERS, WORKERS
from orders.ports.metrics import Metric, Values

MODULE = Path(__file__).parents[1] / "deploy" / "terraform" / "modules" / "monitoring"

LOG_ONLY: Mapping[str, str] = {
    "events_dropped": "other services publish what we don't listen to; nothing is wrong",
    "orders_unchecked": "looked at after the other service was away: which orders went on without it",
    "messages_handled": "for a worker that one of the alarms on its queue is about",
    "messages_retried": "for a worker that is slow: how much of its time are waits",
    "dead_letters": "the queues' depths, which AWS measures, are alarmed on and shown",
    "dead_letters_without_a_shop": "its letters are in the queues' depths; staff could not be mailed, operators are",
    "mail_feedback": "bounces and complaints are alarmed on as AWS's own rates",
    "documents_with_boxes": "a document is made all the same; looked at when a font is to be added",
    "render_seconds": "a part of the processing time, which is shown; for finding what of it is slow",
    "renderer_memory_mib": "for the size of tasks; one that has too little memory shows as dead letters",
    "service_calls": "what comes of failures is shown: errors, unchecked orders, slow requests",
    "breaker_open": "as above; the log says when a circuit changes",
}
"""Metrics that no alarm and no dashboard looks at, and why they are measured: the log group of metrics has them."""

_HEAD = """# Metrics

What the service measures of itself. Made from `src/orders/ports/metric_catalogue.py` and
`deploy/terraform/modules/monitoring` by `make docs`; a test compares them. What AWS measures (queues, table, load
balancer, tasks) is in no catalogue of ours: [alarms](runbooks/alarms.md) and dashboards name it.

Roles send metrics by OTLP to the collector beside them once a minute, which writes them to the log group
`/bbws-orders/ENV/metrics`, all labels included. CloudWatch makes metrics (namespace `BBWS/Orders`) of those that an
alarm, a dashboard or scaling looks at, by the labels that `deploy/sidecars/collector.yaml` names: each series costs.
Without a collector (dev, a laptop) nothing is measured.

A counter that nothing was counted of sends nothing. A gauge holds its value until the process ends. Histograms are
exponential: percentiles can be taken of them.

## What delivered means

An event is *delivered* when the bus took it (`events_published`) and did not give up on handing it to a rule's target.
The bus tries for 24 hours, or less where trying again can't help (no permission, no target), then puts the event into
the rule's dead-letter queue. How often it did, AWS measures by rule: `InvocationsSentToDlq` of `AWS/Events`.

    delivered share = 1 - (InvocationsSentToDlq of all rules of the bus) / events_published

A letter that is sent again stays counted, and an event that was undelivered to one target and delivered to others is a
miss; one that was undelivered to two targets is two. Rules take events of other services too: those that did not reach
a target are misses here, although nobody of us published them. What the bus could not put into a dead-letter queue
either is not in it, but in *rule target failures*. AWS sends metrics as well as it can, and may be late with some. A
message that reached a worker's queue is delivered, whatever becomes of it there: that is processing. The alarm *event
delivery below* takes an hour's share.

## What a processing failure is

An order's processing ended when its document was rendered or failed, or when its message was dead-lettered by
record-creator (an order that a sender queued) or by pdf-creator (`orders_processed`). It *failed* when the message was
dead-lettered or the document failed (`order_processing_failures`).

    failed share = order_processing_failures / orders_processed

An order whose mail could not be sent was processed. One whose message waits, for a service or for a free task, has not
ended and is in neither. A dead letter that is sent again and then succeeds was a failure and is processed twice: the
share looks at attempts to the end, not at what became of an order at last.

## All metrics

Roles: *workers* are all that read a queue; *publishers* are `api`, `relay`, `record-creator`, `pdf-creator` and
`event-processor`. Every series has all labels of its metric, besides the role's own `service` (`bbws-orders-ROLE`) and
`revision` (the image's digest).
"""
_GROUPS = (
    (frozenset(ALL_ROLES), "all roles"),
    (frozenset(WORKERS), "workers"),
    (frozenset(PUBLISHERS), "publishers"),
    (frozenset(NOTIFIERS), "both notifiers"),
)


def metrics_page() -> str:
    """The page as Markdown."""
    alarms, widgets = alarms_by_metric(), widgets_by_metric()
    parts = [_HEAD]
    for metric in CATALOGUE.values():
        parts.append(f"\n### {metric.name}\n\n{metric.meaning}\n\n{_facts(metric)}\n")
        seen = [*_alarm_links(alarms.get(metric.name, [])), *_widget_names(widgets.get(metric.name, []))]
        parts.append("\n".join(f"- {line}" for line in seen or [f"log only: {LOG_ONLY[metric.name]}"]) + "\n")
    return "".join(parts)


def _facts(metric: Metric) -> str:
    lines = [f"- {metric.kind} in `{metric.unit}`, by {_roles(metric.emitters)}"]
    lines += [f"- label `{name}`: {_values(values)}" for name, values in metric.labels.items()]
    return "\n".join(lines)


def _roles(roles: frozenset[str]) -> str:
    named, left = [], roles
    for group, words in _GROUPS:
        if group <= left:
            named.append(words)
            left -= group
    return ", ".join([*named, *(f"`{role}`" for role in sorted(left))])


def _values(values: Values) -> str:
    return values if isinstance(values, str) else ", ".join(f"`{value}`" for value in sorted(values))


def _alarm_links(names: list[str]) -> Iterator[str]:
    for name in names:
        anchor = "release" if name.startswith("release: ") else re.sub(r"[^\w-]", "", name.replace(" ", "-"))
        yield f"alarm [{name}](runbooks/alarms.md#{anchor})"


def _widget_names(titles: list[str]) -> Iterator[str]:
    yield from (f"dashboard: *{title}*" for title in titles)


def alarms_by_metric() -> dict[str, list[str]]:
    """Names of alarms by the metrics of our own that they look at, as the catalogue of alarms has them."""
    found: dict[str, list[str]] = {}
    text = (MODULE / "catalogue.tf").read_text(encoding="utf-8")
    release = text.index("release_alarms = ")
    rows = list(re.finditer(r'^ +"([a-z][^":]*)(?::\$\{\w+\})?" =>? merge\(local\.single', text, re.MULTILINE))
    for row, end in zip(rows, [*(row.start() for row in rows[1:]), len(text)], strict=True):
        name = f"release: {row[1]}" if row.start() > release else row[1]
        for metric in re.findall(r'namespace = local\.own, name = "(\w+)"', text[row.end() : end]):
            found.setdefault(metric, []).append(name)
    return found


def widgets_by_metric() -> dict[str, list[str]]:
    """Titles of widgets by the metrics of our own that they show."""
    found: dict[str, list[str]] = {}
    text = (MODULE / "dashboards.tf").read_text(encoding="utf-8")
    summed = dict(re.findall(r'^    (\w+) += \["(\w+)"', text[text.index("summed = {") :], re.MULTILINE))
    for title, body in re.findall(r'\{ title = "([^"$]+)"(.*?)(?=\{ title = |\n    \]\n)', text, re.DOTALL):
        names = re.findall(r'local\.own, "(\w+)"', body) + re.findall(r'MetricName=\\"(\w+)', body)
        for name in dict.fromkeys([*names, *(summed[each] for each in re.findall(r"local\.hidden\.(\w+)", body))]):
            found.setdefault(name, []).append(title)
    return found


if __name__ == "__main__":
    Path("docs/metrics.md").write_text(metrics_page(), encoding="utf-8")
