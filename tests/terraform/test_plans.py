"""What is planned for each environment is what ``topology.yaml`` and the environment's figures say ([OPS-5])."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from orders.bootstrap.resources.topology import Topology
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.terraform import TerraformFailed, copied, plan

Resources = Mapping[str, list[dict[str, Any]]]
DAY = 86_400

FIGURES: Mapping[str, Mapping[str, Any]] = {
    "dev": {
        "regions": {"region": "eu-west-1"}, "pitr_days": 7, "queue_days": 4, "dead_letter_days": 7, "archive_days": 7,
        "versioning": False, "document_days": 30, "access_logs": False, "protected": False, "encryption": "AES256",
    },
    "sit": {
        "regions": {"region": "eu-west-1"}, "pitr_days": 14, "queue_days": 4, "dead_letter_days": 14,
        "archive_days": 30, "versioning": True, "document_days": 60, "access_logs": True, "protected": False,
        "encryption": "AES256",
    },
    "prod": {
        "regions": {"region": "af-south-1", "failover": "eu-west-1"}, "pitr_days": 35, "queue_days": 14,
        "dead_letter_days": 14, "archive_days": 90, "versioning": True, "document_days": 2555,
        "archived_after_days": 730, "access_logs": True, "protected": True, "encryption": "aws:kms",
    },
}  # fmt: skip
PLACES = [(environment, place) for environment, figures in FIGURES.items() for place in figures["regions"]]


@pytest.fixture(scope="module")
def topology() -> Topology:
    return packaged_topology()


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Resources]:
    """Plans each environment once; returns the planned values of all resources, by type."""

    @cache
    def planned(environment: str) -> Resources:
        found: dict[str, list[dict[str, Any]]] = {}

        def collect(module: Mapping[str, Any]) -> None:
            for each in module.get("resources", []):
                if each["mode"] == "managed":
                    found.setdefault(each["type"], []).append(each["values"] | {"address": each["address"]})
            for child in module.get("child_modules", []):
                collect(child)

        directory = copied(tmp_path_factory.mktemp(environment)) / "environments" / environment
        collect(plan(directory)["planned_values"]["root_module"])
        return found

    return planned


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def where(request: pytest.FixtureRequest) -> tuple[str, str]:
    """An environment, and one of the places where it has what a region has."""
    return cast("tuple[str, str]", request.param)


@pytest.fixture(scope="module")
def environment(where: tuple[str, str]) -> str:
    return where[0]


@pytest.fixture(scope="module")
def figures(environment: str) -> Mapping[str, Any]:
    return FIGURES[environment]


@pytest.fixture(scope="module")
def everything(plans: Callable[[str], Resources], environment: str) -> Resources:
    return plans(environment)


@pytest.fixture(scope="module")
def resources(everything: Resources, where: tuple[str, str]) -> Resources:
    """The resources of one region."""
    prefix = f"module.{where[1]}."
    found = {kind: [each for each in all_ if each["address"].startswith(prefix)] for kind, all_ in everything.items()}
    return {kind: here for kind, here in found.items() if here}


def named(resources: Resources, kind: str, key: str = "name") -> dict[str, dict[str, Any]]:
    return {each[key]: each for each in resources[kind]}


def test_the_table_has_the_declared_keys_and_indexes(
    everything: Resources, topology: Topology, environment: str
) -> None:
    (table,) = everything["aws_dynamodb_table"]
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


def test_the_table_is_protected_as_the_environment_says(everything: Resources, figures: Mapping[str, Any]) -> None:
    (table,) = everything["aws_dynamodb_table"]
    assert table["billing_mode"] == "PAY_PER_REQUEST"
    recovery = {"enabled": True, "recovery_period_in_days": figures["pitr_days"]}
    assert [recovery.items() <= each.items() for each in table["point_in_time_recovery"]] == [True]
    assert table["deletion_protection_enabled"] is figures["protected"]
    watched = everything.get("aws_dynamodb_contributor_insights", [])
    assert len(watched) == (1 + len(packaged_topology().table.indexes) if figures["protected"] else 0)


def test_only_production_is_in_two_regions(everything: Resources, figures: Mapping[str, Any]) -> None:
    (table,) = everything["aws_dynamodb_table"]
    copies = [(each["region_name"], each["consistency_mode"]) for each in table["replica"]]
    assert copies == [(region, "EVENTUAL") for region in list(figures["regions"].values())[1:]]
    assert all(each["deletion_protection_enabled"] for each in table["replica"])
    replicated = everything.get("aws_s3_bucket_replication_configuration", [])
    # Both buckets, both ways.
    assert len(replicated) == (4 if copies else 0)
    assert all(rule["status"] == "Enabled" for each in replicated for rule in each["rule"])


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
    resources: Resources, topology: Topology, where: tuple[str, str], figures: Mapping[str, Any]
) -> None:
    ending = where[0] + ("-dr" if where[1] == "failover" else "")
    names = {f"{bucket.name}-{ending}" for bucket in topology.buckets}
    logs = {f"{topology.buckets[0].name}-{ending}-access-logs"} if figures["access_logs"] else set()
    buckets = named(resources, "aws_s3_bucket", "bucket")
    assert buckets.keys() == names | logs
    assert {bucket["force_destroy"] for bucket in buckets.values()} == {not figures["protected"]}
    assert len(resources["aws_s3_bucket_public_access_block"]) == len(names | logs)
    status = "Enabled" if figures["versioning"] else "Suspended"
    versioning = [each["versioning_configuration"][0]["status"] for each in resources["aws_s3_bucket_versioning"]]
    assert versioning == [status] * 2
    rules = [rule for each in resources["aws_s3_bucket_lifecycle_configuration"] for rule in each["rule"]]
    (documents,) = [rule for rule in rules if rule["id"] == "documents"]
    assert [each["days"] for each in documents["expiration"]] == [figures["document_days"]]
    archived = [(each["days"], each["storage_class"]) for each in documents["transition"]]
    assert archived == ([(figures["archived_after_days"], "GLACIER_IR")] if "archived_after_days" in figures else [])
    algorithms = {
        default["sse_algorithm"]
        for each in resources["aws_s3_bucket_server_side_encryption_configuration"]
        if not each["address"].endswith('["logs"]')
        for rule in each["rule"]
        for default in rule["apply_server_side_encryption_by_default"]
    }
    assert algorithms == {figures["encryption"]}


def test_resources_are_tagged(resources: Resources, where: tuple[str, str], figures: Mapping[str, Any]) -> None:
    tagged = [each for kind in resources.values() for each in kind if "tags_all" in each]
    assert len(tagged) > 20
    expected = {"Environment": where[0], "Region": figures["regions"][where[1]], "ManagedBy": "Terraform"}
    for each in tagged:
        assert expected.items() <= (each["tags_all"] or {}).items(), each["address"]


def test_roles_that_are_known_in_the_whole_account_are_named_after_their_region(everything: Resources) -> None:
    for role in everything.get("aws_iam_role", []):
        assert role["name"].endswith(("-af-south-1", "-eu-west-1")), role["address"]


BUCKETS = {
    "versioning": True, "document_days": 30, "encryption": "SSE-S3", "access_logs": True, "deletion_protection": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("queue_retention_days=15", "must be from 1 to 14"),
        ("account=12", "the 12 digits of an AWS account"),
        ('table={pitr_days=36,deletion_protection=false,contributor_insights=false}', "from 1 to 35"),
        ("buckets=" + json.dumps(BUCKETS | {"document_days": 0}), "at least 1"),
        ("buckets=" + json.dumps(BUCKETS | {"encryption": "none"}), "SSE-S3 or SSE-KMS"),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_refused_by_name(tmp_path: Path, variable: str, message: str) -> None:
    with pytest.raises(TerraformFailed) as failed:
        plan(copied(tmp_path) / "environments" / "dev", f"-var={variable}")
    said = " ".join(str(failed.value).replace("│", " ").split())
    assert message in said
