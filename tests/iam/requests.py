"""Which requests IAM decides when a call is made: actions, resources and condition keys, by AWS's own tables.

The tables are those of the Service Authorization Reference, one page for each service. A call that isn't known here is
an error: who makes a new one says what it needs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.iam.policy import Request, Values
from tests.iam.recording import Call

RECORDED_IN = "dev"
"""The environment in which calls are recorded: how names of resources end in records."""

Decided: TypeAlias = Iterator[Request]


class UnmappedCall(AssertionError):
    """A call whose permissions nobody has written down; the message names it."""


@dataclass(frozen=True, slots=True)
class Place:
    """An environment in one region, where the same calls are made to resources of other names.

    Attributes:
        buckets: names by those that they have where calls are recorded.
        identity: what SES knows the sender by, a domain or an address.
        secrets: names of the secrets that processes read.
    """

    environment: str
    region: str
    account: str
    buckets: Mapping[str, str]
    identity: str
    mail_from: str
    configuration_set: str | None = None
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def named(self, recorded: str) -> str:
        """Returns the name that a resource has here."""
        if not recorded.endswith(f"-{RECORDED_IN}"):
            raise UnmappedCall(f"{recorded} is no name of {RECORDED_IN}")
        return recorded.removesuffix(RECORDED_IN) + self.environment

    def arn(self, service: str, resource: str) -> str:
        """Returns the ARN of a resource in this region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def request(self, action: str, resource: str, *absent: str, **context: str | Values) -> Request:
        """Builds a request; ``context`` by the keys' names, with ``__`` for the colon."""
        everywhere = {
            "aws:SecureTransport": ("true",),
            "aws:RequestedRegion": (self.region,),
            "aws:PrincipalAccount": (self.account,),
            "aws:ResourceAccount": (self.account,),
        }
        given = {
            name.replace("__", ":"): (value,) if isinstance(value, str) else value for name, value in context.items()
        }
        return Request(action, resource, everywhere | given, frozenset(absent))


def requests_of(call: Call, place: Place) -> tuple[Request, ...]:
    """Returns what a role must be allowed for a call in a place. Raises: UnmappedCall."""
    try:
        decide = _DECIDED[call.service, call.operation]
    except KeyError:
        raise UnmappedCall(f"{call.service}:{call.operation} by {call.adapter or call.role}") from None
    return tuple(decide(call.parameters, place))


def _on_items(action: str) -> Callable[[Mapping[str, Any], Place], Decided]:
    def decide(given: Mapping[str, Any], place: Place) -> Decided:
        table = place.arn("dynamodb", f"table/{place.named(given['TableName'])}")
        item = given.get("Key") or given["Item"]
        yield place.request(action, table, dynamodb__LeadingKeys=(item["PK"],))

    return decide


def _on_statements(given: Mapping[str, Any], place: Place) -> Decided:
    # IAM knows no action of that name: each statement needs the right for what it does.
    table = place.arn("dynamodb", f"table/{place.named(given['TableName'])}")
    for statement in given["Statements"]:
        action = f"dynamodb:PartiQL{statement['Verb'].capitalize()}"
        yield place.request(action, table, dynamodb__LeadingKeys=(statement["PK"],))


def _query(given: Mapping[str, Any], place: Place) -> Decided:
    resource = place.arn("dynamodb", f"table/{place.named(given['TableName'])}")
    hash_key = "PK"
    if index := given.get("IndexName"):
        resource += f"/index/{index}"
        (hash_key,) = {
            each.hash_key for table in packaged_topology().tables for each in table.indexes if each.name == index
        }
    yield place.request("dynamodb:Query", resource, dynamodb__LeadingKeys=(given["KeyCondition"][hash_key],))


def _scan(given: Mapping[str, Any], place: Place) -> Decided:
    yield place.request("dynamodb:Scan", place.arn("dynamodb", f"table/{place.named(given['TableName'])}"))


def _on_queue(action: str) -> Callable[[Mapping[str, Any], Place], Decided]:
    def decide(given: Mapping[str, Any], place: Place) -> Decided:
        name = given.get("QueueName") or given["QueueUrl"].rpartition("/")[2]
        yield place.request(action, place.arn("sqs", place.named(name)))

    return decide


def _read_object(given: Mapping[str, Any], place: Place) -> Decided:
    bucket = f"arn:aws:s3:::{place.buckets[given['Bucket']]}"
    action = "s3:GetObjectVersion" if "VersionId" in given else "s3:GetObject"
    yield place.request(action, f"{bucket}/{given['Key']}")
    # "If you don't have the s3:ListBucket permission, Amazon S3 returns an HTTP status code 403" for an object that
    # isn't there (API reference of GetObject and HeadObject): adapters tell a missing object by the 404.
    yield place.request("s3:ListBucket", bucket, "s3:prefix", "s3:delimiter", "s3:max-keys")


def _write_object(given: Mapping[str, Any], place: Place) -> Decided:
    written = f"arn:aws:s3:::{place.buckets[given['Bucket']]}/{given['Key']}"
    yield place.request("s3:PutObject", written)
    if "Tagging" in given:
        yield place.request("s3:PutObjectTagging", written)


def _tagging_of(given: Mapping[str, Any], place: Place) -> Decided:
    action = "s3:GetObjectVersionTagging" if "VersionId" in given else "s3:GetObjectTagging"
    yield place.request(action, f"arn:aws:s3:::{place.buckets[given['Bucket']]}/{given['Key']}")


