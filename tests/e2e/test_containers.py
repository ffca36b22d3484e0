"""The containers as an orchestrator treats them: told to stop, paused, killed in the act."""

import contextlib
import json
import socket
import threading
import time
from pathlib import Path

import pytest

from orders.acceptance.client import ORDERS, Client
from orders.acceptance.smoke import CREATE
from tests.e2e.containers import IMAGE, OURS, ComposeStack
from tests.e2e.load import Load
from tests.support.eventually import eventually

pytestmark = [pytest.mark.containers, pytest.mark.timeout(420)]

STOPS_WITHIN_SECONDS = 25
OUTAGE_SECONDS = 30
AFTER_AN_OUTAGE_SECONDS = 150
SIGTERM_CAUGHT = 1 << 14


@pytest.fixture
def containers(stack: ComposeStack) -> ComposeStack:
    """The Compose stack, all of it up."""
    stack.start()
    return stack


def terminate(containers: ComposeStack, service: str) -> tuple[int, float]:
    """Send SIGTERM and wait; the exit code, and the seconds it took."""
    container = containers.container(service)
    began = time.monotonic()
    containers.docker("kill", "--signal", "TERM", container)
    code = int(containers.docker("wait", container))
    return code, time.monotonic() - began


def direct(containers: ComposeStack) -> str:
    """Host of the API's container itself: on the published port the engine's proxy would accept and then hang up."""
    (network,) = containers.inspect("api")["NetworkSettings"]["Networks"].values()
    address: str = network["IPAddress"]
    return address


def test_an_api_told_to_stop_answers_what_it_has_accepted(containers: ComposeStack) -> None:
    client = Client(f"http://{direct(containers)}:8080")
    with Load(client, containers.token()) as load:
        eventually(lambda: load.placed >= 20, within_seconds=60, what="orders")
        code, seconds = terminate(containers, "api")
    assert code == 0
    assert seconds < STOPS_WITHIN_SECONDS
    assert load.statuses == {201}, "a request that was accepted was refused"
    containers.start()
    published = Client(containers.base)
    for key, answer in load.answered.items():
        assert load.create(key, published).body == answer.body, "an order that was answered is not there"
    # Those that met a closed door had no effect, or one that asking again finds.
    again = [load.create(key, published) for key in load.unanswered]
    assert {answer.status for answer in again} <= {201}
    ids = {answer.json["order_id"] for answer in [*load.answered.values(), *again]}
    assert len(ids) == len(load.answered) + len(load.unanswered)


