"""The programs in examples/ are run as they are written, where answers get lost and events come as they like."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.dev_process import Dev
from tests.e2e.stack import Stack
from tests.e2e.unreliable_network import unreliable_network
from tests.support.eventually import eventually

EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 60
"""That a program may take; they take a second or two."""
LINES_AT_MOST = 80


def run(program: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs an example to its end."""
    return subprocess.run(
        [sys.executable, EXAMPLES / program, *map(str, arguments)], env=os.environ | environment,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def a_cart(directory: Path, **changed: Any) -> Path:
    """The file of a cart of its own."""
    item = {"product_id": "prod_001", "quantity": 3, "price": 0.1}
    cart = {"cart_id": uuid4().hex, "customer_id": "cust_test_001", "currency": "USD", "items": [item]}
    path = directory / "cart.json"
    path.write_text(json.dumps(cart | changed))
    return path


def test_they_are_short() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in EXAMPLES.glob("*.py")}
    assert len(lengths) == 3
    assert {name for name, length in lengths.items() if length > LINES_AT_MOST} == set()


def test_a_checkout_whose_answers_are_lost_places_one_order(stack: Stack, tmp_path: Path) -> None:
    cart = a_cart(tmp_path)
    with unreliable_network(stack.client, "POST", "lose", "busy", "pass") as network:
        there = {"ORDERS_URL": network.url, "ORDERS_TOKEN": stack.token()}
        first, again = run("checkout.py", cart, **there), run("checkout.py", cart, **there)
    assert (first.returncode, first.stderr) == (0, "")
    assert again.stdout == first.stdout
    number, status, total = first.stdout.split()
    assert (status, total) == ("pending", "0.30")
    assert (network.passed, network.refused) == ([("POST", "/v1.0/orders", 201)] * 3, 1)
    listed = stack.call("GET", "/v1.0/orders", params={"order_number": number}).json()["items"]
    assert len(listed) == 1
    customers = stack.call("GET", f"/v1.0/orders/{number}/events", role="staff").json()["items"]
    assert [event["type"].split(".")[-2] for event in customers].count("created") == 1


def test_a_checkout_that_is_refused_says_all_that_is_wrong_and_is_not_tried_again(stack: Stack, tmp_path: Path) -> None:
    items = [{"product_id": "prod_001", "quantity": 0, "price": 29.99}]
    with unreliable_network(stack.client, "POST") as network:
        there = {"ORDERS_URL": network.url, "ORDERS_TOKEN": stack.token()}
        refused = run("checkout.py", a_cart(tmp_path, items=items, currency="XXZ"), **there)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert {line.split(":")[0] for line in refused.stderr.splitlines()[1:]} == {"/items/0/quantity", "/currency"}
    assert network.passed == [("POST", "/v1.0/orders", 422)]


@pytest.fixture(scope="module", autouse=True)
def leave_no_queues(stack: Stack) -> Iterator[None]:
    """Others that use this service count what is left in its queues."""
    yield
    sqs, sns = stack.aws("sqs"), stack.aws("sns")
    for made in sns.list_subscriptions()["Subscriptions"]:
        if ":shop-" in made["Endpoint"]:
            sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])
    for url in sqs.list_queues(QueueNamePrefix="shop-").get("QueueUrls", []):
        sqs.delete_queue(QueueUrl=url)


def a_queue(stack: Stack) -> str:
    """A new queue of the shop's own: its URL."""
    url: str = stack.aws("sqs").create_queue(QueueName=f"shop-{uuid4().hex[:8]}")["QueueUrl"]
    return url


@pytest.fixture
def subscribed(stack: Stack) -> str:
    """A queue at the topic, with SNS's envelope, as a subscription without raw delivery has it."""
    sqs, sns, url = stack.aws("sqs"), stack.aws("sns"), a_queue(stack)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=f"bbws-order-notifications-{stack.environment_name}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def event_in(body: str) -> dict[str, Any]:
    """The CloudEvent in a message with SNS's envelope."""
    event: dict[str, Any] = json.loads(json.loads(body)["Message"])["detail"]
    return event


