"""Rules of DynamoDB, S3, AWS Backup, KMS, Secrets Manager and ECR."""

import re
from collections.abc import Iterator

from tests.terraform.rules.rule import Everything, Resource, between, each, one_of, rule

DDB = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference"
S3 = "https://docs.aws.amazon.com/AmazonS3/latest/API"
BACKUP = "https://docs.aws.amazon.com/aws-backup/latest/devguide"

CONSISTENT = (
    {"us-east-1", "us-east-2", "us-west-2"},
    {"ap-northeast-1", "ap-northeast-2", "ap-northeast-3"},
    {"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"},
)
"""Sets of regions that DynamoDB keeps strongly consistent, each apart from the others."""
ARCHIVES = ("GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
CLASSES = ("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", *ARCHIVES)

between(
    "aws_dynamodb_table",
    f"{DDB}/API_PointInTimeRecoverySpecification.html",
    point_in_time_recovery__recovery_period_in_days=(1, 35),
)
one_of("aws_dynamodb_table", f"{DDB}/API_CreateTable.html", "billing_mode", "PAY_PER_REQUEST", "PROVISIONED")
one_of("aws_dynamodb_table", f"{DDB}/API_CreateTable.html", "table_class", "STANDARD", "STANDARD_INFREQUENT_ACCESS")
one_of("aws_dynamodb_table", f"{DDB}/API_AttributeDefinition.html", "attribute.type", "S", "N", "B")
one_of(
    "aws_dynamodb_table",
    f"{DDB}/API_Projection.html",
    "global_secondary_index.projection_type",
    "ALL",
    "KEYS_ONLY",
    "INCLUDE",
)
one_of(
    "aws_dynamodb_table",
    f"{DDB}/API_StreamSpecification.html",
    "stream_view_type",
    "KEYS_ONLY",
    "NEW_IMAGE",
    "OLD_IMAGE",
    "NEW_AND_OLD_IMAGES",
)
one_of(
    "aws_dynamodb_table",
    f"{DDB}/API_CreateReplicationGroupMemberAction.html",
    "replica.consistency_mode",
    "EVENTUAL",
    "STRONG",
)


@rule(
    "aws_dynamodb_table",
    ("global_secondary_index.hash_key", "unknownKey"),
    ("attribute", lambda now: [*now, {"name": "unused", "type": "S"}]),
)
def attributes_are_those_of_keys(table: Resource, _: Everything) -> Iterator[str]:
    """Declared attributes are keys of the table or an index, and all of them are declared.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    """
    keys = {
        key
        for where in (table, *table["global_secondary_index"])
        for key in (where["hash_key"], where.get("range_key"))
    }
    if {attribute["name"] for attribute in table["attribute"]} != keys - {None}:
        yield "attributes are not those of the keys"


INDEX = "global_secondary_index"


@rule(
    "aws_dynamodb_table",
    (f"{INDEX}.non_key_attributes", [f"a{number}" for number in range(101)]),
    (f"{INDEX}.non_key_attributes", []),
    (INDEX, lambda now: now * 21),
)
def indexes_are_few_and_carry_little(table: Resource, _: Everything) -> Iterator[str]:
    """Twenty indexes, which include a hundred attributes all together.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
    """
    indexes = table[INDEX]
    included = len(each(indexes, "non_key_attributes"))
    if len(indexes) > 20 or included > 100:
        yield f"{len(indexes)} indexes include {included} attributes: at most 20 and 100"
    for index in indexes:
        if (index["projection_type"] == "INCLUDE") != bool(index["non_key_attributes"]):
            yield f"{index['name']}: INCLUDE and non_key_attributes belong together"


@rule("aws_dynamodb_table", ("stream_view_type", "NEW_IMAGE"), ("stream_enabled", False))
def a_copied_table_streams_both_images(table: Resource, _: Everything) -> Iterator[str]:
    """Copies of eventual consistency are made from a stream of both images.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_reqs_bestpractices.html
    """
    streams = (table.get("stream_enabled"), table.get("stream_view_type"))
    if "EVENTUAL" in each(table, "replica.consistency_mode") and streams != (True, "NEW_AND_OLD_IMAGES"):
        yield f"a copied table's stream is {streams}"


@rule(
    "aws_dynamodb_table",
    ("global_table_witness", []),
    ("global_table_witness.region_name", "us-east-1"),
    ("global_table_witness.region_name", "eu-central-1"),
    ("region", "af-south-1"),
    ("ttl", [{"enabled": True, "attribute_name": "expiresAt"}]),
)
def a_consistent_table_is_in_three_regions_of_one_set(table: Resource, _: Everything) -> Iterator[str]:
    """Three regions that belong together: two copies and a witness, or three copies; and nothing expires.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/multi-region-strong-consistency-gt.html
    """
    if "STRONG" not in each(table, "replica.consistency_mode"):
        return
    witnesses = each(table, "global_table_witness.region_name")
    regions = [table["region"], *each(table, "replica.region_name"), *witnesses]
    together = any(set(regions) <= known for known in CONSISTENT)
    if len(regions) != 3 or len(set(regions)) != 3 or len(witnesses) > 1 or not together:
        yield f"regions {regions}: three of one set"
    if any(each(table, "ttl.enabled")):
        yield "a table of strong consistency has no time to live"


one_of(
    "aws_s3_bucket_versioning",
    f"{S3}/API_VersioningConfiguration.html",
    "versioning_configuration.status",
    "Enabled",
    "Suspended",
)
one_of(
    "aws_s3_bucket_ownership_controls",
    f"{S3}/API_OwnershipControlsRule.html",
    "rule.object_ownership",
    "BucketOwnerEnforced",
    "BucketOwnerPreferred",
    "ObjectWriter",
)
one_of(
    "aws_s3_bucket_server_side_encryption_configuration",
    f"{S3}/API_ServerSideEncryptionByDefault.html",
    "rule.apply_server_side_encryption_by_default.sse_algorithm",
    "AES256",
    "aws:kms",
    "aws:kms:dsse",
)
one_of("aws_s3_bucket_lifecycle_configuration", f"{S3}/API_LifecycleRule.html", "rule.status", "Enabled", "Disabled")
one_of("aws_s3_bucket_lifecycle_configuration", f"{S3}/API_Transition.html", "rule.transition.storage_class", *CLASSES)
one_of(
    "aws_s3_bucket_lifecycle_configuration",
    f"{S3}/API_PutBucketLifecycleConfiguration.html",
    "transition_default_minimum_object_size",
    "all_storage_classes_128K",
    "varies_by_storage_class",
)
one_of(
    "aws_s3_bucket_replication_configuration",
    f"{S3}/API_Destination.html",
    "rule.destination.storage_class",
    "STANDARD",
    *CLASSES,
)
one_of(
    "aws_s3_bucket_replication_configuration",
    f"{S3}/API_ReplicationTimeValue.html",
    "rule.destination.replication_time.time.minutes",
    15,
)
one_of(
    "aws_s3_bucket_replication_configuration",
    f"{S3}/API_Metrics.html",
    "rule.destination.metrics.event_threshold.minutes",
    15,
)


@rule("aws_s3_bucket", ("bucket", "Orders"), ("bucket", "b" * 64), ("bucket", "a..b"))
def a_bucket_has_a_name(bucket: Resource, _: Everything) -> Iterator[str]:
    """Names of buckets are names in DNS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if bucket.get("bucket") and not re.fullmatch(
        r"(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket["bucket"]
    ):
        yield f"bucket {bucket['bucket']}"


@rule(
    "aws_s3_bucket_lifecycle_configuration",
    ("rule.expiration", [{"days": 0}]),
    ("rule.expiration", [{"days": 700}]),
    ("rule.transition", [{"days": 29, "storage_class": "STANDARD_IA"}]),
    ("rule.noncurrent_version_expiration.noncurrent_days", 0),
    ("rule", lambda now: [*now, now[0]]),
)
def objects_move_before_they_expire(lifecycle: Resource, _: Everything) -> Iterator[str]:
    """Days are positive and rise; infrequent access begins after thirty days; each rule has its own name.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
    """
    names = each(lifecycle, "rule.id")
    if len(set(names)) != len(names):
        yield f"rules {names}"
    for one in lifecycle["rule"]:
        moves = each(one, "transition")
        # One that removes markers has no days.
        ends = [end["days"] for end in each(one, "expiration") if not end.get("expired_object_delete_marker")]
        lives = [*ends, *each(one, "noncurrent_version_expiration.noncurrent_days")]
        early = [move for move in moves if move["storage_class"].endswith("_IA") and move["days"] < 30]
        if early or min([1, *lives]) < 1 or any(move["days"] >= end for move in moves for end in ends):
            yield f"{one['id']}: moves {[move['days'] for move in moves]}, ends {lives}"


@rule("aws_s3_bucket_lifecycle_configuration", ("rule.transition.storage_class", "INTELLIGENT_TIERING"))
def small_objects_are_not_tiered(lifecycle: Resource, _: Everything) -> Iterator[str]:
    """What is smaller than 128 KiB is not moved to tiers: a rule that says otherwise does nothing.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
    """
    for one in lifecycle["rule"]:
        least = max(
            [-1, *each(one, "filter.object_size_greater_than"), *each(one, "filter.and.object_size_greater_than")]
        )
        if "INTELLIGENT_TIERING" in each(one, "transition.storage_class") and least < 131_071:
            yield f"{one['id']}: objects over {least} bytes"


@rule("aws_s3_bucket_replication_configuration", ("rule.destination.replication_time", []), ("rule.filter", []))
def a_copy_in_time_is_measured(replication: Resource, _: Everything) -> Iterator[str]:
    """Time control comes with metrics; rules of the present form have a filter and say whether deletions are copied.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
    """
    for one in replication["rule"]:
        (target,) = one["destination"]
        if bool(target["replication_time"]) != bool(target["metrics"]):
            yield "replication_time and metrics belong together"
        if not one["filter"] or not one["delete_marker_replication"]:
            yield "a rule needs filter and delete_marker_replication"


@rule("aws_s3_bucket_replication_configuration", ("bucket", "bbws-orders-sidecars-none"))
def copied_buckets_keep_versions(replication: Resource, everything: Everything) -> Iterator[str]:
    """Both buckets, source and destination, have versioning: each is a source here.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html
    """
    buckets = {one["address"]: one.get("bucket") for one in everything["aws_s3_bucket"]}
    versioned = {
        each_module(one["address"])
        for one in everything["aws_s3_bucket_versioning"]
        if each(one, "versioning_configuration.status") == ["Enabled"]
    }
    homes = [each_module(address) for address, name in buckets.items() if name == replication["bucket"]]
    if not homes or not set(homes) <= versioned:
        yield f"{replication['bucket']} keeps no versions"


def each_module(address: str) -> tuple[str, str]:
    """Returns the module of a resource and its key: a bucket's, and that of what is said of the bucket."""
    module, _, last = address.rpartition(".aws_")
    return module, last.partition(".")[2]


between(
    "aws_kms_key",
    "https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html",
    deletion_window_in_days=(7, 30),
)
between(
    "aws_secretsmanager_secret",
    "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html",
    recovery_window_in_days=(7, 30),
)
one_of(
    "aws_ecr_repository",
    "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html",
    "image_tag_mutability",
    "IMMUTABLE",
    "MUTABLE",
    "IMMUTABLE_WITH_EXCLUSION",
)


@rule("aws_kms_key", ("rotation_period_in_days", 30), ("enable_key_rotation", False))
def keys_are_renewed(key: Resource, _: Everything) -> Iterator[str]:
    """Every 90 to 2560 days; yearly when nothing is said.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
    """
    if not key["enable_key_rotation"] or not 90 <= (key.get("rotation_period_in_days") or 365) <= 2560:
        yield f"rotation {key['enable_key_rotation']} {key.get('rotation_period_in_days')}"


@rule(
    "aws_backup_plan",
    ("rule.schedule", "cron(0 * * * *)"),
    ("rule.schedule", "hourly"),
    ("rule.schedule", "cron(0 4 1 * 1 *)"),
)
def backups_have_a_time(plan: Resource, _: Everything) -> Iterator[str]:
    """Six fields, of which the day is said once; at most hourly.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html
    """
    for schedule in each(plan, "rule.schedule"):
        fields = schedule.removeprefix("cron(").removesuffix(")").split()
        if (
            not schedule.startswith("cron(")
            or len(fields) != 6
            or "?" not in (fields[2], fields[4])
            or not fields[0].isdecimal()
        ):
            yield f"schedule {schedule}"


@rule(
    "aws_backup_plan",
    ("rule.lifecycle.cold_storage_after", 30),
    ("rule.start_window", 30),
    ("rule.completion_window", 60),
)
def a_backup_has_time_and_stays_cold_long_enough(plan: Resource, _: Everything) -> Iterator[str]:
    """Started within an hour or more, ended after that; ninety days in cold storage at least.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html
    """
    for one in plan["rule"]:
        start = one.get("start_window") or 480
        if start < 60 or (one.get("completion_window") or 10_080) <= start:
            yield f"windows {start} and {one.get('completion_window')} min"
        for life in each(one, "lifecycle") + each(one, "copy_action.lifecycle"):
            cold = life.get("cold_storage_after")
            if cold is not None and life["delete_after"] < cold + 90:
                yield f"delete_after {life['delete_after']} is not 90 days after cold storage"


@rule(
    "aws_backup_vault_lock_configuration",
    ("min_retention_days", 91),
    ("changeable_for_days", 2),
    ("max_retention_days", 30),
)
def a_locked_vault_takes_the_planned_backups(lock: Resource, everything: Everything) -> Iterator[str]:
    """A vault refuses what is kept shorter than its least or longer than its most; a lock settles after three days.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """
    least, most = lock.get("min_retention_days") or 1, lock.get("max_retention_days") or 36_500
    kept = each(everything["aws_backup_plan"], "rule.lifecycle.delete_after")
    kept += each(everything["aws_backup_plan"], "rule.copy_action.lifecycle.delete_after")
    if not 1 <= least <= most <= 36_500 or any(not least <= days <= most for days in kept):
        yield f"from {least} to {most} days, and backups of {kept}"
    if lock.get("changeable_for_days") is not None and lock["changeable_for_days"] < 3:
        yield f"changeable_for_days {lock['changeable_for_days']}"
