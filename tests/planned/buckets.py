"""Makes planned buckets, and what is set of them."""

from collections.abc import Mapping
from typing import Any

from tests.planned.applied_plan import Planned
from tests.planned.making import Making


def make_bucket(making: Making, planned: Planned) -> None:
    name, s3 = planned.values["bucket"], making.client("s3")
    region = s3.meta.region_name
    # The one region that has no constraint.
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    making.learn(planned, arn=f"arn:aws:s3:::{name}", id=name)
    tags = planned.values.get("tags_all")
    if tags:
        tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_set})


def make_versioning(making: Making, planned: Planned) -> None:
    (wanted,) = planned.values["versioning_configuration"]
    making.client("s3").put_bucket_versioning(
        Bucket=planned.values["bucket"], VersioningConfiguration={"Status": wanted["status"]}
    )


def make_life_cycle(making: Making, planned: Planned) -> None:
    rules = [_life_cycle_rule(each) for each in planned.values["rule"]]
    making.client("s3").put_bucket_lifecycle_configuration(
        Bucket=planned.values["bucket"], LifecycleConfiguration={"Rules": rules}
    )


def _life_cycle_rule(values: Mapping[str, Any]) -> dict[str, Any]:
    (selected,) = values["filter"]
    tags = [{"Key": each["key"], "Value": each["value"]} for each in selected.get("tag") or ()]
    prefix, size = selected.get("prefix") or "", selected.get("object_size_greater_than")
    if size:
        chosen: dict[str, Any] = {
            "And": {"Prefix": prefix, "ObjectSizeGreaterThan": size} | ({"Tags": tags} if tags else {})
        }
    elif tags:
        (tag,) = tags
        chosen = {"Tag": tag}
    else:
        chosen = {"Prefix": prefix}
    rule: dict[str, Any] = {"ID": values["id"], "Status": values["status"], "Filter": chosen}
    for each in values.get("expiration") or ():
        rule["Expiration"] = (
            {"ExpiredObjectDeleteMarker": True} if each.get("expired_object_delete_marker") else {"Days": each["days"]}
        )
    for each in values.get("noncurrent_version_expiration") or ():
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": each["noncurrent_days"]}
    for each in values.get("abort_incomplete_multipart_upload") or ():
        rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": each["days_after_initiation"]}
    if values.get("transition"):
        rule["Transitions"] = [
            {"Days": each["days"], "StorageClass": each["storage_class"]} for each in values["transition"]
        ]
    return rule


def make_ownership(making: Making, planned: Planned) -> None:
    rules = [{"ObjectOwnership": each["object_ownership"]} for each in planned.values["rule"]]
    making.client("s3").put_bucket_ownership_controls(
        Bucket=planned.values["bucket"], OwnershipControls={"Rules": rules}
    )


_PUBLIC_ACCESS = {
    "block_public_acls": "BlockPublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "ignore_public_acls": "IgnorePublicAcls",
    "restrict_public_buckets": "RestrictPublicBuckets",
}


def make_public_access(making: Making, planned: Planned) -> None:
    making.client("s3").put_public_access_block(
        Bucket=planned.values["bucket"],
        PublicAccessBlockConfiguration={to: planned.values[name] for name, to in _PUBLIC_ACCESS.items()},
    )


def make_encryption(making: Making, planned: Planned) -> None:
    rules = [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": each["sse_algorithm"]}}
        for rule in planned.values["rule"]
        for each in rule["apply_server_side_encryption_by_default"]
    ]
    # LocalStack has none of our keys: what is encrypted by one reads the same.
    if all(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256" for rule in rules):
        making.client("s3").put_bucket_encryption(
            Bucket=planned.values["bucket"], ServerSideEncryptionConfiguration={"Rules": rules}
        )


def make_bucket_policy(making: Making, planned: Planned) -> None:
    making.client("s3").put_bucket_policy(
        Bucket=planned.values["bucket"], Policy=making.resolved(planned.values["policy"])
    )
