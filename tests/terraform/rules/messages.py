"""Rules of SQS, SNS, EventBridge, EventBridge Scheduler and SES."""

import re
from collections.abc import Iterator

from tests.terraform.rules.rule import Everything, Resource, between, each, one_of, rule

SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference"
EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/APIReference"
SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest/APIReference"
SES = "https://docs.aws.amazon.com/ses/latest/APIReference-V2"

between(
    "aws_sqs_queue",
    f"{SQS}/API_SetQueueAttributes.html",
    message_retention_seconds=(60, 1_209_600),
    visibility_timeout_seconds=(0, 43_200),
    receive_wait_time_seconds=(0, 20),
)
between(
    "aws_cloudwatch_event_target",
    f"{EVENTS}/API_RetryPolicy.html",
    retry_policy__maximum_event_age_in_seconds=(60, 86_400),
    retry_policy__maximum_retry_attempts=(0, 185),
)
between(
    "aws_scheduler_schedule",
    f"{SCHEDULER}/API_RetryPolicy.html",
    target__retry_policy__maximum_event_age_in_seconds=(60, 86_400),
    target__retry_policy__maximum_retry_attempts=(0, 185),
)
one_of(
    "aws_scheduler_schedule", f"{SCHEDULER}/API_FlexibleTimeWindow.html", "flexible_time_window.mode", "OFF", "FLEXIBLE"
)
one_of(
    "aws_scheduler_schedule",
    f"{SCHEDULER}/API_EcsParameters.html",
    "target.ecs_parameters.launch_type",
    "FARGATE",
    "EC2",
    "EXTERNAL",
)
one_of(
    "aws_sns_topic_subscription",
    "https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html",
    "protocol",
    "sqs",
    "email",
    "email-json",
    "https",
)
one_of(
    "aws_sesv2_configuration_set",
    f"{SES}/API_DeliveryOptions.html",
    "delivery_options.tls_policy",
    "REQUIRE",
    "OPTIONAL",
)
one_of(
    "aws_sesv2_configuration_set_event_destination",
    f"{SES}/API_EventDestinationDefinition.html",
    "event_destination.matching_event_types",
    "SEND",
    "REJECT",
    "BOUNCE",
    "COMPLAINT",
    "DELIVERY",
    "OPEN",
    "CLICK",
    "RENDERING_FAILURE",
    "DELIVERY_DELAY",
    "SUBSCRIPTION",
)
one_of(
    "aws_sesv2_email_identity_mail_from_attributes",
    f"{SES}/API_MailFromAttributes.html",
    "behavior_on_mx_failure",
    "USE_DEFAULT_VALUE",
    "REJECT_MESSAGE",
)


@rule("aws_sqs_queue", ("name", "q" * 81), ("name", "a.b"), ("name", "orders.fifo"))
def a_queue_has_a_name(queue: Resource, _: Everything) -> Iterator[str]:
    """At most 80 letters, digits, hyphens and underscores; ``.fifo`` for one that keeps the order.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    fifo = queue["name"].endswith(".fifo")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,75}(\.fifo|[A-Za-z0-9_-]{0,5})", queue["name"]) or fifo != bool(
        queue["fifo_queue"]
    ):
        yield f"name {queue['name']}"


@rule("aws_sqs_queue", ("fifo_queue", True), ("redrive_policy", {"maxReceiveCount": 0}))
def dead_letters_go_to_a_queue_of_the_same_kind(queue: Resource, everything: Everything) -> Iterator[str]:
    """All queues are of one kind, so each one's dead-letter queue is too; a message is received 1 to 1000 times.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if len({bool(one["fifo_queue"]) for one in [queue, *everything["aws_sqs_queue"]]}) > 1:
        yield "queues of two kinds"
    for times in each(queue, "redrive_policy.maxReceiveCount"):
        if not 1 <= int(times) <= 1000:
            yield f"maxReceiveCount {times}"


@rule("aws_sqs_queue", ("kms_master_key_id", "alias/orders"))
def a_queue_has_one_encryption(queue: Resource, _: Everything) -> Iterator[str]:
    """SQS's own key or one of KMS.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
    """
    if queue.get("sqs_managed_sse_enabled") and queue.get("kms_master_key_id"):
        yield "sqs_managed_sse_enabled or kms_master_key_id"


@rule("aws_sns_topic", ("name", "t" * 257), ("name", "a b"))
def a_topic_has_a_name(topic: Resource, _: Everything) -> Iterator[str]:
    """At most 256 letters, digits, hyphens and underscores.

    https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", topic["name"]):
        yield f"name {topic['name']}"


@rule("aws_sns_topic_subscription", ("protocol", "email"))
def only_machines_get_raw_messages(subscription: Resource, _: Everything) -> Iterator[str]:
    """Raw delivery is for queues and HTTP.

    https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
    """
    if subscription.get("raw_message_delivery") and subscription["protocol"] not in {
        "sqs",
        "https",
        "http",
        "firehose",
    }:
        yield f"raw_message_delivery by {subscription['protocol']}"


@rule(
    "aws_cloudwatch_event_rule",
    ("name", "r" * 65),
    ("event_pattern", {}),
    ("schedule_expression", "rate(1 day)"),
    ("event_pattern.source", "aws.xray"),
)
def a_rule_matches_events(one: Resource, _: Everything) -> Iterator[str]:
    """A name of at most 64 characters, and a pattern whose fields are lists; a bus of our own has no schedules.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", one["name"]):
        yield f"name {one['name']}"
    pattern = one.get("event_pattern")
    if not pattern or one.get("schedule_expression"):
        yield "a rule of events has a pattern and no schedule"
    elif not all(isinstance(value, list | dict) for value in pattern.values()):
        yield "fields of a pattern are lists"


@rule("aws_cloudwatch_event_bus", ("name", "default"), ("name", "aws.orders"), ("name", "b" * 257))
def a_bus_has_a_name_of_its_own(bus: Resource, _: Everything) -> Iterator[str]:
    """At most 256 characters; ``default`` and what begins with ``aws.`` are AWS's.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
    """
    if not re.fullmatch(r"(?!default$)(?!aws\.)[A-Za-z0-9._/-]{1,256}", bus["name"]):
        yield f"name {bus['name']}"


@rule("aws_cloudwatch_event_archive", ("name", "a" * 49), ("retention_days", -1))
def an_archive_has_a_short_name(archive: Resource, _: Everything) -> Iterator[str]:
    """At most 48 characters; nought days are for ever.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html
    """
    if len(archive["name"]) > 48 or archive["retention_days"] < 0:
        yield f"{archive['name']}: {archive['retention_days']} days"


@rule("aws_scheduler_schedule", ("schedule_expression", "30 days"), ("schedule_expression", "rate(1 days)x"))
def a_schedule_has_a_time(schedule: Resource, _: Everything) -> Iterator[str]:
    """A rate, six fields of cron, or one moment.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    said = schedule["schedule_expression"]
    if not re.fullmatch(
        r"rate\(\d+ (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)", said
    ):
        yield f"schedule_expression {said}"
