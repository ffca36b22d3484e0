"""What is planned for each environment is what ``topology.yaml`` declares, field by field ([OPS-5]).

Figures of environments are held by ``test_figures.py``.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

import pytest

from orders.bootstrap.resources.topology import Table, Topology
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.plans import ENVIRONMENTS, REGIONS, EnvironmentPlan, Values, in_state, resources

Planned: TypeAlias = Callable[[str], EnvironmentPlan]
PLACES = [(environment, place) for environment, regions in REGIONS.items() for place in regions]
TABLES = [(environment, table.key) for environment in ENVIRONMENTS for table in packaged_topology().tables]
OF_TABLES = {"orders": "table", "erasure_ledger": "erasure_ledger", "control": "control_table"}
"""The module of each table, by the table's key."""

ACCOUNT_WIDE = {
    "github-2-bbws-order-lambda-{environment}": "releases everywhere, under a name that was there before",
    "bbws-audit-trail-{environment}": "the trail of all regions writes its log",
    "bbws-orders-report-{environment}": "reads the account's budget, which is in no region",
}
"""Roles that the account has once, and what for; others end in their region."""


@pytest.fixture(scope="module")
def topology() -> Topology:
    return packaged_topology()


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def where(request: pytest.FixtureRequest) -> tuple[str, str]:
    """An environment, and one of the places where it has what a region has."""
    return cast("tuple[str, str]", request.param)


@pytest.fixture(scope="module")
def plan(planned: Planned, where: tuple[str, str]) -> EnvironmentPlan:
    return planned(where[0])


@pytest.mark.parametrize(("environment", "key"), TABLES)
def test_a_table_is_as_declared(planned: Planned, topology: Topology, environment: str, key: str) -> None:
    declared = topology.table_of(key)
    found = planned(environment).all("aws_dynamodb_table", OF_TABLES[key])
    if not declared.exists_in(environment):
        assert found == []
        return
    (table,) = found
    assert table["name"] == topology.table_name(environment, key)
    assert (table["hash_key"], table.get("range_key")) == (declared.partition_key, declared.sort_key)
    assert {each["name"]: each["type"] for each in table["attribute"]} == dict.fromkeys(declared.key_attributes, "S")
    assert (table.get("stream_view_type") if table.get("stream_enabled") else None) == _stream(declared, table)
    ttl = [] if declared.ttl_attribute is None else [(declared.ttl_attribute, True)]
    assert [(each["attribute_name"], each["enabled"]) for each in table["ttl"]] == ttl
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    indexes = {each["name"]: each for each in table["global_secondary_index"]}
    assert indexes.keys() == {index.name for index in declared.indexes}
    for index in declared.indexes:
        one = indexes[index.name]
        assert (one["hash_key"], one.get("range_key")) == (index.hash_key, index.range_key)
        assert one["projection_type"] == index.projection
        assert set(one["non_key_attributes"] or ()) == set(index.included)


def _stream(declared: Table, table: Values) -> str | None:
    # Without a stream of both images there are no copies of eventual consistency.
    copied = any(each["consistency_mode"] == "EVENTUAL" for each in table["replica"])
    return "NEW_AND_OLD_IMAGES" if copied else declared.stream


@pytest.mark.parametrize(("environment", "key"), TABLES)
def test_a_table_is_in_the_declared_regions(planned: Planned, topology: Topology, environment: str, key: str) -> None:
    declared = topology.table_of(key)
    for table in planned(environment).all("aws_dynamodb_table", OF_TABLES[key]):
        regions = list(declared.regions or REGIONS[environment].values())
        consistency = declared.consistency or "EVENTUAL"
        assert table["region"] == regions[0]
        assert [each["region_name"] for each in table["replica"]] == regions[1:]
        assert {each["consistency_mode"] for each in table["replica"]} <= {consistency}
        witnesses = [each["region_name"] for each in table.get("global_table_witness") or []]
        assert witnesses == ([] if declared.witness is None else [declared.witness])


