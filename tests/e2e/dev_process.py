"""`orders dev` as a user runs it: a process group of its own, on ports and a data directory of its own."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.eventually import eventually

ORDERS = Path(sys.executable).with_name("orders")
SMOKE = (
    '{"customer_id":"cust_test_001","items":[{"product_id":"prod_001","quantity":2,"price":29.99}],'
    '"total":59.98,"currency":"USD"}'
)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Dev:
    """Starts, kills and stops `orders dev`, and calls its API."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {"ORDERS_DATA_DIR": str(data_dir), "EMULATOR_PORT": str(free_port())}
        self.log = data_dir.parent / "dev.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=self.base, timeout=30)
        self._tokens: dict[str, str] = {}

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            began = self.log.stat().st_size
            self.process = subprocess.Popen(
                [str(ORDERS), "dev", "--port", str(self.port)],
                env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        eventually(
            lambda: f"orders is ready on {self.base}" in self.output(began) or self.process.poll() is not None,  # type: ignore[union-attr]
            within_seconds=60,
            what="ready",
        )
        assert self.process.poll() is None, self.output(began)

    def output(self, since: int = 0) -> str:
        """What it printed."""
        return self.log.read_bytes()[since:].decode()

    def kill(self) -> None:
        """kill -9 of its whole process group; the emulator lives in another one."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)

    def stop(self) -> None:
        """Leave nothing running."""
        if self.process is not None and self.process.poll() is None:
            self.interrupt()
        subprocess.run(
            [str(ORDERS), "dev", "--stop"], env=self.environment, check=True, capture_output=True, timeout=60
        )
        self.client.close()

    def token(self, role: str = "customer", *more: str) -> str:
        """A token as `orders token` prints it."""
        key = " ".join((role, *more))
        if key not in self._tokens:
            command = [str(ORDERS), "token", "--tenant", "demo", "--customer", "cust_test_001", "--role", role, *more]
            printed = subprocess.run(
                command, env=self.environment, check=True, capture_output=True, text=True, timeout=30
            )
            self._tokens[key] = printed.stdout.strip()
        return self._tokens[key]

    def call(
        self, method: str, path: str, role: str = "customer", *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A call with a token of that role."""
        sent = {"Authorization": f"Bearer {self.token(role)}", "Content-Type": "application/json"} | (headers or {})
        return self.client.request(method, path, headers=sent, **more)

    def place(self) -> dict[str, Any]:
        """Place the smoke order."""
        answer = self.call("POST", "/v1.0/orders", content=SMOKE)
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()
        return order

    def mails(self) -> list[dict[str, Any]]:
        """Every mail that was sent."""
        items: list[dict[str, Any]] = self.client.get("/local/mails").json()["items"]
        return items

    def mails_of(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """The mails about one order."""
        return [mail for mail in self.mails() if mail["order_number"] == order["order_number"]]

    def pdf(self, order: dict[str, Any]) -> bytes:
        """The order's document, or nothing while it is being rendered."""
        answer = self.call("GET", f"/v1.0/orders/{order['order_id']}/document")
        if answer.status_code == 202:
            return b""
        assert answer.status_code == 302, answer.text
        return httpx.get(answer.headers["location"], timeout=30).content
