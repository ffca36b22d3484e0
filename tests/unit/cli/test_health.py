"""`orders health`: what is asked, and what its exit code says."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orders.adapters.inbound.cli.commands.health import HealthQuestion, answer, ask, parse
from tests.support.ports import free_port


@contextmanager
def answering(reply: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that reads one request and answers it so; its port, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(4096))
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], asked
        thread.join(10)


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (["health", "--port", "8081"], HealthQuestion(8081)),
        (["health", "--port", "8081", "--ready"], HealthQuestion(8081, ready=True)),
        (["health", "--ready", "--port", "8081"], HealthQuestion(8081, ready=True)),
        (["health"], None),
        (["health", "--port", "x"], None),
        (["health", "--help"], None),
        (["api"], None),
        ([], None),
    ],
)
def test_a_complete_question_needs_no_command_line(arguments: list[str], question: HealthQuestion | None) -> None:
    assert parse(arguments) == question


def test_a_healthy_answer_is_printed_and_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"ok"') as (port, asked):
        assert answer(HealthQuestion(port)) == 0
    assert asked[0].startswith(b"GET /health/live HTTP/1.0\r\n")
    assert capsys.readouterr().out == '"ok"\n'


def test_not_ready_is_a_failure_that_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(b"HTTP/1.1 503 Service Unavailable\r\n\r\nqueue out of reach") as (port, asked):
        assert answer(HealthQuestion(port, ready=True)) == 1
    assert asked[0].startswith(b"GET /health/ready HTTP/1.0\r\n")
    assert capsys.readouterr().out == "queue out of reach\n"


def test_nobody_there_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert answer(HealthQuestion(port)) == 1
    assert capsys.readouterr().err.startswith(f"no answer on 127.0.0.1:{port}: ")


@pytest.mark.parametrize("reply", [b"", b"SSH-2.0-OpenSSH", b"HTTP/1.1 fine\r\n\r\n"])
def test_what_is_no_http_is_no_answer(reply: bytes) -> None:
    with answering(reply) as (port, _), pytest.raises(OSError, match="does not speak HTTP"):
        ask(HealthQuestion(port))


def test_it_loads_nothing_but_the_standard_library() -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['orders', 'health', '--port', '{free_port()}']\n"
        "from orders.bootstrap.main import run\n"
        "try:\n    run()\n"
        "except SystemExit as end:\n"
        "    print(end.code, sorted({'typer', 'rich', 'pydantic', 'litestar', 'asyncio'} & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout == "1 []\n"