def _copy_object(given: Mapping[str, Any], place: Place) -> Decided:
    source = given["CopySource"]
    read = "s3:GetObjectVersion" if "VersionId" in source else "s3:GetObject"
    yield place.request(read, f"arn:aws:s3:::{place.buckets[source['Bucket']]}/{source['Key']}")
    yield from _write_object(given, place)


def _list_bucket(action: str) -> Callable[[Mapping[str, Any], Place], Decided]:
    def decide(given: Mapping[str, Any], place: Place) -> Decided:
        bucket = f"arn:aws:s3:::{place.buckets[given['Bucket']]}"
        if "Prefix" in given:
            yield place.request(action, bucket, s3__prefix=given["Prefix"])
        else:
            yield place.request(action, bucket, "s3:prefix")

    return decide


def _delete_objects(given: Mapping[str, Any], place: Place) -> Decided:
    for each in given["Objects"]:
        action = "s3:DeleteObjectVersion" if "VersionId" in each else "s3:DeleteObject"
        yield place.request(action, f"arn:aws:s3:::{place.buckets[given['Bucket']]}/{each['Key']}")


def _put_events(given: Mapping[str, Any], place: Place) -> Decided:
    for entry in given["Entries"]:
        bus = place.arn("events", f"event-bus/{place.named(entry['EventBusName'])}")
        context = {"events__source": entry["Source"], "events__detail-type": entry["DetailType"]}
        yield place.request("events:PutEvents", bus, **context)


def _send_mail(given: Mapping[str, Any], place: Place) -> Decided:
    resources = [f"identity/{place.identity}"]
    # SES decides on both: "not authorized to perform ses:SendRawEmail on resource ...:configuration-set/NAME".
    if place.configuration_set is not None:
        resources.append(f"configuration-set/{place.configuration_set}")
    for resource in resources:
        yield place.request("ses:SendRawEmail", place.arn("ses", resource), ses__FromAddress=place.mail_from)


def _on_secret(action: str) -> Callable[[Mapping[str, Any], Place], Decided]:
    def decide(given: Mapping[str, Any], place: Place) -> Decided:
        # Secrets Manager ends each ARN in six characters of its own.
        secret = place.arn("secretsmanager", f"secret:{given['SecretId']}-a1B2c3")
        stages = {"secretsmanager__VersionStage": given["VersionStage"]} if "VersionStage" in given else {}
        yield place.request(action, secret, **stages)

    return decide


_DECIDED: Mapping[tuple[str, str], Callable[[Mapping[str, Any], Place], Decided]] = {
    ("dynamodb", "GetItem"): _on_items("dynamodb:GetItem"),
    ("dynamodb", "PutItem"): _on_items("dynamodb:PutItem"),
    ("dynamodb", "UpdateItem"): _on_items("dynamodb:UpdateItem"),
    ("dynamodb", "BatchExecuteStatement"): _on_statements,
    ("dynamodb", "Query"): _query,
    ("dynamodb", "Scan"): _scan,
    ("sqs", "GetQueueUrl"): _on_queue("sqs:GetQueueUrl"),
    ("sqs", "GetQueueAttributes"): _on_queue("sqs:GetQueueAttributes"),
    ("sqs", "ReceiveMessage"): _on_queue("sqs:ReceiveMessage"),
    ("sqs", "SendMessage"): _on_queue("sqs:SendMessage"),
    ("sqs", "DeleteMessage"): _on_queue("sqs:DeleteMessage"),
    # "To use DeleteMessageBatch, you must have the permission of DeleteMessage", likewise the others.
    ("sqs", "DeleteMessageBatch"): _on_queue("sqs:DeleteMessage"),
    ("sqs", "ChangeMessageVisibility"): _on_queue("sqs:ChangeMessageVisibility"),
    ("sqs", "ChangeMessageVisibilityBatch"): _on_queue("sqs:ChangeMessageVisibility"),
    ("s3", "GetObject"): _read_object,
    ("s3", "GetObjectTagging"): _tagging_of,
    ("s3", "CopyObject"): _copy_object,
    ("s3", "HeadObject"): _read_object,
    ("s3", "PutObject"): _write_object,
    ("s3", "ListObjectsV2"): _list_bucket("s3:ListBucket"),
    ("s3", "HeadBucket"): _list_bucket("s3:ListBucket"),
    ("s3", "ListObjectVersions"): _list_bucket("s3:ListBucketVersions"),
    ("s3", "DeleteObjects"): _delete_objects,
    ("events", "PutEvents"): _put_events,
    ("ses", "SendRawEmail"): _send_mail,
    # SES knows no resource for it.
    ("ses", "GetSendQuota"): lambda _, place: iter([place.request("ses:GetSendQuota", "*")]),
    # Nor does CloudWatch for metrics.
    ("cloudwatch", "GetMetricData"): lambda _, place: iter([place.request("cloudwatch:GetMetricData", "*")]),
    ("secretsmanager", "GetSecretValue"): _on_secret("secretsmanager:GetSecretValue"),
    ("secretsmanager", "PutSecretValue"): _on_secret("secretsmanager:PutSecretValue"),
    ("secretsmanager", "DescribeSecret"): _on_secret("secretsmanager:DescribeSecret"),
    ("secretsmanager", "UpdateSecretVersionStage"): _on_secret("secretsmanager:UpdateSecretVersionStage"),
}
