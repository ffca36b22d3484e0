"""What is planned for each environment is what ``topology.yaml`` and the environment's figures say ([OPS-5])."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orders.bootstrap.resources.topology import Topology
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.terraform import TerraformFailed, copied, plan

Resources = Mapping[str, list[dict[str, Any]]]
DAY = 86_400

FIGURES: Mapping[str, Mapping[str, Any]] = {
    "dev": {
        "account": "536580886816", "region": "eu-west-1", "pitr_days": 7, "queue_days": 4, "dead_letter_days": 7,
        "archive_days": 7, "versioning": False, "document_days": 30, "access_logs": False,
    },
    "sit": {
        "account": "815856636111", "region": "eu-west-1", "pitr_days": 14, "queue_days": 4, "dead_letter_days": 14,
        "archive_days": 30, "versioning": True, "document_days": 60, "access_logs": True,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def topology() -> Topology:
    return packaged_topology()


@pytest.fixture(scope="module", params=FIGURES)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def figures(environment: str) -> Mapping[str, Any]:
    return FIGURES[environment]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, environment: str) -> dict[str, Any]:
    return plan(copied(tmp_path_factory.mktemp(environment)) / "environments" / environment)


@pytest.fixture(scope="module")
def resources(whole: dict[str, Any]) -> Resources:
    """The planned values of all resources, by type."""
    found: dict[str, list[dict[str, Any]]] = {}

    def collect(module: Mapping[str, Any]) -> None:
        for each in module.get("resources", []):
            if each["mode"] == "managed":
                found.setdefault(each["type"], []).append(each["values"] | {"address": each["address"]})
        for child in module.get("child_modules", []):
            collect(child)

    collect(whole["planned_values"]["root_module"])
    return found


def named(resources: Resources, kind: str, key: str = "name") -> dict[str, dict[str, Any]]:
    return {each[key]: each for each in resources[kind]}


def test_the_table_has_the_declared_keys_and_indexes(
    resources: Resources, topology: Topology, environment: str
) -> None:
    (table,) = resources["aws_dynamodb_table"]
    declared = topology.table
    assert table["name"] == topology.table_name(environment)
    assert (table["hash_key"], table["range_key"]) == (declared.partition_key, declared.sort_key)
    assert (table["stream_enabled"], table["stream_view_type"]) == (True, declared.stream)
    assert [(each["attribute_name"], each["enabled"]) for each in table["ttl"]] == [(declared.ttl_attribute, True)]
    planned = {each["name"]: each for each in table["global_secondary_index"]}
    assert planned.keys() == {index.name for index in declared.indexes}
    for index in declared.indexes:
        found = planned[index.name]
        assert (found["hash_key"], found["range_key"]) == (index.hash_key, index.range_key)
        assert found["projection_type"] == index.projection
        assert set(found["non_key_attributes"] or ()) == set(index.included)


def test_the_table_is_protected_as_the_environment_says(resources: Resources, figures: Mapping[str, Any]) -> None:
    (table,) = resources["aws_dynamodb_table"]
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    recovery = {"enabled": True, "recovery_period_in_days": figures["pitr_days"]}
    assert [recovery.items() <= each.items() for each in table["point_in_time_recovery"]] == [True]
    assert table["deletion_protection_enabled"] is False
    assert table["replica"] == []
    assert "aws_dynamodb_contributor_insights" not in resources


def test_every_worker_has_its_queue_and_dead_letter_queue(
    resources: Resources, topology: Topology, environment: str, figures: Mapping[str, Any]
) -> None:
    queues = named(resources, "aws_sqs_queue")
    expected: dict[str, int] = {}
    for worker in topology.workers:
        expected[topology.queue_name(worker, environment)] = figures["queue_days"]
        expected[topology.dead_letter_queue_name(worker, environment)] = figures["dead_letter_days"]
    expected |= {f"{rule.dead_letter_queue}-{environment}": figures["dead_letter_days"] for rule in topology.rules}
    assert {name: queue["message_retention_seconds"] / DAY for name, queue in queues.items()} == expected
    assert all(queue["sqs_managed_sse_enabled"] for queue in queues.values())
    settings = topology.queue_settings
    for worker in topology.workers:
        queue = queues[topology.queue_name(worker, environment)]
        assert queue["visibility_timeout_seconds"] == settings.visibility_timeout_seconds
        assert queue["receive_wait_time_seconds"] == settings.wait_seconds


def test_every_rule_matches_and_leads_where_it_is_declared_to(
    resources: Resources, topology: Topology, environment: str
) -> None:
    rules = named(resources, "aws_cloudwatch_event_rule")
    targets = named(resources, "aws_cloudwatch_event_target", "target_id")
    assert rules.keys() == {f"{rule.name}-{environment}" for rule in topology.rules}
    assert targets.keys() == {rule.name for rule in topology.rules}
    for rule in topology.rules:
        types = {} if rule.detail_types is None else {"detail-type": list(rule.detail_types)}
        assert json.loads(rules[f"{rule.name}-{environment}"]["event_pattern"]) == {
            "source": list(rule.sources),
            **types,
        }
        (retry,) = targets[rule.name]["retry_policy"]
        assert retry["maximum_event_age_in_seconds"] == topology.rule_retry.maximum_event_age_seconds
        assert retry["maximum_retry_attempts"] == topology.rule_retry.maximum_retry_attempts
    (bus,) = resources["aws_cloudwatch_event_bus"]
    assert bus["name"] == topology.bus_name(environment)


def test_topics_are_those_that_are_declared(resources: Resources, topology: Topology, environment: str) -> None:
    topics = named(resources, "aws_sns_topic")
    assert topics.keys() == {f"{topic.name}-{environment}" for topic in topology.topics}
    assert len(resources["aws_sns_topic_subscription"]) == sum(topic.queue is not None for topic in topology.topics)
    assert all(each["raw_message_delivery"] for each in resources["aws_sns_topic_subscription"])


def test_events_are_archived_for_the_days_of_the_environment(resources: Resources, figures: Mapping[str, Any]) -> None:
    assert [each["retention_days"] for each in resources["aws_cloudwatch_event_archive"]] == [figures["archive_days"]]


def test_buckets_are_kept_as_the_environment_says(
    resources: Resources, topology: Topology, environment: str, figures: Mapping[str, Any]
) -> None:
    names = {f"{bucket.name}-{environment}" for bucket in topology.buckets}
    logs = {f"{topology.bucket_name('orders', environment)}-access-logs"} if figures["access_logs"] else set()
    assert named(resources, "aws_s3_bucket", "bucket").keys() == names | logs
    assert len(resources["aws_s3_bucket_public_access_block"]) == len(names | logs)
    status = "Enabled" if figures["versioning"] else "Suspended"
    assert [each["versioning_configuration"][0]["status"] for each in resources["aws_s3_bucket_versioning"]] == [
        status
    ] * 2
    rules = [rule for each in resources["aws_s3_bucket_lifecycle_configuration"] for rule in each["rule"]]
    (documents,) = [rule for rule in rules if rule["id"] == "documents"]
    assert [each["days"] for each in documents["expiration"]] == [figures["document_days"]]
    assert documents["transition"] == []


def test_every_resource_that_can_be_tagged_is(
    resources: Resources, environment: str, figures: Mapping[str, Any]
) -> None:
    tagged = [each for kind in resources.values() for each in kind if "tags_all" in each]
    assert len(tagged) > 20
    for each in tagged:
        expected = {"Environment": environment, "Region": figures["region"], "ManagedBy": "Terraform"}
        assert expected.items() <= (each["tags_all"] or {}).items(), each["address"]


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("queue_retention_days=15", "must be from 1 to 14"),
        ("account=12", "the 12 digits of an AWS account"),
        ('table={pitr_days=36,deletion_protection=false,contributor_insights=false}', "from 1 to 35"),
        ('buckets={versioning=true,document_days=0,access_logs=true,deletion_protection=true}', "at least 1"),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_refused_by_name(tmp_path: Path, variable: str, message: str) -> None:
    with pytest.raises(TerraformFailed) as failed:
        plan(copied(tmp_path) / "environments" / "dev", f"-var={variable}")
    said = " ".join(str(failed.value).replace("│", " ").split())
    assert message in said
