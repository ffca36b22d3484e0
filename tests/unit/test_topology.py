"""The declared topology: its names, DynamoDB's limits, and what the loader refuses."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from orders.bootstrap.resources.topology import Topology, TopologyError
from orders.bootstrap.resources.topology_file import (
    INCLUDED_ATTRIBUTES_LIMIT,
    load_topology,
    packaged_text,
    packaged_topology,
    parse_topology,
)

Document = dict[str, Any]


@pytest.fixture
def topology() -> Topology:
    return packaged_topology()


@pytest.fixture
def document() -> Document:
    loaded: Document = yaml.safe_load(files("orders").joinpath("topology.yaml").read_text("utf-8"))
    return loaded


def parsed(document: Document) -> Topology:
    return parse_topology(yaml.safe_dump(document), origin="edited.yaml")


def test_the_packaged_file_is_of_its_schema_and_without_contradictions(topology: Topology) -> None:
    """Processes load the packaged file without validating it."""
    assert parse_topology(packaged_text(), origin="topology.yaml") == topology


def test_queues_are_those_of_the_environments(topology: Topology) -> None:
    names = {
        worker: (topology.queue_name(worker, "prod"), topology.dead_letter_queue_name(worker, "prod"))
        for worker in topology.workers
    }
    assert names == {
        "record-creator": ("bbws-order-creation-prod", "bbws-order-creation-dlq-prod"),
        "pdf-creator": ("bbws-order-pdf-creation-prod", "bbws-order-pdf-creation-dlq-prod"),
        "internal-notifier": (
            "bbws-order-internal-notification-prod",
            "bbws-order-internal-notification-dlq-prod",
        ),
        "customer-notifier": (
            "bbws-order-customer-notification-prod",
            "bbws-order-customer-notification-dlq-prod",
        ),
        "event-processor": ("bbws-order-events-prod", "bbws-order-events-dlq-prod"),
        "mail-feedback": ("bbws-order-mail-feedback-prod", "bbws-order-mail-feedback-dlq-prod"),
    }


def test_other_names_are_those_of_the_environments(topology: Topology) -> None:
    assert topology.table_name("sit") == "bbws-customer-portal-orders-sit"
    assert topology.table_name("sit", "erasure_ledger") == "bbws-orders-erasure-ledger-sit"
    assert topology.table_name("prod", "control") == "bbws-orders-control-prod"
    assert topology.bus_name("sit") == "bbws-orders-sit"
    assert topology.topic_name("order_notifications", "sit") == "bbws-order-notifications-sit"
    assert topology.topic_name("alerts", "sit") == "bbws-alerts-sit"
    assert topology.topic_name("mail_feedback", "sit") == "bbws-order-mail-feedback-sit"
    assert topology.bucket_name("orders", "sit") == "bbws-orders-sit"
    assert topology.bucket_name("templates", "sit") == "bbws-email-templates-sit"


def test_who_may_write_is_decided_in_production_alone_by_a_table_that_is_consistent_across_regions(
    topology: Topology,
) -> None:
    control = topology.table_of("control")
    assert {each for each in ("local", "dev", "sit", "prod") if control.exists_in(each)} == {"prod"}
    assert (control.regions, control.witness) == (("eu-west-1", "eu-central-1"), "eu-west-2")
    assert control.consistency == "STRONG"
    assert (control.key_attributes, control.stream, control.ttl_attribute) == (("PK",), None, None)
    others = [table for table in topology.tables if table.key != "control"]
    assert [table.key for table in others if table.exists_in("local") and table.exists_in("prod")] == [
        "orders",
        "erasure_ledger",
    ]


def test_queue_settings_are_those_of_the_environments(topology: Topology) -> None:
    settings = topology.queue_settings
    assert (settings.visibility_timeout_seconds, settings.max_receive_count) == (60, 3)
    assert (settings.batch_size, settings.wait_seconds) == (10, 20)


def test_every_name_fits_its_service_in_every_environment(topology: Topology) -> None:
    """Rules and buses may have 64 characters, buckets 63, queues 80; the longest environment name has five."""
    assert max(len(f"{rule.name}-local") for rule in topology.rules) <= 64
    assert max(len(topology.bucket_name(bucket.key, "local-dr")) for bucket in topology.buckets) <= 63
    assert max(len(f"{rule.dead_letter_queue}-local") for rule in topology.rules) <= 80


def test_indexes_stay_below_the_limit_of_included_attributes(topology: Topology) -> None:
    included = [attribute for index in topology.table_of("orders").indexes for attribute in index.included]
    assert 0 < len(included) <= INCLUDED_ATTRIBUTES_LIMIT == 100


def test_an_index_includes_no_key_of_its_own(topology: Topology) -> None:
    by_name = {index.name: index for index in topology.table_of("orders").indexes}
    assert not [index.name for index in by_name.values() if set(index.included) & set(index.keys)]
    listed = set(by_name["OrdersByCustomer"].included)
    assert set(by_name["OrdersByTenantAndDate"].included) == listed - {"tenantId"}
    assert by_name["OutboxPending"].included == ()


def test_every_key_attribute_is_defined_once(topology: Topology) -> None:
    attributes = topology.table_of("orders").key_attributes
    assert len(attributes) == len(set(attributes))
    assert attributes[:2] == ("PK", "SK")


def test_what_comes_back_of_mails_reaches_its_worker(topology: Topology) -> None:
    assert topology.mail.configuration_set == "bbws-emails"
    assert set(topology.mail.feedback_events) == {"bounce", "complaint"}
    (topic,) = (topic for topic in topology.topics if topic.key == topology.mail.feedback_topic)
    assert topic.queue == topology.queue("mail-feedback").name


def test_customers_hear_of_documents_and_endings(topology: Topology) -> None:
    rule = next(rule for rule in topology.rules if rule.queue == "bbws-order-customer-notification")
    assert {name.split(".")[-2] for name in rule.detail_types or ()} == {
        "document_ready",
        "document_failed",
        "fulfilled",
        "cancelled",
        "rejected",
        "completed",
    }


def test_subscribers_outside_get_every_event(topology: Topology) -> None:
    rule = next(rule for rule in topology.rules if rule.topic == "order_notifications")
    assert rule.sources == ("io.bbws.orders",)
    assert rule.detail_types is None


def test_every_rule_has_a_dead_letter_queue_of_its_own(topology: Topology) -> None:
    queues = [rule.dead_letter_queue for rule in topology.rules]
    workers = {name for queue in topology.queues for name in (queue.name, queue.dead_letter_name)}
    assert len(queues) == len(set(queues))
    assert not workers & set(queues)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda topology: topology.table_name("dev", "nothing"), "there are orders, erasure_ledger, control"),
        (lambda topology: topology.queue_name("nobody", "dev"), "there are record-creator, pdf-creator"),
        (lambda topology: topology.topic_name("nothing", "dev"), "there are order_notifications, alerts"),
        (lambda topology: topology.bucket_name("nothing", "dev"), "there are orders, templates"),
    ],
)
def test_asking_for_what_is_not_declared_names_what_is(
    topology: Topology, ask: Callable[[Topology], str], answer: str
) -> None:
    with pytest.raises(KeyError, match=answer):
        ask(topology)


def _at(*path: str | int, value: object) -> Callable[[Document], None]:
    """An edit that puts `value` at the place `path` leads to."""

    def edit(document: Document) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return edit


def _without(*path: str | int) -> Callable[[Document], None]:
    def edit(document: Document) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return edit


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (_at("queues", 0, "name", value="bbws-order-creation-dev"), "queues.0.name: .*without environment"),
        (_at("buckets", 0, "name", value="arn:aws:s3:::bbws-orders"), "buckets.0.name: .*without ARN"),
        (_at("bus", "name", value="orders"), "bus.name: 'orders' does not match"),
        (_at("queues", 1, "worker", value="PDF"), "queues.1.worker: 'PDF' does not match"),
        (_at("queue_settings", "batch_size", value=11), "queue_settings.batch_size: 11 is greater"),
        (_at("queue_settings", "colour", value="red"), "queue_settings: .*'colour' was unexpected"),
        (
            _at("tables", 0, "indexes", 0, "projection", value="SOME"),
            "tables.0.indexes.0.projection: 'SOME' is not one of",
        ),
        (
            _at("tables", 0, "indexes", 5, "attributes", value="order_summary"),
            r"tables.0.indexes.5: An attribute list is for INCLUDE only\.$",
        ),
        (_without("tables", 0, "indexes", 0, "attributes"), "tables.0.indexes.0: 'attributes' is a required property"),
        (_without("tables", 0, "partition_key"), "tables.0: 'partition_key' is a required property"),
        (_at("tables", 0, "stream", value="ALL"), "tables.0.stream: 'ALL' is not one of"),
        (_at("tables", 1, "key", value="orders"), "table orders is declared twice"),
        (_at("tables", 1, "name", value="bbws-orders-control"), "table name bbws-orders-control is declared twice"),
        (_without("tables", 2, "regions"), "tables.2: 'regions' is a dependency of 'consistency'"),
        (_at("tables", 2, "witness", value="eu-west-1"), "table control: its witness eu-west-1 is one of its regions"),
        (_without("tables", 2, "witness"), "table control: strong consistency takes 3 regions"),
        (_at("tables", 2, "environments", 0, value="production"), "tables.2.environments.0: 'production' is not one"),
        (_without("rules"), "the file: 'rules' is a required property"),
        (_without("rules", 3, "topic"), r"rules.3: A rule delivers to one queue or to one topic\.$"),
        (_at("rules", 3, "queue", value="bbws-order-events"), "rules.3: A rule delivers to one queue"),
        (_without("rules", 0, "dead_letter_queue"), "rules.0: 'dead_letter_queue' is a required property"),
        (_at("rules", 0, "queue", value="bbws-lost"), "rule bbws-order-pdf-creation: queue bbws-lost is not declared"),
        (_at("rules", 3, "topic", value="lost"), "rule bbws-order-notifications: topic lost is not declared"),
        (_at("rules", 0, "detail_types", 0, value="Invented"), "Invented is not among events.detail_types"),
        (_at("mail", "feedback_topic", value="lost"), "mail: topic lost is not declared"),
        (_at("mail", "feedback_events", 0, value="bounced"), "mail.feedback_events.0: 'bounced' is not one of"),
        (_at("topics", 3, "queue", value="bbws-lost"), "topic mail_feedback: queue bbws-lost is not declared"),
        (
            _at("tables", 0, "indexes", 1, "attributes", value="lost"),
            "index OrdersByCustomer: attribute list lost is not declared",
        ),
        (_at("tables", 0, "indexes", 1, "name", value="OrdersByDate"), "index OrdersByDate is declared twice"),
        (_at("queues", 1, "worker", value="record-creator"), "worker record-creator is declared twice"),
        (
            _at("rules", 0, "dead_letter_queue", value="bbws-order-events-dlq"),
            "queue bbws-order-events-dlq is declared twice",
        ),
        (_at("buckets", 1, "key", value="orders"), "bucket orders is declared twice"),
    ],
)
def test_a_fault_is_refused_by_name_and_place(document: Document, edit: Callable[[Document], None], fault: str) -> None:
    edit(document)
    with pytest.raises(TopologyError, match=f"^edited.yaml: .*{fault}"):
        parsed(document)


def test_too_many_included_attributes_are_refused(document: Document) -> None:
    document["attribute_lists"]["order_summary"] += [f"more{number}x" for number in range(3)]
    for name in ("One", "Two"):
        index = {"name": f"Orders{name}", "hash": "extra", "projection": "INCLUDE", "attributes": "order_summary"}
        document["tables"][0]["indexes"].append(index)
    with pytest.raises(TopologyError, match="orders: its indexes include 119 attributes in all; DynamoDB allows 100"):
        parsed(document)


def test_faults_are_named_together(document: Document) -> None:
    document["rules"][0]["queue"] = "bbws-lost"
    document["topics"][2]["queue"] = "bbws-gone"
    with pytest.raises(
        TopologyError, match=r"queue bbws-gone is not declared; rule .* queue bbws-lost is not declared"
    ):
        parsed(document)


def test_text_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(TopologyError, match=r"^broken\.yaml: not YAML: "):
        parse_topology("tables: [", origin="broken.yaml")


def test_a_file_is_read_by_path(tmp_path: Path, document: Document, topology: Topology) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    assert load_topology(path) == topology
    with pytest.raises(TopologyError, match="can't be read"):
        load_topology(tmp_path / "missing.yaml")