def test_an_api_told_to_stop_waits_for_the_rest_of_a_request(containers: ComposeStack) -> None:
    host = direct(containers)
    head = (
        f"POST {ORDERS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {containers.token()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(CREATE)}\r\nConnection: close\r\n\r\n"
    )
    container = containers.container("api")
    with socket.create_connection((host, 8080), 30) as connection:
        connection.sendall((head + CREATE[:40]).encode())
        # Answered after what came before it was read.
        assert Client(f"http://{host}:8080").call("GET", "/health/live").status == 200
        containers.docker("kill", "--signal", "TERM", container)

        def closed() -> bool:
            try:
                socket.create_connection((host, 8080), 5).close()
            except ConnectionRefusedError:
                return True
            return False

        eventually(closed, within_seconds=15, what="a closed door")
        connection.sendall(CREATE[40:].encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 201"), answer
    assert int(containers.docker("wait", container)) == 0
    containers.start()
    order = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert containers.call("GET", f"{ORDERS}/{order['order_id']}").status_code == 200


@pytest.mark.parametrize("worker", ["pdf-creator", "customer-notifier"])
def test_a_worker_told_to_stop_loses_no_message(containers: ComposeStack, worker: str) -> None:
    orders = [containers.place() for _ in range(20)]
    eventually(lambda: any(map(containers.sent, orders)), within_seconds=60, what="work to have begun")
    code, seconds = terminate(containers, worker)
    assert (code, seconds < STOPS_WITHIN_SECONDS) == (0, True)
    orders += [containers.place() for _ in range(5)]
    containers.start()
    containers.all_sent(orders, within_seconds=150)
    assert containers.mails_by_order(orders) == dict.fromkeys([order["order_number"] for order in orders], 2)
    assert all(containers.pdf(order) for order in orders)


def test_the_stack_recovers_by_itself_from_an_outage_of_everything(containers: ComposeStack) -> None:
    localstack = containers.container("localstack")
    with Load(Client(containers.base), containers.token(), threads=2) as load:
        eventually(lambda: load.placed >= 10, within_seconds=60, what="orders before")
        eventually(lambda: _frozen(containers, localstack), within_seconds=30, what="LocalStack frozen")
        try:
            # The outage's length is the test; there is nothing to be waited for in it.
            threading.Event().wait(OUTAGE_SECONDS)
            assert Client(containers.base).call("GET", "/health/live").status == 200
            assert Client(containers.base).call("GET", "/health").status == 503
        finally:
            containers.docker("unpause", localstack)
        before = load.placed
        eventually(lambda: load.placed >= before + 10, within_seconds=AFTER_AN_OUTAGE_SECONDS, what="orders after")
    assert load.statuses <= {201, 503}
    orders = [answer.json for answer in load.answered.values() if answer.status == 201]

    containers.all_sent(orders, within_seconds=AFTER_AN_OUTAGE_SECONDS)
    assert all(containers.pdf(order) for order in orders)
    eventually(
        lambda: {containers.state(service)["Health"]["Status"] for service in OURS} == {"healthy"},
        within_seconds=60,
        what="all healthy",
    )
    assert {service: containers.inspect(service)["RestartCount"] for service in OURS} == dict.fromkeys(OURS, 0)


def _frozen(containers: ComposeStack, localstack: str) -> bool:
    """Pauses LocalStack; tells whether it is: the kernel's freezer gives up now and then ("unable to freeze")."""
    with contextlib.suppress(AssertionError):
        containers.docker("pause", localstack)
    return bool(containers.state("localstack")["Paused"])


def test_a_worker_without_its_queue_is_unready_and_alive_until_it_is_back(containers: ComposeStack) -> None:
    """Cut off from the network, not from what it has: [PIPE-4] says so, tries on, turns unready."""
    worker = containers.container("record-creator")
    network = f"{containers.project}_default"

    def asked(*more: str) -> int:
        return _exit_code(containers, worker, "orders", "health", *more)

    containers.docker("network", "disconnect", network, worker)
    try:
        eventually(lambda: asked("--ready") == 1, within_seconds=120, what="unready")
        assert asked() == 0
        assert "queue is out of reach, trying on" in containers.logs("record-creator")
    finally:
        containers.docker("network", "connect", network, worker)
    eventually(lambda: asked("--ready") == 0, within_seconds=60, what="ready again")


def test_a_signal_that_comes_before_the_event_loop_runs_is_heard(containers: ComposeStack) -> None:
    """The first process of a container ignores SIGTERM unless it has said what to do."""
    container = containers.docker(
        "run",
        "--detach",
        "--network",
        "none",
        "--env",
        "AWS_ENDPOINT_URL=http://127.0.0.1:9",
        IMAGE,
        "worker",
        "pdf-creator",
    ).strip()
    try:
        (state,) = json.loads(containers.docker("inspect", "--format", "[{{json .State}}]", container))
        status = Path(f"/proc/{state['Pid']}/status")

        def caught() -> bool:
            lines = status.read_text(encoding="utf-8").splitlines()
            return bool(int(next(line for line in lines if line.startswith("SigCgt")).split()[1], 16) & SIGTERM_CAUGHT)

        eventually(caught, within_seconds=30, what="a handler")
        began = time.monotonic()
        containers.docker("kill", "--signal", "TERM", container)
        assert int(containers.docker("wait", container)) in {0, 143}
        assert time.monotonic() - began < STOPS_WITHIN_SECONDS
    finally:
        containers.docker("rm", "--force", container)


def _exit_code(containers: ComposeStack, container: str, *command: str) -> int:
    script = ["exec", container, *command]
    try:
        containers.docker(*script)
    except AssertionError:
        return 1
    return 0
