"""Removes what an earlier run made of the same names, with everything in it."""

from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError

from tests.planned.applied_plan import Planned, ResourcePlan
from tests.planned.making import Clients, clients_of


def remove_resources(plan: ResourcePlan, url: str, region: str) -> None:
    """Removes what an earlier run left of the same names, with everything in it."""
    client = clients_of(url, region)
    for planned in plan.of_kind(*_REMOVERS):
        remove, missing = _REMOVERS[planned.kind]
        try:
            remove(client, planned)
        except ClientError as error:
            if error.response["Error"]["Code"] not in missing:
                raise


def _remove_bucket(client: Clients, planned: Planned) -> None:
    s3, name = client("s3"), planned.values["bucket"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=name)


def _remove_queue(client: Clients, planned: Planned) -> None:
    sqs = client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=planned.values["name"])["QueueUrl"])


def _remove_rule(client: Clients, planned: Planned) -> None:
    events = client("events")
    rule = {"EventBusName": planned.values.get("event_bus_name") or "default"}
    targets = events.list_targets_by_rule(Rule=planned.values["name"], **rule)["Targets"]
    if targets:
        events.remove_targets(Rule=planned.values["name"], Ids=[each["Id"] for each in targets], **rule)
    events.delete_rule(Name=planned.values["name"], **rule)


def _remove_table(client: Clients, planned: Planned) -> None:
    name = planned.values["name"]
    client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    client("dynamodb").delete_table(TableName=name)


def _remove_topic(client: Clients, planned: Planned) -> None:
    sns = client("sns")
    for page in sns.get_paginator("list_topics").paginate():
        for topic in page["Topics"]:
            if topic["TopicArn"].endswith(f":{planned.values['name']}"):
                sns.delete_topic(TopicArn=topic["TopicArn"])


_REMOVERS: Mapping[str, tuple[Callable[[Clients, Planned], None], frozenset[str]]] = {
    "aws_dynamodb_table": (_remove_table, frozenset({"ResourceNotFoundException"})),
    "aws_sqs_queue": (_remove_queue, frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})),
    "aws_s3_bucket": (_remove_bucket, frozenset({"NoSuchBucket"})),
    "aws_cloudwatch_event_archive": (
        lambda client, planned: client("events").delete_archive(ArchiveName=planned.values["name"]),
        frozenset({"ResourceNotFoundException"}),
    ),
    "aws_cloudwatch_event_rule": (_remove_rule, frozenset({"ResourceNotFoundException"})),
    "aws_cloudwatch_event_bus": (
        lambda client, planned: client("events").delete_event_bus(Name=planned.values["name"]),
        frozenset({"ResourceNotFoundException"}),
    ),
    "aws_sns_topic": (_remove_topic, frozenset()),
    "aws_ses_configuration_set": (
        lambda client, planned: client("ses").delete_configuration_set(ConfigurationSetName=planned.values["name"]),
        frozenset({"ConfigurationSetDoesNotExist", "ConfigurationSetDoesNotExistException"}),
    ),
    "aws_sesv2_configuration_set": (
        lambda client, planned: client("ses").delete_configuration_set(
            ConfigurationSetName=planned.values["configuration_set_name"]
        ),
        frozenset({"ConfigurationSetDoesNotExist", "ConfigurationSetDoesNotExistException"}),
    ),
    "aws_secretsmanager_secret": (
        lambda client, planned: client("secretsmanager").delete_secret(
            SecretId=planned.values["name"], ForceDeleteWithoutRecovery=True
        ),
        frozenset({"ResourceNotFoundException"}),
    ),
}
