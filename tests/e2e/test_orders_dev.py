"""Features that only `orders dev` has: ports, data directory, tokens."""

import json
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.e2e.dev_process import ORDERS, Dev
from tests.support.eventually import eventually
from tests.support.ports import free_port


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


def renderers(dev: Dev) -> list[int]:
    assert dev.process is not None
    found = (Path(f"/proc/{pid}/cmdline") for pid in children_of(dev.process.pid))
    return [int(each.parent.name) for each in found if b"multiprocessing.spawn" in each.read_bytes()]


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()


def stop(dev: Dev) -> str:
    stopped = subprocess.run(
        [str(ORDERS), "dev", "--stop"], env=dev.environment, check=True, capture_output=True, text=True, timeout=90
    )
    return stopped.stdout


def test_everything_in_a_data_directory_is_its_users_alone_whatever_the_umask(dev: Dev) -> None:
    """Started without any umask, after an order's whole way, and after a stop, when the emulator has saved."""
    order = dev.place()
    dev.all_sent([order], within_seconds=60)
    data = Path(dev.environment["ORDERS_DATA_DIR"])

    def loose() -> list[str]:
        return [str(each) for each in (data, *data.rglob("*")) if each.lstat().st_mode & 0o077]

    assert loose() == []
    assert {"audit.log", "mails", "emulator", "dev-issuer-key.pem"} <= {each.name for each in data.iterdir()}
    assert dev.process is not None
    said = stop(dev)
    assert f"stopped the service on {dev.base} (process {dev.process.pid})" in said
    assert "stopped the emulator on" in said
    assert dev.process.wait(10) == 0
    assert loose() == []
    assert stop(dev) == f"nothing was running on {data}\n"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked through on Linux only")
def test_a_killed_service_leaves_no_renderer_and_the_emulator_is_found(dev: Dev) -> None:
    assert dev.process is not None
    left = eventually(lambda: renderers(dev), within_seconds=30, what="renderers")
    dev.kill()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), within_seconds=10, what="renderers end")
    listed = subprocess.run(
        [str(ORDERS), "dlq", "list", "--json"],
        env=dev.environment, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert set(json.loads(listed.stdout).values()) == {0}
    assert listed.stderr == f"using the emulator of {dev.environment['ORDERS_DATA_DIR']} on {dev.aws_url}\n"
    assert stop(dev).startswith(f"stopped the emulator on {dev.aws_url} ")
