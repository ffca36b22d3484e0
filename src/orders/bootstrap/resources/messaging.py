"""Bus, topics, rules, subscriptions and mail senders, created or brought up to date on an emulator.

Order matters in three steps only: the bus tells account and partition, of which every ARN is made; queues and topics
come next; rules and subscriptions when what they deliver to is there.
"""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from orders.adapters.together import together
from orders.bootstrap.resources.model import Changes, Deployment, ResourceClients, ResourceError, error_code
from orders.bootstrap.resources.queues import ensure_queues
from orders.bootstrap.resources.topology import Rule, Topic, Topology

if TYPE_CHECKING:
    from types_aiobotocore_events import EventBridgeClient
    from types_aiobotocore_events.type_defs import RuleTypeDef, TargetTypeDef
    from types_aiobotocore_ses import SESClient
    from types_aiobotocore_sns import SNSClient


async def ensure_messaging(
    clients: ResourceClients, topology: Topology, environment: str, senders: tuple[str, ...], changes: Changes
) -> None:
    """Creates or updates everything events and mails travel through.

    Raises:
        ResourceError: the bus refused a rule's target.
        botocore.exceptions.ClientError: a call was refused.
    """
    deployment = await _ensure_bus(clients.events, topology, environment, changes)
    await together(
        ensure_queues(clients.sqs, deployment, changes),
        *(_ensure_topic(clients.sns, deployment, topic, changes) for topic in topology.topics),
    )
    await together(
        _ensure_rules(clients.events, deployment, changes),
        _ensure_senders(clients.ses, deployment, senders, changes),
        *(
            _ensure_subscription(clients.sns, deployment, topic, topic.queue, changes)
            for topic in topology.topics
            if topic.queue is not None
        ),
    )


async def _ensure_bus(
    events: "EventBridgeClient", topology: Topology, environment: str, changes: Changes
) -> Deployment:
    name = topology.bus_name(environment)
    try:
        arn = (await events.describe_event_bus(Name=name))["Arn"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        arn = await _create_bus(events, name)
        changes.created.append(f"bus {name}")
    _, partition, _, region, account, _ = arn.split(":", 5)
    return Deployment(topology, environment, partition=partition, region=region, account=account)


async def _create_bus(events: "EventBridgeClient", name: str) -> str:
    try:
        return (await events.create_event_bus(Name=name))["EventBusArn"]
    except ClientError as error:
        # Made by an attempt of this call whose answer was lost.
        if error_code(error) != "ResourceAlreadyExistsException":
            raise
        return (await events.describe_event_bus(Name=name))["Arn"]


async def _ensure_topic(sns: "SNSClient", deployment: Deployment, topic: Topic, changes: Changes) -> None:
    name, arn = deployment.name(topic.name), deployment.topic_arn(topic.name)
    policy = _topic_policy(deployment, topic)
    try:
        found = (await sns.get_topic_attributes(TopicArn=arn))["Attributes"]
    except ClientError as error:
        if error_code(error) not in {"NotFound", "NotFoundException"}:
            raise
        await sns.create_topic(Name=name, Attributes={} if policy is None else {"Policy": policy})
        changes.created.append(f"topic {name}")
        return
    if policy is not None and json.loads(found.get("Policy", "{}")) != json.loads(policy):
        await sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        changes.updated.append(f"topic {name}: Policy")


def _topic_policy(deployment: Deployment, topic: Topic) -> str | None:
    """Lets the rules that deliver to the topic, or SES for the feedback topic, publish. None: SNS's own default."""
    arns = [deployment.rule_arn(rule.name) for rule in deployment.topology.rules if rule.topic == topic.key]
    statements: list[dict[str, Any]] = []
    if arns:
        statements.append({"Principal": "events", "Condition": {"ArnEquals": {"aws:SourceArn": arns}}})
    if topic.key == deployment.topology.mail.feedback_topic:
        account = {"StringEquals": {"aws:SourceAccount": deployment.account}}
        statements.append({"Principal": "ses", "Condition": account})
    if not statements:
        return None
    resource = deployment.topic_arn(topic.name)
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": f"{each['Principal']}MayPublish",
                    "Effect": "Allow",
                    "Principal": {"Service": f"{each['Principal']}.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": resource,
                    "Condition": each["Condition"],
                }
                for each in statements
            ],
        }
    )


