"""Counts what one order writes into the table, from the request to both mails, at the wire between service and AWS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contract.world import ORDERS, a_world
from tests.faults.aws_calls import Answer, Call
from tests.faults.proxy import FaultProxy
from tests.support.canaries import a_body

AT_MOST = 10
ORDER, EVENT, MAIL = "the order", "an event", "a mail"
STEPS = (
    ("place it, its event pending", ORDER),
    ("log the created event", EVENT),
    ("remove it from the outbox", ORDER),
    ("record the document, its event pending", ORDER),
    ("log document_ready", EVENT),
    ("remove it from the outbox", ORDER),
)
"""Writes of the order and its events, in this order; each mail is claimed and marked beside them."""
_ONE = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_RELAY_STAYS_AWAY = 120.0


@dataclass
class Writes:
    """Writes as they passed.

    Attributes:
        items: what each written item is, in the order of their answers.
        refused: how many writes were refused, which are charged like others.
    """

    items: list[str] = field(default_factory=list)
    refused: int = 0

    def watch(self, call: Call, answer: Answer) -> None:
        """Notes a call that was answered."""
        if call.service != "dynamodb":
            return
        for write, failed in zip(_writes(call), _failures(call, answer), strict=False):
            if failed:
                self.refused += 1
            else:
                self.items.append(_kind(write))

    @property
    def charged(self) -> int:
        """All that are paid for."""
        return len(self.items) + self.refused

    @property
    def of_the_order(self) -> list[str]:
        """Those of the order and its events."""
        return [each for each in self.items if each != MAIL]


async def writes_of_an_order(url: str, environment: str, directory: Path) -> Writes:
    """Runs the whole service over the AWS at this address and sees one order through, to both mails."""
    writes = Writes()
    proxy = FaultProxy(url, on_answer=writes.watch)
    async with (
        proxy.serving() as watched,
        # What the fast path does is what an order costs; the relay would only be refused the same.
        a_world(watched, environment, directory, relay_lag_seconds=_RELAY_STAYS_AWAY) as world,
    ):
        answer = await world.call("POST", ORDERS, a_body("one"))
        assert answer.status_code == 201
        order_id = str(answer.json()["order_id"])
        await world.until(lambda: world.sent(order_id, "order_confirmation", "staff_new_order"), "both mails")
        await world.whole.use_cases().fast_path().drain()
        return writes


def _writes(call: Call) -> list[Any]:
    """Returns the writes in a call, each in the service's own form."""
    content = call.content()
    if call.operation in _ONE:
        return [content]
    if call.operation == "BatchWriteItem":
        return [each for table in content["RequestItems"].values() for each in table]
    if call.operation == "TransactWriteItems":
        return list(content["TransactItems"])
    if call.operation == "ExecuteStatement":
        return [content] if _changes(content) else []
    if call.operation == "BatchExecuteStatement":
        return [each for each in content["Statements"] if _changes(each)]
    return [each for each in content.get("TransactStatements", []) if _changes(each)]


def _changes(statement: Any) -> bool:
    return not statement["Statement"].lstrip().upper().startswith("SELECT")


def _failures(call: Call, answer: Answer) -> Iterator[bool]:
    if call.operation == "BatchExecuteStatement" and answer.succeeded:
        yield from ("Error" in each for each in json.loads(answer.body)["Responses"])
    while True:
        yield not answer.succeeded


def _kind(write: Any) -> str:
    text = json.dumps(write)
    return MAIL if "#MAIL#" in text else EVENT if '"EVENT#' in text else ORDER
