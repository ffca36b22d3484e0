"""Makes on an emulator what a plan says, and nothing that stands elsewhere: tables, queues, bus, topics, buckets, mail.

Names, attributes and policies are the plan's own. ARNs and URLs that the stand-in provider invented are replaced by
those that the emulator gives; one that refers to nothing made is an error, not a resource that works by luck.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tests.planned import buckets, messaging, stores
from tests.planned.applied_plan import ResourcePlan
from tests.planned.making import Maker, Making, NotMade, clients_of

EMULATED = (
    "aws_dynamodb_",
    "aws_sqs_",
    "aws_sns_",
    "aws_cloudwatch_event_",
    "aws_s3_",
    "aws_ses",
    "aws_secretsmanager_",
)
"""Types that begin so are made, or stand in ``NOT_MADE``."""

NOT_MADE: Mapping[str, str] = MappingProxyType({
    "aws_dynamodb_contributor_insights": "metrics of keys: nothing that the service sees",
    "aws_dynamodb_resource_policy": "LocalStack's free edition enforces no policies",
    "aws_dynamodb_table_item": "a first item is what `orders dr` changes, not what a resource is",
    "aws_s3_bucket_intelligent_tiering_configuration": "moves objects after months",
    "aws_s3_bucket_logging": "LocalStack writes no access logs",
    "aws_s3_bucket_metric": "metrics",
    "aws_s3_bucket_replication_configuration": "a second region's bucket, which one LocalStack doesn't copy to",
    "aws_s3_object": "the configuration of sidecars, which run in tasks alone",
    "aws_s3_account_public_access_block": "the account's, not the environment's",
    "aws_secretsmanager_secret_policy": "LocalStack's free edition enforces no policies",
    "aws_secretsmanager_secret_rotation": "rotated by a task of ours, not by Secrets Manager",
    "aws_ses_domain_dkim": "DNS",
    "aws_ses_domain_mail_from": "DNS",
    "aws_ses_identity_notification_topic": "LocalStack reports no bounces",
    "aws_ses_event_destination": "LocalStack reports no bounces",
    "aws_sesv2_account_suppression_attributes": "version 2 of SES isn't in LocalStack's free edition",
    "aws_sesv2_configuration_set_event_destination": "LocalStack reports no bounces",
    "aws_sesv2_email_identity_feedback_attributes": "LocalStack reports no bounces",
    "aws_sesv2_email_identity_mail_from_attributes": "DNS",
    "aws_sesv2_email_identity_policy": "LocalStack's free edition enforces no policies",
})  # fmt: skip
"""Types that are not made, and why the service runs the same without them on an emulator."""


def make_resources(plan: ResourcePlan, url: str, region: str) -> Making:
    """Makes what the plan has, in the order in which things refer to each other. Raises: NotMade."""
    unknown = (
        {each.kind for each in plan.resources if each.kind.startswith(EMULATED)} - _MAKERS.keys() - NOT_MADE.keys()
    )
    if unknown:
        raise NotMade(f"{sorted(unknown)}: neither made here nor in NOT_MADE")
    client = clients_of(url, region)
    account = client("sts").get_caller_identity()["Account"]
    making = Making(client, (plan.account, account), {plan.account: account})
    for kind, make in _MAKERS.items():
        for planned in plan.of_kind(kind):
            make(making, planned)
    for make, planned in making.later:
        make(making, planned)
    return making


# In the order in which things refer to each other.
_MAKERS: Mapping[str, Maker] = {
    "aws_dynamodb_table": stores.make_table,
    "aws_sqs_queue": messaging.make_queue,
    "aws_s3_bucket": buckets.make_bucket,
    "aws_s3_bucket_versioning": buckets.make_versioning,
    "aws_s3_bucket_ownership_controls": buckets.make_ownership,
    "aws_s3_bucket_public_access_block": buckets.make_public_access,
    "aws_s3_bucket_server_side_encryption_configuration": buckets.make_encryption,
    "aws_s3_bucket_lifecycle_configuration": buckets.make_life_cycle,
    "aws_s3_bucket_policy": buckets.make_bucket_policy,
    "aws_cloudwatch_event_bus": messaging.make_bus,
    "aws_cloudwatch_event_bus_policy": messaging.make_bus_policy,
    "aws_cloudwatch_event_archive": messaging.make_archive,
    "aws_sns_topic": messaging.make_topic,
    "aws_cloudwatch_event_rule": messaging.make_rule,
    "aws_cloudwatch_event_target": messaging.make_target,
    "aws_sqs_queue_policy": messaging.make_queue_attribute("policy", "Policy", "queue_url"),
    "aws_sqs_queue_redrive_policy": messaging.make_queue_attribute("redrive_policy", "RedrivePolicy", "queue_url"),
    "aws_sqs_queue_redrive_allow_policy": messaging.make_queue_attribute(
        "redrive_allow_policy", "RedriveAllowPolicy", "queue_url"
    ),
    "aws_sns_topic_policy": messaging.make_topic_policy,
    "aws_sns_topic_subscription": messaging.make_subscription,
    "aws_ses_domain_identity": stores.make_identity("domain"),
    "aws_ses_email_identity": stores.make_identity("email"),
    "aws_sesv2_email_identity": stores.make_identity("email_identity"),
    "aws_ses_configuration_set": stores.make_configuration_set("name"),
    "aws_sesv2_configuration_set": stores.make_configuration_set("configuration_set_name"),
    "aws_secretsmanager_secret": stores.make_secret,
}
