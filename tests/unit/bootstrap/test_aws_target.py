"""Selection of an operator's AWS endpoint: never another checkout's emulator without saying so."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orders.bootstrap.aws_target import NoEmulator, aws_target
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.dev.emulator_process import EmulatorFiles, start_mark
from orders.bootstrap.dev.local_processes import (
    DATA_DIR_MARK,
    SERVICE_RECORD,
    emulator_of,
    emulators,
    running_service,
)
from orders.bootstrap.dev.stop import stop_all
from tests.support.eventually import eventually
from tests.support.ports import free_port

linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked through on Linux only")

ANSWERING = """
import http.server, os, sys  # ministack
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"services": {}}')
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Answer).serve_forever()
"""
"""Settings that point to an emulator."""

Start = Callable[..., int]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts an emulator's like for a data directory; returns its port."""
    running = []

    def begin(data_dir: Path, *, recorded: bool = True) -> int:
        port = free_port()
        files = EmulatorFiles(data_dir)
        files.prepare()
        environment = {"GATEWAY_PORT": str(port), "STATE_DIR": str(files.state / "state"), "PATH": os.defpath}
        process = subprocess.Popen([sys.executable, "-c", ANSWERING], env=environment)
        running.append(process)
        if recorded:
            record = {"pid": process.pid, "port": port, "started": start_mark(process.pid)}
            files.record.write_text(json.dumps(record), "utf-8")
        known = emulator_of(data_dir)
        eventually(lambda: known is None or known.answers(), within_seconds=20, what="it answers")
        return port

    yield begin
    for process in running:
        process.kill()
        process.wait()


def test_without_an_address_it_is_the_data_directorys_emulator_wherever_that_listens(
    tmp_path: Path, start: Start
) -> None:
    settings = load_settings(orders_data_dir=tmp_path / "a")
    with pytest.raises(NoEmulator, match=r"no emulator runs for .*a: start one with `make run`"):
        aws_target(settings)
    start(tmp_path / "b")
    with pytest.raises(NoEmulator):
        aws_target(settings)
    port = start(tmp_path / "a")
    target = aws_target(settings)
    assert target.settings.aws_endpoint_url == f"http://127.0.0.1:{port}"
    assert target.words == f"the emulator of {tmp_path / 'a'} on http://127.0.0.1:{port}"
    assert target.own


@linux
def test_an_address_that_is_another_data_directorys_emulator_is_named_as_such(tmp_path: Path, start: Start) -> None:
    other, own = start(tmp_path / "other", recorded=False), start(tmp_path / "own")

    def target(url: str) -> tuple[str, bool]:
        found = aws_target(load_settings(orders_data_dir=tmp_path / "own", aws_endpoint_url=url))
        assert found.settings.aws_endpoint_url == url
        return found.words, found.own

    url = f"http://localhost:{other}"
    assert target(url) == (
        f"{url}, as AWS_ENDPOINT_URL says: the emulator of {tmp_path / 'other'}, not of this data directory",
        False,
    )
    url = f"http://127.0.0.1:{own}"
    assert target(url) == (f"{url}, as AWS_ENDPOINT_URL says: the emulator of {tmp_path / 'own'}", True)
    for url in (f"http://localstack:{other}", f"http://127.0.0.1:{free_port()}", "http://127.0.0.1"):
        assert target(url) == (f"{url}, as AWS_ENDPOINT_URL says", False)


def test_an_environment_of_aws_is_aws(tmp_path: Path, start: Start) -> None:
    start(tmp_path)
    settings = load_settings(orders_data_dir=tmp_path).model_copy(update={"environment": "dev"})
    target = aws_target(settings)
    assert (target.settings.aws_endpoint_url, target.own) == (None, False)
    assert target.words == "AWS, region af-south-1, environment dev"


def test_one_that_hangs_is_said(tmp_path: Path) -> None:
    files = EmulatorFiles(tmp_path)
    files.prepare()
    record = {"pid": os.getpid(), "port": free_port(), "started": start_mark(os.getpid())}
    files.record.write_text(json.dumps(record), "utf-8")
    with pytest.raises(NoEmulator, match="doesn't answer on"):
        aws_target(load_settings(orders_data_dir=tmp_path))


@linux
def test_a_stop_finds_an_emulator_without_a_record_and_renderers_without_a_service(
    tmp_path: Path, start: Start
) -> None:
    data_dir = tmp_path / "data"
    assert stop_all(data_dir) == []
    start(data_dir, recorded=False)
    renderer = subprocess.Popen(
        [sys.executable, "-c", "input()  # multiprocessing.spawn"],
        env=os.environ | {DATA_DIR_MARK: str(data_dir.resolve())},
        stdin=subprocess.PIPE,
    )
    (data_dir / SERVICE_RECORD).write_text(json.dumps({"pid": os.getpid(), "started": "long ago", "url": "x"}))
    assert running_service(data_dir) is None
    eventually(lambda: any(each.data_dir == data_dir for each in emulators()), within_seconds=10, what="it is seen")
    stopped = stop_all(data_dir)
    assert [line.partition(" (")[0] for line in stopped] == [
        stopped[0].partition(" (")[0],
        "ended what renders and was left by a crash",
    ]
    assert stopped[0].startswith("stopped the emulator on http://127.0.0.1:")
    renderer.wait(10)
    assert renderer.stdin is not None
    renderer.stdin.close()
    shutil.rmtree(data_dir)
    assert stop_all(data_dir) == []
