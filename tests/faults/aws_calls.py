"""AWS calls as they pass a proxy: which operation one is, and how each service says that it fails.

Protocols: https://smithy.io/2.0/aws/protocols/ (awsJson for DynamoDB, SQS and EventBridge, awsQuery for SES and SNS,
restXml for S3).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class Call:
    """One request to AWS.

    Attributes:
        service: ``dynamodb``, ``sqs``, ``events``, ``ses``, ``sns`` or ``s3``.
        operation: such as ``PutItem``; of S3 the HTTP method.
    """

    service: str
    operation: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def content(self) -> Any:
        """The body of an awsJson call."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The body of an awsQuery call."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of AWS."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def succeeded(self) -> bool:
        """True if the call had its effect."""
        return 200 <= self.status < 300


_TARGETS = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AWSEvents": "events", "AmazonSSM": "ssm"}
_QUERY_SERVICES = {"2010-12-01": "ses", "2010-03-31": "sns"}
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "RequestThrottled",
    "events": "ThrottlingException",
    "ses": "Throttling",
    "sns": "Throttling",
    "s3": "SlowDown",
}


def recognised(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    """The call that a request makes."""
    prefix, _, operation = headers.get("X-Amz-Target", "").partition(".")
    if prefix in _TARGETS:
        return Call(_TARGETS[prefix], operation, path, headers, body)
    if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs(body.decode())
        service = _QUERY_SERVICES.get(form.get("Version", [""])[0], "other")
        return Call(service, form.get("Action", ["?"])[0], path, headers, body)
    return Call("s3", method, path, headers, body)


def throttled(call: Call) -> Answer:
    """Builds the throttling error of the call's service."""
    return _error(call, 503 if call.service == "s3" else 400, _THROTTLED.get(call.service, "ThrottlingException"))


def failed(call: Call) -> Answer:
    """Builds the internal error of the call's service."""
    return _error(call, 500, "InternalError" if call.service == "s3" else "InternalServerError")


def _error(call: Call, status: int, code: str) -> Answer:
    message = "injected by a test"
    if call.service in {"ses", "sns"}:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            "<RequestId>injected</RequestId></ErrorResponse>"
        )
        return Answer(status, {"Content-Type": "text/xml"}, body.encode())
    if call.service == "s3":
        body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>injected</RequestId></Error>"
        return Answer(status, {"Content-Type": "application/xml"}, body.encode())
    content = json.dumps({"__type": code, "message": message})
    return Answer(status, {"Content-Type": "application/x-amz-json-1.0"}, content.encode())


BATCHES = {
    ("events", "PutEvents"): "Entries",
    ("sqs", "DeleteMessageBatch"): "Entries",
    ("sqs", "SendMessageBatch"): "Entries",
}
"""The operations that can fail for some of their entries, and where those are."""


@dataclass(frozen=True, slots=True)
class Split:
    """A batch call of which only some entries get through.

    Attributes:
        through: the call without the entries held back, ``None`` when that leaves none.
        held_back: places of those in the original.
    """

    original: Call
    through: Call | None
    held_back: tuple[int, ...]

    def merged(self, answer: Answer | None) -> Answer:
        """Merges the response for the entries that got through with a failure for each of the others."""
        answered = {} if answer is None else json.loads(answer.body)
        entries = self.original.content()[BATCHES[self.original.service, self.original.operation]]
        if self.original.service == "events":
            passed = iter(answered.get("Entries", []))
            failure = {"ErrorCode": "InternalFailure", "ErrorMessage": "injected by a test"}
            merged = [failure if place in self.held_back else next(passed) for place in range(len(entries))]
            content = {"Entries": merged, "FailedEntryCount": sum("ErrorCode" in entry for entry in merged)}
        else:
            injected = [
                {"Id": entries[place]["Id"], "SenderFault": False, "Code": "InternalError"} for place in self.held_back
            ]
            content = {
                "Successful": answered.get("Successful", []),
                "Failed": [*answered.get("Failed", []), *injected],
            }
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return Answer(200, headers, json.dumps(content).encode())


def split(call: Call, held_back: tuple[int, ...]) -> Split:
    """The call with those entries held back."""
    name = BATCHES[call.service, call.operation]
    content = call.content()
    kept = [entry for place, entry in enumerate(content[name]) if place not in held_back]
    if not kept:
        return Split(call, None, held_back)
    body = json.dumps(content | {name: kept}).encode()
    return Split(call, Call(call.service, call.operation, call.path, call.headers, body), held_back)
