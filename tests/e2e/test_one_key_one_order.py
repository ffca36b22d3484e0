"""An idempotency key over the whole service ([API-4], [Q-13]): however often, however it dies, it happens once."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
import httpx
import pytest

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.e2e.dev_process import ORDERS, Dev
from tests.e2e.losing_network import LosingNetwork, losing_network
from tests.support.eventually import eventually
from tests.support.http_api import SMOKE
from tests.support.ports import free_port

PATH = "/v1.0/orders"
AT_ONCE = 100
SECONDS = 60
ANSWERED = ("content-type", "etag", "location")
OTHER_BODY = SMOKE.replace('"quantity":2', '"quantity":1').replace("59.98", "29.99")


def keyed(dev: Dev, key: str, role: str = "customer") -> dict[str, str]:
    return {
        "Authorization": f"Bearer {dev.token(role)}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }


def told(answer: httpx.Response) -> tuple[object, ...]:
    """All of an answer that a repetition must give again."""
    return answer.status_code, answer.content, *(answer.headers.get(name) for name in ANSWERED)


class Bus:
    """Listens to everything that is put on the event bus from now on."""

    def __init__(self, dev: Dev) -> None:
        line = next(line for line in dev.output().splitlines() if "emulated AWS on" in line)
        self.endpoint = line.rpartition(" ")[2]
        arguments: dict[str, Any] = {
            "region_name": "af-south-1", "aws_access_key_id": "test", "aws_secret_access_key": "test",
            "endpoint_url": self.endpoint,
        }  # fmt: skip
        self._sqs, events = boto3.client("sqs", **arguments), boto3.client("events", **arguments)
        self._queue = self._sqs.create_queue(QueueName="everything")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        bus = packaged_topology().bus_name("local")
        pattern = json.dumps({"source": ["io.bbws.orders"]})
        events.put_rule(Name="everything", EventBusName=bus, EventPattern=pattern)
        events.put_targets(
            Rule="everything", EventBusName=bus, Targets=[{"Id": "everything", "Arn": attributes["QueueArn"]}]
        )
        self._heard: list[dict[str, Any]] = []

    def of(self, order: dict[str, Any]) -> list[str]:
        """Returns the names of the order's events published so far, without duplicates.

        An event that its writer had published when it was killed, or was slow to settle, is published again by the
        relay: under the same id, by which consumers deduplicate, and no third time.
        """
        while True:
            messages = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
            if not messages:
                break
            for message in messages:
                self._heard.append(json.loads(message["Body"])["detail"])
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        told = [event for event in self._heard if event["subject"] == order["order_id"]]
        assert max(Counter(event["id"] for event in told).values(), default=0) <= 2
        return [event["type"].split(".")[-2] for event in {event["id"]: event for event in told}.values()]


@dataclass
class ApiProcess:
    """`orders api` beside `orders dev`, on the same table, with its own way to it."""

    dev: Dev
    aws: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = self.dev.environment | {
            "API_PORT": str(self.port), "AWS_ENDPOINT_URL": self.aws, "DEV_ISSUER_ENABLED": "true",
        }  # fmt: skip
        with self.dev.log.with_name("api.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(ORDERS), "api"], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        eventually(self._is_live, within_seconds=SECONDS, what="the API")

    def _is_live(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.dev.log.with_name("api.log").read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """kill -9, if it runs."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def post(self, path: str, body: str, headers: dict[str, str]) -> httpx.Response:
        """A call of this process."""
        return httpx.post(f"http://127.0.0.1:{self.port}{path}", content=body, headers=headers, timeout=30)


@pytest.fixture
def network(dev: Dev) -> Iterator[LosingNetwork]:
    with losing_network(Bus(dev).endpoint) as network:
        yield network


@pytest.fixture
def api(dev: Dev, network: LosingNetwork) -> Iterator[ApiProcess]:
    process = ApiProcess(dev, network.url)
    try:
        process.start()
        yield process
    finally:
        process.kill()


