"""Reads `topology.yaml`, validates its JSON Schema and references, and builds the `Topology`."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from orders.bootstrap.resources.topology import (
    Bucket,
    Index,
    MailEvents,
    Queue,
    QueueSettings,
    Rule,
    RuleRetry,
    Table,
    Topic,
    Topology,
    TopologyError,
)

# libyaml's loader reads the file ten times faster; a build of PyYAML without it has only the other one.
_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

INCLUDED_ATTRIBUTES_LIMIT = 100
"""DynamoDB's limit of attributes named by INCLUDE projections, summed over a table's indexes."""
STRONG_REGIONS = 3
"""Regions of a global table with multi-Region strong consistency, its witness among them."""


@cache
def packaged_topology() -> Topology:
    """Returns the packaged topology, read once per process.

    It is not validated here: tests do that with every build, and the library would cost each process two MiB and a
    twentieth of a second.
    """
    return _build(yaml.load(packaged_text(), Loader=_LOADER))  # noqa: S506 - either of the two is a safe loader


def packaged_text() -> str:
    """Returns the packaged file's text."""
    return files("orders").joinpath("topology.yaml").read_text("utf-8")


def load_topology(path: Path) -> Topology:
    """Reads and checks a topology file.

    Raises:
        TopologyError: it can't be read, or `parse_topology` refuses it.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TopologyError(f"{path}: can't be read: {error}") from error
    return parse_topology(text, origin=path.name)


def parse_topology(text: str, *, origin: str) -> Topology:
    """Builds the topology from YAML text; `origin` is what error messages call it.

    Raises:
        TopologyError: not YAML, not of the schema's shape, or with references that lead nowhere. The message names
            the place and the fault.
    """
    try:
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 - either of the two is a safe loader
    except yaml.YAMLError as error:
        raise TopologyError(f"{origin}: not YAML: {error}") from error
    _check_shape(document, origin)
    topology = _build(document)
    faults = list(_contradictions(topology, document))
    if faults:
        raise TopologyError(f"{origin}: {'; '.join(faults)}")
    return topology


def _check_shape(document: object, origin: str) -> None:
    # Imported here: a tenth of a second that commands which never read the topology needn't pay.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = json.loads(files("orders").joinpath("topology.schema.json").read_text("utf-8"))
    fault = best_match(Draft202012Validator(schema).iter_errors(document))
    if fault is None:
        return
    place = ".".join(str(step) for step in fault.absolute_path) or "the file"
    meaning = fault.schema.get("description") if isinstance(fault.schema, dict) else None
    # The messages of these two print the whole declaration and not what is wrong with it.
    said = meaning if meaning and fault.validator in {"oneOf", "not"} else fault.message
    hint = f" ({meaning})" if meaning and meaning != said else ""
    raise TopologyError(f"{origin}: {place}: {said}{hint}")


def _build(document: dict[str, Any]) -> Topology:
    settings = document["queue_settings"]
    return Topology(
        tables=tuple(_table(each, document["attribute_lists"]) for each in document["tables"]),
        queues=tuple(Queue(name=each["name"], worker=each["worker"]) for each in document["queues"]),
        queue_settings=QueueSettings(
            visibility_timeout_seconds=settings["visibility_timeout_seconds"],
            max_receive_count=settings["max_receive_count"],
            batch_size=settings["batch_size"],
            wait_seconds=settings["wait_seconds"],
        ),
        topics=tuple(Topic(key=each["key"], name=each["name"], queue=each.get("queue")) for each in document["topics"]),
        bus=document["bus"]["name"],
        event_source=document["events"]["source"],
        detail_types=tuple(document["events"]["detail_types"]),
        rule_retry=RuleRetry(**document["rule_retry"]),
        rules=tuple(_rule(each) for each in document["rules"]),
        buckets=tuple(Bucket(key=each["key"], name=each["name"]) for each in document["buckets"]),
        mail=MailEvents(
            configuration_set=document["mail"]["configuration_set"],
            feedback_topic=document["mail"]["feedback_topic"],
            feedback_events=tuple(document["mail"]["feedback_events"]),
        ),
    )


def _table(declared: dict[str, Any], attribute_lists: dict[str, list[str]]) -> Table:
    return Table(
        key=declared["key"],
        name=declared["name"],
        partition_key=declared["partition_key"],
        sort_key=declared.get("sort_key"),
        stream=declared.get("stream"),
        ttl_attribute=declared.get("ttl_attribute"),
        indexes=tuple(_index(each, attribute_lists) for each in declared.get("indexes", ())),
        environments=tuple(declared.get("environments", ())),
        regions=tuple(declared.get("regions", ())),
        witness=declared.get("witness"),
        consistency=declared.get("consistency"),
    )


def _index(declared: dict[str, Any], attribute_lists: dict[str, list[str]]) -> Index:
    keys = (declared["hash"], declared.get("range"))
    # An unknown list is reported by _contradictions, together with everything else.
    listed = attribute_lists.get(declared.get("attributes", ""), [])
    return Index(
        name=declared["name"],
        hash_key=declared["hash"],
        range_key=declared.get("range"),
        projection=declared["projection"],
        included=tuple(attribute for attribute in listed if attribute not in keys),
    )


def _rule(declared: dict[str, Any]) -> Rule:
    detail_types = declared.get("detail_types")
    return Rule(
        name=declared["name"],
        sources=tuple(declared["sources"]),
        detail_types=None if detail_types is None else tuple(detail_types),
        queue=declared.get("queue"),
        topic=declared.get("topic"),
        dead_letter_queue=declared["dead_letter_queue"],
    )


def _contradictions(topology: Topology, document: dict[str, Any]) -> Iterator[str]:
    """Finds errors beyond the schema: duplicate names, undeclared references, DynamoDB's limit over all indexes."""
    queues = {queue.name for queue in topology.queues}
    topics = {topic.key for topic in topology.topics}
    for topic in topology.topics:
        if topic.queue is not None and topic.queue not in queues:
            yield f"topic {topic.key}: queue {topic.queue} is not declared"
    if topology.mail.feedback_topic not in topics:
        yield f"mail: topic {topology.mail.feedback_topic} is not declared"
    for rule in topology.rules:
        if rule.queue is not None and rule.queue not in queues:
            yield f"rule {rule.name}: queue {rule.queue} is not declared"
        if rule.topic is not None and rule.topic not in topics:
            yield f"rule {rule.name}: topic {rule.topic} is not declared"
        if rule.sources == (topology.event_source,):
            for unknown in sorted(set(rule.detail_types or ()) - set(topology.detail_types)):
                yield f"rule {rule.name}: {unknown} is not among events.detail_types"
    for declared in document["tables"]:
        yield from _table_faults(declared, document["attribute_lists"])
    for table in topology.tables:
        included = sum(len(index.included) for index in table.indexes)
        if included > INCLUDED_ATTRIBUTES_LIMIT:
            yield (
                f"table {table.key}: its indexes include {included} attributes in all; "
                f"DynamoDB allows {INCLUDED_ATTRIBUTES_LIMIT}"
            )
    yield from _used_twice(topology)


