"""Rules of IAM: names, sizes, and actions that there are."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from botocore.session import get_session

from tests.terraform.rules.rule import Everything, Resource, between, each, rule

between(
    "aws_iam_role",
    "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html",
    max_session_duration=(3600, 43_200),
)

# Names of services in policies, where the SDK has another one.
SDK_NAMES = {
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticloadbalancing": ("elbv2",),
    "ses": ("ses", "sesv2"),
    "servicequotas": ("service-quotas",),
    "tag": ("resourcegroupstaggingapi",),
}

# Actions of the Service Authorization Reference that no operation has as its name.
WITHOUT_OPERATION = frozenset({
    "backup-storage:MountCapsule", "backup:CopyFromBackupVault", "backup:CopyIntoBackupVault",
    "budgets:ModifyBudget", "budgets:ViewBudget",
    "dynamodb:CreateGlobalTableWitness", "dynamodb:CreateTableReplica", "dynamodb:DeleteGlobalTableWitness",
    "dynamodb:DeleteTableReplica", "dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate",
    "dynamodb:RestoreTableFromAwsBackup", "dynamodb:StartAwsBackupJob",
    "guardduty:SendSecurityTelemetry", "iam:PassRole", "kms:ReEncryptFrom", "kms:ReEncryptTo",
    "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:UpdateLogDelivery",
    "s3:DeleteObjectVersion", "s3:GetAccelerateConfiguration", "s3:GetEncryptionConfiguration",
    "s3:GetIntelligentTieringConfiguration", "s3:GetInventoryConfiguration", "s3:GetLifecycleConfiguration",
    "s3:GetMetricsConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListBucketVersions",
    "s3:PutEncryptionConfiguration", "s3:PutIntelligentTieringConfiguration", "s3:PutLifecycleConfiguration",
    "s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging",
    "s3:PutReplicationConfiguration", "s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags",
    "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
})  # fmt: skip

# Operations that are allowed by an action of another name: in a policy they allow nothing.
NO_ACTIONS = frozenset({
    "dynamodb:BatchExecuteStatement", "dynamodb:ExecuteStatement", "dynamodb:ExecuteTransaction",
    "dynamodb:TransactGetItems", "dynamodb:TransactWriteItems",
    "s3:CompleteMultipartUpload", "s3:CopyObject", "s3:CreateMultipartUpload", "s3:DeleteObjects", "s3:HeadBucket",
    "s3:HeadObject", "s3:ListBuckets", "s3:ListObjectVersions", "s3:ListObjects", "s3:ListObjectsV2", "s3:UploadPart",
    "s3:PutBucketEncryption", "s3:PutBucketLifecycleConfiguration", "s3:PutBucketReplication",
    "sns:PublishBatch",
    "sqs:ChangeMessageVisibilityBatch", "sqs:DeleteMessageBatch", "sqs:SendMessageBatch",
})  # fmt: skip


@cache
def _operations(service: str) -> frozenset[str]:
    loader = get_session().get_component("data_loader")
    known = set(loader.list_available_services("service-2"))
    names = (name for name in SDK_NAMES.get(service, (service,)) if name in known)
    return frozenset(
        operation for name in names for operation in loader.load_service_model(name, "service-2")["operations"]
    )


@cache
def exists(action: str) -> bool:
    """Tells whether an action of a policy, with or without wildcards, is one of AWS."""
    if action == "*":
        return True
    service, _, name = action.partition(":")
    known = {f"{service}:{operation}" for operation in _operations(service)} - NO_ACTIONS | WITHOUT_OPERATION
    return bool(re.fullmatch(r"[a-z0-9-]+:[A-Za-z*?]+", action)) and any(
        fnmatchcase(one, f"{service}:{name}") for one in known
    )


def _statements(policy: Any) -> list[dict[str, Any]]:
    found = policy.get("Statement", []) if isinstance(policy, dict) else []
    return [found] if isinstance(found, dict) else found


def size(policy: Any) -> int:
    """Returns the characters of a policy as IAM counts them: without white space."""
    return len(re.sub(r"\s", "", json.dumps(policy, separators=(",", ":"))))


def _sound(policy: Any) -> Iterator[str]:
    statements = _statements(policy)
    names = [one.get("Sid") for one in statements]
    if len(set(names)) != len(names):
        yield f"statements {names}"
    for one in statements:
        if one.get("Effect") not in {"Allow", "Deny"}:
            yield f"{one.get('Sid')}: Effect {one.get('Effect')}"
        for key in ("Action", "NotAction"):
            for action in each(one, key):
                if not exists(action):
                    yield f"{one.get('Sid')}: there is no action {action}"


WRONG_ACTIONS = (
    "dynamodb:TransactWriteItems",
    "sqs:SendMesage",
    "s3:HeadObject",
    "s3:Getobject*",
    "orders:Read",
    "sqs",
)


def _policies_of(kind: str) -> None:
    broken: list[tuple[str, Any]] = [("policy.Statement.Action", action) for action in WRONG_ACTIONS]

    @rule(kind, *broken, ("policy.Statement.Effect", "allow"), ("policy.Statement", lambda now: [*now, *now]))
    def policies_name_actions_that_there_are(resource: Resource, _: Everything) -> Iterator[str]:
        """Actions are those of each service; a statement's name is its own.

        https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
        """
        yield from _sound(resource.get("policy"))


for each_kind in (
    "aws_iam_policy", "aws_iam_role_policy", "aws_kms_key", "aws_s3_bucket_policy", "aws_sqs_queue_policy",
    "aws_sns_topic_policy", "aws_secretsmanager_secret_policy", "aws_vpc_endpoint", "aws_backup_vault_policy",
    "aws_cloudwatch_event_bus_policy",
):  # fmt: skip
    _policies_of(each_kind)


@rule("aws_iam_role", ("name", "r" * 65), ("name", "a b"), ("assume_role_policy.Statement.Action", "sts:Assume"))
def a_role_has_a_short_name_and_somebody(role: Resource, _: Everything) -> Iterator[str]:
    """At most 64 characters; its trust is a policy too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if not re.fullmatch(r"[A-Za-z0-9+=,.@_-]{1,64}", role["name"]):
        yield f"name {role['name']}"
    yield from _sound(role["assume_role_policy"])
    if size(role["assume_role_policy"]) > 2048:
        yield "a trust policy has 2,048 characters at most"


@rule("aws_iam_role_policy", ("policy", {"Statement": [{"Effect": "Allow", "Sid": "s" * 10_300}]}))
def policies_within_a_role_are_small(policy: Resource, everything: Everything) -> Iterator[str]:
    """All that are within one role have 10,240 characters together.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    same = [one for one in everything["aws_iam_role_policy"] if _role_of(one) == _role_of(policy)]
    total = sum(size(one.get("policy")) for one in same)
    if total > 10_240:
        yield f"{total} characters"


def _role_of(policy: Resource) -> str:
    # Where a role is given by an id that only AWS knows, its policy stands alone.
    return str(policy.get("role") or policy["address"])


@rule("aws_iam_policy", ("policy", {"Statement": [{"Effect": "Allow", "Sid": "s" * 6_200}]}), ("name", "p" * 129))
def a_managed_policy_is_small(policy: Resource, _: Everything) -> Iterator[str]:
    """At most 6,144 characters.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if size(policy.get("policy")) > 6_144 or not re.fullmatch(r"[A-Za-z0-9+=,.@_-]{1,128}", policy["name"]):
        yield f"{policy['name']}: {size(policy.get('policy'))} characters"