def test_no_other_table_is_planned(planned: Planned, topology: Topology) -> None:
    for environment in ENVIRONMENTS:
        tables = {table.key for table in topology.tables if table.exists_in(environment)}
        assert len(planned(environment).all("aws_dynamodb_table")) == len(tables)


def test_every_worker_has_its_queue_and_dead_letter_queue(
    plan: EnvironmentPlan, where: tuple[str, str], topology: Topology
) -> None:
    environment, place = where
    queues = plan.by("aws_sqs_queue", "name", place)
    own = {topology.queue_name(worker, environment) for worker in topology.workers}
    letters = {topology.dead_letter_queue_name(worker, environment) for worker in topology.workers}
    assert queues.keys() == own | letters | {f"{rule.dead_letter_queue}-{environment}" for rule in topology.rules}
    assert all(queue["sqs_managed_sse_enabled"] for queue in queues.values())
    settings = topology.queue_settings
    for name in own:
        assert queues[name]["visibility_timeout_seconds"] == settings.visibility_timeout_seconds
        assert queues[name]["receive_wait_time_seconds"] == settings.wait_seconds


def test_every_rule_matches_what_it_is_declared_to(
    plan: EnvironmentPlan, where: tuple[str, str], topology: Topology
) -> None:
    environment, place = where
    events = f"{place}.module.events"
    rules, targets = (
        plan.by("aws_cloudwatch_event_rule", "name", events),
        plan.by("aws_cloudwatch_event_target", "target_id", events),
    )
    assert rules.keys() == {f"{rule.name}-{environment}" for rule in topology.rules}
    assert targets.keys() == {rule.name for rule in topology.rules}
    for rule in topology.rules:
        types = {} if rule.detail_types is None else {"detail-type": list(rule.detail_types)}
        pattern = json.loads(rules[f"{rule.name}-{environment}"]["event_pattern"])
        assert pattern == {"source": list(rule.sources), **types}
        (retry,) = targets[rule.name]["retry_policy"]
        assert retry["maximum_event_age_in_seconds"] == topology.rule_retry.maximum_event_age_seconds
        assert retry["maximum_retry_attempts"] == topology.rule_retry.maximum_retry_attempts
    bus = topology.bus_name(environment)
    assert plan.one("aws_cloudwatch_event_bus", place)["name"] == bus
    assert plan.one("aws_cloudwatch_event_archive", place)["name"] == bus


def test_topics_are_those_that_are_declared(plan: EnvironmentPlan, where: tuple[str, str], topology: Topology) -> None:
    environment, place = where
    topics = plan.by("aws_sns_topic", "name", f"{place}.module.events")
    assert topics.keys() == {f"{topic.name}-{environment}" for topic in topology.topics}
    subscriptions = plan.all("aws_sns_topic_subscription", f"{place}.module.events")
    assert len(subscriptions) == sum(topic.queue is not None for topic in topology.topics)
    assert all(each["raw_message_delivery"] and each["protocol"] == "sqs" for each in subscriptions)


def test_what_comes_back_of_mails_goes_to_the_declared_topic(
    plan: EnvironmentPlan, where: tuple[str, str], topology: Topology
) -> None:
    environment, place = where
    sets = plan.all("aws_sesv2_configuration_set", place)
    # In dev an address is verified and no domain, and nothing comes back.
    names = [] if environment == "dev" else [f"{topology.mail.configuration_set}-{environment}"]
    assert [each["configuration_set_name"] for each in sets] == names
    told = plan.all("aws_sesv2_configuration_set_event_destination", place)
    assert len(told) == len(names)
    for each in told:
        (destination,) = each["event_destination"]
        assert {one.lower() for one in destination["matching_event_types"]} == set(topology.mail.feedback_events)


def test_buckets_are_those_that_are_declared(plan: EnvironmentPlan, where: tuple[str, str], topology: Topology) -> None:
    environment, place = where
    ending = "-dr" if place == "failover" else ""
    names = {topology.bucket_name(bucket.key, environment) + ending for bucket in topology.buckets}
    buckets = plan.by("aws_s3_bucket", "bucket", f"{place}.module.buckets")
    assert {name for name in buckets if not name.endswith("-access-logs")} == names