def _table_faults(declared: dict[str, Any], attribute_lists: dict[str, list[str]]) -> Iterator[str]:
    for index in declared.get("indexes", ()):
        wanted = index.get("attributes")
        if wanted is not None and wanted not in attribute_lists:
            yield f"index {index['name']}: attribute list {wanted} is not declared"
    regions, witness = declared.get("regions", ()), declared.get("witness")
    if witness in regions:
        yield f"table {declared['key']}: its witness {witness} is one of its regions"
    if declared.get("consistency") == "STRONG" and len({*regions, witness} - {None}) != STRONG_REGIONS:
        yield (
            f"table {declared['key']}: strong consistency takes {STRONG_REGIONS} regions, "
            "one of which may be the witness"
        )


def _used_twice(topology: Topology) -> Iterator[str]:
    queue_names = [name for queue in topology.queues for name in (queue.name, queue.dead_letter_name)]
    for what, names in (
        ("table", [table.key for table in topology.tables]),
        ("table name", [table.name for table in topology.tables]),
        *(("index", [index.name for index in table.indexes]) for table in topology.tables),
        ("queue", [*queue_names, *(rule.dead_letter_queue for rule in topology.rules)]),
        ("worker", topology.workers),
        ("topic", [topic.key for topic in topology.topics]),
        ("topic name", [topic.name for topic in topology.topics]),
        ("rule", [rule.name for rule in topology.rules]),
        ("bucket", [bucket.key for bucket in topology.buckets]),
        ("bucket name", [bucket.name for bucket in topology.buckets]),
    ):
        yield from (f"{what} {name} is declared twice" for name in _repeated(names))


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
