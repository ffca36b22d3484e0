"""Records, at the proxy, what reached the bus and the mail service."""

import base64
import email
import email.policy
import json
from collections import Counter

from tests.faults.aws_calls import Answer, Call
from tests.support.event_contract import check_event


class Observer:
    """Counts what took effect.

    Attributes:
        events: how often the bus has accepted each event, by its CloudEvents id.
        mails: how often the mail service has accepted a mail, by order number, template and recipient.
        replayed: ids and sequences of events that were marked so, as they came.
        overtakings: events that reached the bus for the first time after a later one of their order.
        received_from: names of the queues that somebody has asked for messages.
    """

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.mails: Counter[tuple[str, str, str]] = Counter()
        self.replayed: list[tuple[str, int]] = []
        self.overtakings = 0
        self.received_from: set[str] = set()
        self._highest: dict[str, int] = {}

    def __call__(self, call: Call, answer: Answer) -> None:
        """See one call that had its effect."""
        match call.service, call.operation:
            case "events", "PutEvents":
                self._put_events(call, answer)
            case "ses", "SendRawEmail":
                self._sent(call)
            case "sqs", "ReceiveMessage":
                self.received_from.add(call.content()["QueueUrl"].rpartition("/")[2])

    def mails_of(self, template: str) -> int:
        """Counts the mails of that template that the mail service has accepted."""
        return sum(count for (_, name, _), count in self.mails.items() if name == template)

    def _put_events(self, call: Call, answer: Answer) -> None:
        results = json.loads(answer.body)["Entries"]
        for entry, result in zip(call.content()["Entries"], results, strict=True):
            if "EventId" not in result:
                continue
            event = json.loads(entry["Detail"])
            check_event(event)
            order_id, sequence = event["subject"], int(event["sequence"])
            if event.get("replayed"):
                self.replayed.append((event["id"], sequence))
                continue
            if event["id"] not in self.events and sequence < self._highest.get(order_id, 0):
                self.overtakings += 1
            self._highest[order_id] = max(sequence, self._highest.get(order_id, 0))
            self.events[event["id"]] += 1

    def _sent(self, call: Call) -> None:
        form = call.form()
        raw = base64.b64decode(form["RawMessage.Data"])
        message = email.message_from_bytes(raw, policy=email.policy.default)
        tags = dict(tag.strip().split("=", 1) for tag in str(message["X-SES-MESSAGE-TAGS"]).split(","))
        number, recipient = str(message["X-Order-Number"]), form["Destinations.member.1"]
        self.mails[number, tags["template"], recipient.lower()] += 1