def test_copies_of_buckets_go_both_ways_where_there_are_two_regions(planned: Planned, topology: Topology) -> None:
    for environment in ENVIRONMENTS:
        found = {each["bucket"] for each in planned(environment).all("aws_s3_bucket_replication_configuration")}
        names = {topology.bucket_name(bucket.key, environment) for bucket in topology.buckets}
        both = names | {f"{name}-dr" for name in names}
        assert found == (both if len(REGIONS[environment]) > 1 else set())


def test_messages_lead_where_they_are_declared_to(applied_dev: Path, topology: Topology) -> None:
    """Where the plan has references only: an applied one has ARNs."""
    state = json.loads((applied_dev / "terraform.tfstate").read_text())

    def name(arn: str) -> str:
        return arn.rsplit(":", 1)[1].removesuffix("-dev")

    targets = {one["target_id"]: one for _, one in in_state(state, "aws_cloudwatch_event_target")}
    leads = {
        rule.name: (
            rule.queue or topology.topic_name(cast("str", rule.topic), "dev").removesuffix("-dev"),
            rule.dead_letter_queue,
        )
        for rule in topology.rules
    }
    assert {
        key: (name(one["arn"]), name(one["dead_letter_config"][0]["arn"]))
        for key, one in targets.items()
        if key in leads
    } == leads
    queues: Mapping[str, Any] = {one["name"]: one for _, one in in_state(state, "aws_sqs_queue")}
    for worker in topology.workers:
        redrive = json.loads(queues[topology.queue_name(worker, "dev")]["redrive_policy"])
        assert redrive["deadLetterTargetArn"].endswith(f":{topology.dead_letter_queue_name(worker, 'dev')}")
        assert redrive["maxReceiveCount"] == topology.queue_settings.max_receive_count
    subscribed = [one for _, one in in_state(state, "aws_sns_topic_subscription") if one["protocol"] == "sqs"]
    declared = {(topic.name, topic.queue) for topic in topology.topics if topic.queue}
    assert {(name(one["topic_arn"]), name(one["endpoint"])) for one in subscribed} == declared


def test_resources_are_tagged(planned: Planned) -> None:
    for environment in ENVIRONMENTS:
        every = list(resources(planned(environment).raw["planned_values"]["root_module"]))
        tagged = [each for each in every if "tags_all" in each["values"]]
        assert len(tagged) > 20
        for each in tagged:
            tags = each["values"]["tags_all"] or {}
            # Metrics of Route 53 are in us-east-1, and so are their alarms.
            regions = {*REGIONS[environment].values(), "us-east-1" if "module.dns." in each["address"] else ""}
            assert {"Environment": environment, "ManagedBy": "Terraform"}.items() <= tags.items(), each["address"]
            assert tags["Region"] in regions, each["address"]
            if each["address"].startswith(tuple(f"module.{place}." for place in REGIONS[environment])):
                place = each["address"].split(".")[1]
                assert tags["Region"] == REGIONS[environment][place], each["address"]


def test_roles_of_a_region_end_in_it_and_others_are_named_here(planned: Planned) -> None:
    others = set()
    for environment in ENVIRONMENTS:
        ends = tuple(f"-{region}" for region in REGIONS[environment].values())
        names = [each["name"] for each in planned(environment).all("aws_iam_role")]
        assert len(set(names)) == len(names)
        others |= {name.replace(environment, "{environment}") for name in names if not name.endswith(ends)}
    assert others == ACCOUNT_WIDE.keys()


def test_the_trail_sees_orders_and_ledger_in_both_regions(planned: Callable[[str], EnvironmentPlan]) -> None:
    trail = planned("prod").one("aws_cloudtrail")
    assert trail["is_multi_region_trail"]
    (selector,) = [each for each in trail["advanced_event_selector"] if each["name"] == "Items"]
    (tables,) = [each["equals"] for each in selector["field_selector"] if each["field"] == "resources.ARN"]
    # ARNs are known once the tables are made: here only how many there are.
    assert len(tables) == 4
