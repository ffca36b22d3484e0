"""What only `orders dev` has: its ports, its data directory, its tokens."""

import socket
import subprocess
from pathlib import Path

import httpx

from tests.e2e.dev_process import ORDERS, Dev
from tests.ports import free_port


def test_a_busy_port_is_one_clear_message(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        result = subprocess.run(
            [str(ORDERS), "dev", "--port", str(port), "--data-dir", str(tmp_path)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.startswith(f"orders: port {port} on 127.0.0.1 can't be used (Address already in use)")
    assert "Traceback" not in result.stderr


def test_a_second_one_on_the_same_data_is_refused_and_leaves_the_first_alone(dev: Dev) -> None:
    second = subprocess.run(
        [str(ORDERS), "dev", "--port", str(free_port())],
        env=dev.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (second.returncode, "runs on" in second.stderr, "Traceback" in second.stderr) == (2, True, False)
    assert dev.place()


def test_an_expired_token_is_one_clear_message(dev: Dev) -> None:
    expired = dev.token("customer", "--hours", "-1")
    answer = httpx.get(dev.base + "/v1.0/orders", headers={"Authorization": f"Bearer {expired}"})
    assert (answer.status_code, answer.json()["detail"]) == (401, "the token has expired; get a new one")
