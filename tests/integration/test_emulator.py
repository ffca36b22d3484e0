"""The embedded emulator as `orders dev` uses it: found, started, left behind, stopped with its state kept."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.session import get_session

from orders.bootstrap.dev import emulator
from orders.bootstrap.dev.emulator import EmulatorError, RunningEmulator
from tests.support.eventually import eventually

SESSION = get_session()
REGION = "af-south-1"


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return emulator.emulator_python()
    except EmulatorError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data directory whose emulator, if one is left, is ended."""
    directory = tmp_path / "data"
    yield directory
    left = emulator.find_running(directory, answering=False)
    if left is not None:
        os.kill(left.pid, signal.SIGKILL)
        until(lambda: not left.is_alive())


@pytest.fixture
def port() -> int:
    """A port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


def write_record(data_dir: Path, record: str) -> None:
    data_dir.mkdir()
    (data_dir / "emulator.json").write_text(record, "utf-8")


def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Returns as soon as the condition holds."""
    eventually(condition, within_seconds=seconds, what="what is waited for")


@asynccontextmanager
async def client(running: RunningEmulator, service: Any) -> AsyncIterator[Any]:
    async with SESSION.create_client(
        service,
        region_name=REGION,
        endpoint_url=running.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        verify=False,
    ) as opened:
        yield opened


async def test_it_starts_on_the_port_asked_for_and_is_found_again(data_dir: Path, python: Path, port: int) -> None:
    assert emulator.find_running(data_dir) is None
    running = await emulator.start(data_dir, python, preferred_port=port)
    assert running.port == port
    assert running.answers()
    assert emulator.find_running(data_dir) == running
    assert await emulator.start(data_dir, python, preferred_port=port) == running
    emulator.stop(running)
    assert not running.is_alive()
    assert emulator.find_running(data_dir, answering=False) is None


async def test_what_it_holds_is_there_after_a_stop(data_dir: Path, python: Path) -> None:
    running = await emulator.start(data_dir, python)
    async with client(running, "s3") as s3, client(running, "dynamodb") as dynamodb, client(running, "sqs") as sqs:
        await s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": REGION})
        await s3.put_object(Bucket="kept", Key="a/document.pdf", Body=b"%PDF")
        await dynamodb.create_table(
            TableName="kept",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        )
        await dynamodb.put_item(TableName="kept", Item={"PK": {"S": "one"}, "note": {"S": "ü"}})
        queue = await sqs.create_queue(QueueName="kept")
        await sqs.send_message(QueueUrl=queue["QueueUrl"], MessageBody="waiting")
        # Clients still hold connections: a stop must not wait for them.
        emulator.stop(running, timeout_seconds=10)

    # Something else has taken the port: it moves, and its state with it.
    with socket.create_server(("127.0.0.1", running.port)):
        again = await emulator.start(data_dir, python, preferred_port=running.port)
    assert again.port != running.port
    async with client(again, "s3") as s3, client(again, "dynamodb") as dynamodb, client(again, "sqs") as sqs:
        kept = await s3.get_object(Bucket="kept", Key="a/document.pdf")
        assert await kept["Body"].read() == b"%PDF"
        item = await dynamodb.get_item(TableName="kept", Key={"PK": {"S": "one"}})
        assert item["Item"]["note"] == {"S": "ü"}
        url = (await sqs.get_queue_url(QueueName="kept"))["QueueUrl"]
        messages = (await sqs.receive_message(QueueUrl=url))["Messages"]
        assert [message["Body"] for message in messages] == ["waiting"]
    emulator.stop(again)


async def test_of_two_starts_at_once_one_finds_what_the_other_started(data_dir: Path, python: Path, port: int) -> None:
    first, second = await asyncio.gather(
        emulator.start(data_dir, python, preferred_port=port), emulator.start(data_dir, python, preferred_port=port)
    )
    assert first == second
    emulator.stop(first)


def test_it_outlives_the_one_that_started_it(data_dir: Path, python: Path, port: int) -> None:
    program = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from orders.bootstrap.dev import emulator\n"
        "start = emulator.start(Path(sys.argv[1]), Path(sys.argv[2]), preferred_port=int(sys.argv[3]))\n"
        "asyncio.run(start)\n"
        "os.killpg(0, signal.SIGKILL)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(data_dir), str(python), str(port)],
        check=False,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL
    running = emulator.find_running(data_dir)
    assert running is not None
    assert running.port == port
    emulator.stop(running)
    assert not running.is_alive()


async def test_it_listens_on_one_loopback_address_only(data_dir: Path, python: Path, port: int) -> None:
    running = await emulator.start(data_dir, python, preferred_port=port)
    assert running.url == f"http://127.0.0.1:{port}"
    with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
        socket.create_connection(("127.0.0.2", port), timeout=2)
    emulator.stop(running)


async def test_an_early_end_shows_its_last_words(data_dir: Path) -> None:
    with pytest.raises(EmulatorError, match="No module named ministack"):
        await emulator.start(data_dir, Path(sys.executable))
    assert emulator.find_running(data_dir, answering=False) is None


async def test_a_python_that_is_not_there_is_said(data_dir: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "python"
    with pytest.raises(EmulatorError, match="can't be started with"):
        await emulator.start(data_dir, missing)
    with pytest.raises(EmulatorError, match="does not exist or is not executable"):
        emulator.emulator_python(missing)
    assert emulator.emulator_python(Path(sys.executable)) == Path(sys.executable)


async def test_one_that_hangs_is_given_up_with_its_log(data_dir: Path, tmp_path: Path) -> None:
    """A hung emulator is found by `find_running` only without ``answering``, and a stop reports the timeout."""
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\ntrap '' TERM\necho not listening\nwhile :; do sleep 0.1; done\n", "ascii")
    deaf.chmod(0o700)
    with pytest.raises(EmulatorError, match=r"doesn't answer on port \d+; its last output:\nnot listening"):
        await emulator.start(data_dir, deaf, ready_within_seconds=0.5)
    assert emulator.find_running(data_dir) is None
    hanging = emulator.find_running(data_dir, answering=False)
    assert hanging is not None
    with pytest.raises(EmulatorError, match=f"process {hanging.pid}\\) still runs"):
        emulator.stop(hanging, timeout_seconds=0.3)


async def test_a_reused_process_id_is_not_taken_for_it(data_dir: Path, python: Path, port: int) -> None:
    write_record(data_dir, json.dumps({"pid": os.getpid(), "port": port, "started": "long ago"}))
    assert emulator.find_running(data_dir, answering=False) is None
    running = await emulator.start(data_dir, python, preferred_port=port)
    assert running.pid != os.getpid()
    emulator.stop(running)


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"pid": "x", "port": 1, "started": ""}'])
def test_a_record_that_can_not_be_read_is_none(data_dir: Path, record: str) -> None:
    write_record(data_dir, record)
    assert emulator.find_running(data_dir) is None


async def test_a_stop_that_could_not_save_is_said(data_dir: Path, python: Path, port: int) -> None:
    running = await emulator.start(data_dir, python, preferred_port=port)
    async with client(running, "sqs") as sqs:
        await sqs.create_queue(QueueName="lost")
    # Where it would write a directory, there is a file.
    (data_dir / "emulator" / "state").write_text("", "ascii")
    with pytest.raises(EmulatorError, match="could not save all its data"):
        emulator.stop(running)
    assert not running.is_alive()
