"""Queues and their dead-letter queues, created or brought up to date on an emulator."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orders.adapters.together import together
from orders.bootstrap.resources.model import Changes, Deployment
from orders.bootstrap.resources.topology import Queue

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.literals import QueueAttributeNameType

_JSON_ATTRIBUTES = {"Policy", "RedrivePolicy"}


async def ensure_queues(sqs: "SQSClient", deployment: Deployment, changes: Changes) -> None:
    """Creates the workers' queues, their dead-letter queues and those of the rules, or corrects their attributes.

    Raises:
        botocore.exceptions.ClientError: a call was refused.
    """
    topology = deployment.topology
    # What others refer to comes first: SQS refuses a redrive policy whose queue it doesn't know.
    dead_letters: dict[str, Mapping[str, str]] = {queue.dead_letter_name: _sse() for queue in topology.queues}
    for rule in topology.rules:
        policy = _allow(deployment, rule.dead_letter_queue, {"events": [deployment.rule_arn(rule.name)]})
        dead_letters[rule.dead_letter_queue] = {**_sse(), "Policy": policy}
    workers = {queue.name: _worker_attributes(deployment, queue) for queue in topology.queues}
    urls = await _existing(sqs)
    for wave in (dead_letters, workers):
        await together(
            *(
                _ensure_queue(sqs, deployment.name(declared), urls.get(deployment.name(declared)), attributes, changes)
                for declared, attributes in wave.items()
            )
        )


async def _existing(sqs: "SQSClient") -> dict[str, str]:
    """Returns the URLs of all queues by name: one listing instead of a request for each."""
    urls: dict[str, str] = {}
    async for page in sqs.get_paginator("list_queues").paginate():
        urls.update((url.rsplit("/", 1)[-1], url) for url in page.get("QueueUrls", []))
    return urls


async def _ensure_queue(
    sqs: "SQSClient", name: str, url: str | None, wanted: Mapping[str, str], changes: Changes
) -> None:
    if url is None:
        await sqs.create_queue(QueueName=name, Attributes=_typed(wanted))
        changes.created.append(f"queue {name}")
        return
    found = (await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])).get("Attributes", {})
    stale = {key: value for key, value in wanted.items() if _comparable(key, value) != _comparable(key, found.get(key))}  # type: ignore[call-overload]
    if stale:
        await sqs.set_queue_attributes(QueueUrl=url, Attributes=_typed(stale))
        changes.updated.append(f"queue {name}: {', '.join(sorted(stale))}")


def _worker_attributes(deployment: Deployment, queue: Queue) -> dict[str, str]:
    topology = deployment.topology
    redrive = {
        "deadLetterTargetArn": deployment.queue_arn(queue.dead_letter_name),
        "maxReceiveCount": topology.queue_settings.max_receive_count,
    }
    attributes = {
        **_sse(),
        "VisibilityTimeout": str(topology.queue_settings.visibility_timeout_seconds),
        "ReceiveMessageWaitTimeSeconds": str(topology.queue_settings.wait_seconds),
        "RedrivePolicy": json.dumps(redrive),
    }
    senders = {
        "events": [deployment.rule_arn(rule.name) for rule in topology.rules if rule.queue == queue.name],
        "sns": [deployment.topic_arn(topic.name) for topic in topology.topics if topic.queue == queue.name],
    }
    if any(senders.values()):
        attributes["Policy"] = _allow(deployment, queue.name, senders)
    return attributes


def _sse() -> dict[str, str]:
    return {"SqsManagedSseEnabled": "true"}


def _allow(deployment: Deployment, declared: str, senders: Mapping[str, list[str]]) -> str:
    """Makes a queue policy that lets these rules (`events`) and topics (`sns`) send, and no others of their
    services.
    """
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": f"{service}MaySend",
                    "Effect": "Allow",
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": deployment.queue_arn(declared),
                    "Condition": {"ArnEquals": {"aws:SourceArn": arns}},
                }
                for service, arns in senders.items()
                if arns
            ],
        }
    )


def _comparable(attribute: str, value: str | None) -> object:
    """Normalises an attribute's value: emulators differ in how they write JSON and numbers."""
    if value is None or attribute not in _JSON_ATTRIBUTES:
        return value
    return json.loads(value, parse_int=str)


def _typed(attributes: Mapping[str, str]) -> "dict[QueueAttributeNameType, str]":
    names: Any = dict(attributes)
    typed: dict[QueueAttributeNameType, str] = names
    return typed