def test_a_hundred_creates_at_once_make_one_order_one_event_and_one_mail_to_each(dev: Dev) -> None:
    bus, headers = Bus(dev), keyed(dev, "one-checkout")

    async def all_at_once() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(base_url=dev.base, limits=limits, timeout=SECONDS) as client:
            return await asyncio.gather(*(client.post(PATH, content=SMOKE, headers=headers) for _ in range(AT_ONCE)))

    answers = asyncio.run(all_at_once())
    (answered,) = {told(answer) for answer in answers}
    assert answered[0] == 201
    replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
    assert sorted(replayed, key=str) == [None, *["true"] * (AT_ONCE - 1)]

    dev.kill()
    dev.start()
    again = httpx.post(dev.base + PATH, content=SMOKE, headers=headers, timeout=30)
    assert told(again) == answered
    assert again.headers["idempotent-replayed"] == "true"
    reused = httpx.post(dev.base + PATH, content=OTHER_BODY, headers=headers, timeout=30)
    assert (reused.status_code, reused.json()["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")

    order = again.json()
    listed = dev.call("GET", PATH, "staff", params={"limit": 100}).json()["items"]
    assert [each["order_id"] for each in listed] == [order["order_id"]]
    assert_told_once(dev, bus, order, ["created", "document_ready"], ["order_confirmation", "staff_new_order"])


def assert_told_once(dev: Dev, bus: Bus, order: dict[str, Any], events: list[str], mails: list[str]) -> None:
    """Everybody hears of what happened to the order, and nobody twice."""
    eventually(lambda: len(dev.mails_of(order)) >= len(mails), within_seconds=SECONDS, what="mails")
    eventually(lambda: len(bus.of(order)) >= len(events), within_seconds=SECONDS, what="events")
    # A confirmation goes out when all else is done; an event too many would have been put before.
    assert sorted(mail["template"] for mail in dev.mails_of(order)) == sorted(mails)
    assert sorted(bus.of(order)) == sorted(events)
    logged = dev.call("GET", f"{PATH}/{order['order_id']}/events", "staff").json()["items"]
    assert [event["type"].split(".")[-2] for event in logged] == events
    assert [int(event["sequence"]) for event in logged] == list(range(1, len(events) + 1))


def test_killed_between_write_and_answer_it_gives_that_answer_when_asked_again(
    dev: Dev, network: LosingNetwork, api: ApiProcess
) -> None:
    bus, customer = Bus(dev), keyed(dev, "first-answer-lost")
    created = answer_lost(api, network, "PutItem", PATH, SMOKE, customer)
    answered = receipt_in(created["Item"]["pending"]["M"]["0000000001"])
    assert answered[0] == 201
    for port in (api.port, dev.port):  # the one that died, come back; and another
        again = httpx.post(f"http://127.0.0.1:{port}{PATH}", content=SMOKE, headers=customer, timeout=30)
        assert (again.status_code, again.content) == answered[:2]
        assert answered[2] == {"ETag": again.headers["etag"], "Location": again.headers["location"]}
        assert again.headers["idempotent-replayed"] == "true"
        assert api.post(PATH, OTHER_BODY, customer).status_code == 422
    order = json.loads(answered[1])
    assert order["status"] == "pending"
    assert_told_once(dev, bus, order, ["created", "document_ready"], ["order_confirmation", "staff_new_order"])

    cancel, staff = f"{PATH}/{order['order_id']}/cancel", keyed(dev, "second-answer-lost", "staff")
    changed = answer_lost(api, network, "UpdateItem", cancel, '{"reason":"out_of_stock"}', staff)
    (event,) = (
        value["M"] for value in changed["ExpressionAttributeValues"].values() if "receipt" in value.get("M", {})
    )
    answered = receipt_in({"M": event})
    for _ in range(2):
        again = api.post(cancel, '{"reason":"out_of_stock"}', staff)
        assert (again.status_code, again.content, again.headers["etag"]) == (*answered[:2], answered[2]["ETag"])
        assert again.headers["idempotent-replayed"] == "true"
    assert json.loads(answered[1])["status"] == "cancelled"
    assert api.post(cancel, '{"reason":"other"}', staff).status_code == 422
    assert_told_once(
        dev,
        bus,
        order,
        ["created", "document_ready", "cancelled", "document_ready"],
        ["order_confirmation", "staff_new_order", "order_cancelled", "staff_order_cancelled"],
    )


def answer_lost(
    api: ApiProcess, network: LosingNetwork, operation: str, path: str, body: str, headers: dict[str, str]
) -> dict[str, Any]:
    """Ask, kill the process when its write has been made and before it knows, and start it again; what it wrote."""
    network.lose(operation)
    with ThreadPoolExecutor(1) as caller:
        asked = caller.submit(api.post, path, body, headers)
        written: dict[str, Any] = network.written(within_seconds=SECONDS)
        assert not asked.done()
        api.kill()
        with pytest.raises(httpx.TransportError):
            asked.result()
    api.start()
    return written


def receipt_in(event: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of the answer that was written with the event and never given."""
    receipt = event["M"]["receipt"]["M"]
    headers = [[part["S"] for part in pair["L"]] for pair in receipt["headers"]["L"]]
    return int(receipt["status"]["N"]), zlib.decompress(base64.b64decode(receipt["body"]["B"])), dict(headers)