async def _ensure_subscription(
    sns: "SNSClient", deployment: Deployment, topic: Topic, queue: str, changes: Changes
) -> None:
    topic_arn, queue_arn = deployment.topic_arn(topic.name), deployment.queue_arn(queue)
    listed = (await sns.list_subscriptions_by_topic(TopicArn=topic_arn))["Subscriptions"]
    arn = next((each["SubscriptionArn"] for each in listed if each["Endpoint"] == queue_arn), None)
    if arn is None:
        raw = {"RawMessageDelivery": "true"}
        await sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)
        changes.created.append(f"subscription of {deployment.name(queue)} to {deployment.name(topic.name)}")
        return
    found = (await sns.get_subscription_attributes(SubscriptionArn=arn))["Attributes"]
    if found.get("RawMessageDelivery") != "true":
        await sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true"
        )
        changes.updated.append(f"subscription of {deployment.name(queue)}: RawMessageDelivery")


async def _ensure_rules(events: "EventBridgeClient", deployment: Deployment, changes: Changes) -> None:
    bus = deployment.topology.bus_name(deployment.environment)
    listed = {rule["Name"]: rule for rule in (await events.list_rules(EventBusName=bus))["Rules"]}
    await together(
        *(
            _ensure_rule(events, deployment, rule, listed.get(deployment.name(rule.name)), changes)
            for rule in deployment.topology.rules
        )
    )


async def _ensure_rule(
    events: "EventBridgeClient", deployment: Deployment, rule: Rule, found: "RuleTypeDef | None", changes: Changes
) -> None:
    name, bus = deployment.name(rule.name), deployment.topology.bus_name(deployment.environment)
    pattern: dict[str, list[str]] = {"source": list(rule.sources)}
    if rule.detail_types is not None:
        pattern["detail-type"] = list(rule.detail_types)
    current = found is not None and found.get("State") == "ENABLED"
    if found is None or not current or json.loads(found.get("EventPattern", "{}")) != pattern:
        await events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern), State="ENABLED")
        (changes.created if found is None else changes.updated).append(f"rule {name}")
    target = _target(deployment, rule)
    targets = [] if found is None else (await events.list_targets_by_rule(Rule=name, EventBusName=bus))["Targets"]
    if target in targets:
        return
    answer = await events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
    if answer.get("FailedEntryCount"):
        raise ResourceError(f"rule {name}: its target was refused: {answer.get('FailedEntries')}")
    if found is not None:
        changes.updated.append(f"rule {name}: target")


def _target(deployment: Deployment, rule: Rule) -> "TargetTypeDef":
    topology = deployment.topology
    if rule.queue is not None:
        arn = deployment.queue_arn(rule.queue)
    else:
        arn = deployment.topic_arn(next(topic.name for topic in topology.topics if topic.key == rule.topic))
    return {
        "Id": rule.name,
        "Arn": arn,
        "DeadLetterConfig": {"Arn": deployment.queue_arn(rule.dead_letter_queue)},
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": topology.rule_retry.maximum_event_age_seconds,
            "MaximumRetryAttempts": topology.rule_retry.maximum_retry_attempts,
        },
    }


async def _ensure_senders(ses: "SESClient", deployment: Deployment, senders: tuple[str, ...], changes: Changes) -> None:
    known = (await ses.list_identities())["Identities"] if senders else []
    missing = [sender for sender in senders if sender not in known]
    await together(*(_create_sender(ses, deployment, sender) for sender in missing))
    changes.created.extend(f"mail sender {sender}" for sender in missing)


async def _create_sender(ses: "SESClient", deployment: Deployment, sender: str) -> None:
    """Verifies an address or domain, and has its bounces and complaints published to the feedback topic.

    The topics are set once, with the sender: of the emulators only LocalStack can be asked what they are.
    """
    if "@" in sender:
        await ses.verify_email_identity(EmailAddress=sender)
    else:
        await ses.verify_domain_identity(Domain=sender)
    for topic in deployment.topology.topics:
        if topic.key == deployment.topology.mail.feedback_topic:
            arn = deployment.topic_arn(topic.name)
            await ses.set_identity_notification_topic(Identity=sender, NotificationType="Bounce", SnsTopic=arn)
            await ses.set_identity_notification_topic(Identity=sender, NotificationType="Complaint", SnsTopic=arn)
