"""AWS as one party sees it: calls go to the emulator of their region, and none where that region is dead.

An emulator stands for one region; which one a call is for is in its signature, as on AWS. The control table is in
neither: it is one table, whichever of its regions is asked.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.drill.replication.gate import Gate
from tests.drill.verdict.facts import WriteSeen
from tests.faults.aws_calls import Answer, Call
from tests.faults.proxy import FaultProxy, Observer, close_under
from tests.support.single_writes import refusal_of, write_of

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/")
_OPERATION = "X-Amz-Target"
BATCH = "BatchExecuteStatement"
_HEALTH_CHECK = re.compile(r"/2013-04-01/healthcheck/([a-z0-9-]+)/status")
"""Route 53 is asked by the id of a check: here the name of the region that it checks."""
_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})


@dataclass
class Ground:
    """What both regions stand on, and which of them is dead.

    Attributes:
        emulators: addresses by region.
        control: the address of the control table's emulator, and ``control_region`` the one where it is there.
        checked: tells whether Route 53's checkers see a region healthy.
        writes: every write to the table of orders by a process of the service.
    """

    emulators: Mapping[str, str]
    control: str
    control_region: str
    control_table: str
    orders_table: str
    gates: Mapping[str, Gate]
    checked: Callable[[str], bool] = field(default=lambda _: True)
    dead: set[str] = field(default_factory=set)
    writes: list[WriteSeen] = field(default_factory=list)


class Front(FaultProxy):
    """AWS for the processes of one region, or for an operator there."""

    def __init__(
        self,
        ground: Ground,
        region: str,
        *,
        on_effect: Observer,
        is_operator: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``is_operator``: writes of operators' commands are no writes of the service."""
        super().__init__(ground.emulators[region], on_effect=on_effect)
        self._ground = ground
        self._region = region
        self._is_operator = is_operator
        self._now = now

    def _destination(self, request: web.Request, call: Call) -> tuple[str, Mapping[str, str]]:
        if self._is_control(call):
            headers = dict(request.headers)
            # One table: the emulator keeps one for each region that is asked for.
            said = headers.get("Authorization", "")
            headers["Authorization"] = said.replace(f"/{region_of(headers)}/", f"/{self._ground.control_region}/")
            return self._ground.control, headers
        headers = dict(request.headers)
        service, _, operation = headers.get(_OPERATION, "").rpartition(".")
        if operation == BATCH:
            # A batch of statements goes on as the writes that it stands for.
            headers[_OPERATION] = f"{service}.{call.operation}"
        return self._ground.emulators[self._target(request)], headers

    async def _forward(self, request: web.Request, call: Call) -> Answer:
        check = _HEALTH_CHECK.fullmatch(call.path)
        if check is not None:
            return health_check_status(self._ground.checked(check[1]))
        is_control, target = self._is_control(call), self._target(request)
        if self._region in self._ground.dead or (not is_control and target in self._ground.dead):
            close_under(request)
        if call.operation == BATCH:
            passed = asyncio.create_task(self._one_by_one(request, call, target))
        elif is_control or call.service != "dynamodb" or call.operation not in _WRITES:
            passed = asyncio.create_task(super()._forward(request, call))
        else:
            passed = asyncio.create_task(self._write(request, call, target))
        # On its own: what has gone to AWS takes effect, and is seen to, even if the caller dies.
        self._under_way.add(passed)
        passed.add_done_callback(self._under_way.discard)
        return await asyncio.shield(passed)

    async def _one_by_one(self, request: web.Request, call: Call, target: str) -> Answer:
        """Makes the writes of a batch of statements: of what statements write, the emulator's streams know nothing."""
        answers: list[dict[str, Any]] = []
        for statement in call.content()["Statements"]:
            operation, write = write_of(statement["Statement"], statement["Parameters"])
            write["ReturnValuesOnConditionCheckFailure"] = statement["ReturnValuesOnConditionCheckFailure"]
            single = replace(call, operation=operation, body=json.dumps(write).encode())
            answer = await self._write(request, single, target)
            refused = refusal_of(operation, json.loads(answer.body or b"{}"))
            answers.append({"Error": refused} if refused else {"TableName": write["TableName"]})
        body = json.dumps({"Responses": answers}).encode()
        return Answer(200, {"Content-Type": "application/x-amz-json-1.0"}, body)

    async def _write(self, request: web.Request, call: Call, target: str) -> Answer:
        async with self._ground.gates[target].passing():
            answer = await super()._forward(request, call)
            if answer.succeeded and not self._is_operator and self._ground.orders_table.encode() in call.body:
                self._ground.writes.append(
                    WriteSeen(self._now(), target, call.operation, f"the service of {self._region}")
                )
        return answer

    def _target(self, request: web.Request) -> str:
        region = region_of(request.headers)
        return region if region is not None and region in self._ground.emulators else self._region

    def _is_control(self, call: Call) -> bool:
        return call.service == "dynamodb" and f'"{self._ground.control_table}"'.encode() in call.body


def region_of(headers: Mapping[str, str]) -> str | None:
    """Returns the region that a call was signed for."""
    found = _CREDENTIAL.search(headers.get("Authorization", ""))
    return found[1] if found else None


def health_check_status(is_healthy: bool) -> Answer:
    """Builds Route 53's answer to ``GetHealthCheckStatus``: one checker's word."""
    status = "Success: HTTP Status Code 200, OK" if is_healthy else "Failure: The endpoint did not answer."
    checked = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body = (
        '<GetHealthCheckStatusResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HealthCheckObservations>'
        "<HealthCheckObservation><Region>eu-west-1</Region><IPAddress>192.0.2.1</IPAddress>"
        f"<StatusReport><Status>{status}</Status><CheckedTime>{checked}</CheckedTime></StatusReport>"
        "</HealthCheckObservation></HealthCheckObservations></GetHealthCheckStatusResponse>"
    )
    return Answer(200, {"Content-Type": "text/xml"}, body.encode())