def test_a_consumer_applies_each_event_once_and_in_its_place(stack: Stack, subscribed: str, tmp_path: Path) -> None:
    """Its messages shuffled, some of them twice, with a foreign one among them."""
    sqs, order, came = stack.aws("sqs"), stack.place(), dict[str, str]()

    def has_come(number: int) -> bool:
        found = sqs.receive_message(QueueUrl=subscribed, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in found.get("Messages", []):
            sqs.delete_message(QueueUrl=subscribed, ReceiptHandle=message["ReceiptHandle"])
            if (event := event_in(message["Body"]))["subject"] == order["order_id"]:
                came[event["sequence"]] = message["Body"]
        return len(came) >= number

    eventually(lambda: has_come(2), within_seconds=SECONDS, what="created and its document")
    stack.call("POST", f"/v1.0/orders/{order['order_id']}/cancel", content="{}")
    eventually(lambda: has_come(4), within_seconds=SECONDS, what="cancelled and its document")
    first, *later = [body for _, body in sorted(came.items())]
    foreign = json.dumps({"source": "elsewhere", "detail": event_in(first)})
    malformed = ("[]", "{", '{"Type":"Notification"}')
    queue = a_queue(stack)
    there = {
        "AWS_ENDPOINT_URL": stack.aws_url, "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }  # fmt: skip

    def consume(*messages: str) -> subprocess.CompletedProcess[str]:
        for body in messages:
            sqs.send_message(QueueUrl=queue, MessageBody=body)
        done = run("consume_events.py", queue, tmp_path / "follow.db", 1, **there)
        assert done.returncode == 0, done.stderr
        return done

    assert consume(*reversed(later), later[0]).stdout == ""
    done = consume(foreign, *malformed, first, later[1], first)
    kinds = [event_in(body)["type"].split(".")[-2] for body in (first, *later)]
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [[order["order_number"], kind] for kind in kinds]
    assert "not an event of the order service" in done.stderr
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert sum(map(int, left.values())) == 1 + len(malformed), "what is no event is left for the dead-letter queue"


def test_a_bulk_fulfilment_that_is_troubled_and_run_twice_ships_each_order_once(stack: Stack, tmp_path: Path) -> None:
    orders = [stack.place() for _ in range(5)]
    for order in orders:
        stack.call("PUT", f"/v1.0/orders/{order['order_id']}/status", "staff", content='{"status":"processing"}')
    *shipped, kept = orders
    rows = [f"{order['order_number']},DHL,TRACK-{index}" for index, order in enumerate(shipped)]
    parcels = tmp_path / "parcels.csv"
    parcels.write_text("\n".join(["order_number,carrier,tracking_number", *rows]))
    with unreliable_network(stack.client, "POST", "pass", "lose", "pass", "busy") as network:
        there = {"ORDERS_URL": network.url, "ORDERS_TOKEN": stack.token("staff")}
        first = run("bulk_fulfil.py", parcels, 2, **there)
        second = run("bulk_fulfil.py", parcels, 2, **there)
    assert (first.returncode, first.stderr) == (0, "")
    assert [line.split()[1:] for line in first.stdout.splitlines()] == [[f"TRACK-{n}", "fulfilled"] for n in range(4)]
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    pages = [path for method, path, _ in network.passed if method == "GET"]
    assert sum("cursor=" in path for path in pages) >= 2
    assert len([path for method, path, _ in network.passed if method == "POST"]) == 5, "one answer was lost"
    for index, order in enumerate(shipped):
        read = stack.call("GET", f"/v1.0/orders/{order['order_id']}").json()
        assert [parcel["tracking_number"] for parcel in read["parcels"]] == [f"TRACK-{index}"]
    assert stack.call("GET", f"/v1.0/orders/{kept['order_id']}").json()["status"] == "processing"


def test_the_readmes_commands_run_as_they_are_written(stack: Stack) -> None:
    """In a directory that looks like a checkout, on the address of this `orders dev`."""
    assert isinstance(stack, Dev)
    directory = stack.log.parent
    data = Path(stack.environment["ORDERS_DATA_DIR"])
    for name, there in {".venv": Path(sys.executable).parents[1], "examples": EXAMPLES, ".orders-dev": data}.items():
        (directory / name).symlink_to(there)
    (script,) = re.findall(r"^```sh local\n(.*?)^```", (EXAMPLES / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:8080", f"127.0.0.1:{stack.port}")],
        cwd=directory, env=stack.environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    placed, *_, last = done.stdout.splitlines()
    number = placed.split()[0]
    assert placed == f"{number} pending 59.98"
    told = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(number) and "TRACK" not in line]
    assert [kind for kind in told[1:] if kind != "document_ready"] == ["created", "processing", "fulfilled"]
    assert last.startswith(number)
