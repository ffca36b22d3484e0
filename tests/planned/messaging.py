"""Makes planned queues, topics, buses, rules and what leads from one to the other."""

from typing import Any

from tests.planned.applied_plan import Planned
from tests.planned.making import Maker, Making, NotMade

_QUEUE_ATTRIBUTES = {
    "delay_seconds": "DelaySeconds",
    "kms_master_key_id": "KmsMasterKeyId",
    "max_message_size": "MaximumMessageSize",
    "message_retention_seconds": "MessageRetentionPeriod",
    "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
    "visibility_timeout_seconds": "VisibilityTimeout",
}


def make_queue(making: Making, planned: Planned) -> None:
    sqs = making.client("sqs")
    attributes = {
        attribute: str(planned.values[name]).lower()
        for name, attribute in _QUEUE_ATTRIBUTES.items()
        if planned.values.get(name) is not None
    }
    url = sqs.create_queue(QueueName=planned.values["name"], Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    making.learn(planned, arn=arn, id=url, url=url)
    # Those that refer to others: when all of them are there.
    for name, attribute in {"redrive_policy": "RedrivePolicy", "policy": "Policy"}.items():
        if planned.values.get(name):
            making.later.append((make_queue_attribute(name, attribute, "url"), planned))


def make_queue_attribute(name: str, attribute: str, queue: str) -> Maker:
    def make(making: Making, planned: Planned) -> None:
        making.client("sqs").set_queue_attributes(
            QueueUrl=making.resolved(planned.values[queue]),
            Attributes={attribute: making.resolved(planned.values[name])},
        )

    return make


def make_bus(making: Making, planned: Planned) -> None:
    name = planned.values["name"]
    making.learn(planned, arn=making.client("events").create_event_bus(Name=name)["EventBusArn"], id=name)


def make_bus_policy(making: Making, planned: Planned) -> None:
    """Says who may put events on a bus."""
    making.client("events").put_permission(
        EventBusName=planned.values["event_bus_name"], Policy=making.resolved(planned.values["policy"])
    )


def make_topic(making: Making, planned: Planned) -> None:
    arn = making.client("sns").create_topic(Name=planned.values["name"])["TopicArn"]
    making.learn(planned, arn=arn, id=arn)


def make_subscription(making: Making, planned: Planned) -> None:
    values = planned.values
    if values["protocol"] != "sqs":
        # People and other services, which an emulator can't reach.
        return
    making.client("sns").subscribe(
        TopicArn=making.resolved(values["topic_arn"]),
        Protocol=values["protocol"],
        Endpoint=making.resolved(values["endpoint"]),
        Attributes={"RawMessageDelivery": str(bool(values.get("raw_message_delivery"))).lower()},
    )


def make_rule(making: Making, planned: Planned) -> None:
    values = planned.values
    # A rule without a pattern has a schedule; it starts tasks, of which an emulator has none.
    if not values.get("event_pattern"):
        return
    arn = making.client("events").put_rule(
        Name=values["name"],
        EventBusName=values.get("event_bus_name") or "default",
        EventPattern=values["event_pattern"],
        State=values.get("state") or "ENABLED",
    )["RuleArn"]
    making.learn(planned, arn=arn)


def make_target(making: Making, planned: Planned) -> None:
    values = planned.values
    if values["arn"].split(":")[2] not in {"sqs", "sns"}:
        return
    target: dict[str, Any] = {"Id": values["target_id"], "Arn": making.resolved(values["arn"])}
    for each in values.get("dead_letter_config") or ():
        target["DeadLetterConfig"] = {"Arn": making.resolved(each["arn"])}
    for each in values.get("retry_policy") or ():
        target["RetryPolicy"] = {
            "MaximumEventAgeInSeconds": each["maximum_event_age_in_seconds"],
            "MaximumRetryAttempts": each["maximum_retry_attempts"],
        }
    answer = making.client("events").put_targets(
        Rule=values["rule"], EventBusName=values.get("event_bus_name") or "default", Targets=[target]
    )
    if answer["FailedEntryCount"]:
        raise NotMade(f"{planned.address}: {answer['FailedEntries']}")


def make_archive(making: Making, planned: Planned) -> None:
    making.client("events").create_archive(
        ArchiveName=planned.values["name"],
        EventSourceArn=making.resolved(planned.values["event_source_arn"]),
        RetentionDays=planned.values["retention_days"],
    )


def make_topic_policy(making: Making, planned: Planned) -> None:
    making.client("sns").set_topic_attributes(
        TopicArn=making.resolved(planned.values["arn"]),
        AttributeName="Policy",
        AttributeValue=making.resolved(planned.values["policy"]),
    )
