"""``orders health``: checks the process of this container. Imports little, and only the standard library."""

import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

PATIENCE_SECONDS = 4.0
"""Less than the five seconds after which Docker and ECS give a health check up, so that the reason is printed."""

_LOOPBACK = "127.0.0.1"
_MOST_BYTES = 65536


@dataclass(frozen=True, slots=True)
class HealthQuestion:
    """A health check of a process: liveness, or readiness too."""

    port: int
    ready: bool = False

    @property
    def path(self) -> str:
        """The path of the endpoint."""
        return "/health/ready" if self.ready else "/health/live"


def parse(arguments: Sequence[str]) -> HealthQuestion | None:
    """Parses a complete ``health --port N [--ready]``; ``None`` leaves the arguments to the command line."""
    match list(arguments):
        case ["health", "--port", port] if port.isdecimal():
            return HealthQuestion(int(port))
        case ["health", "--ready", "--port", port] | ["health", "--port", port, "--ready"] if port.isdecimal():
            return HealthQuestion(int(port), ready=True)
    return None


def answer(question: HealthQuestion) -> int:
    """Runs the check, prints the response, and returns the exit code: 0 if healthy, else 1."""
    try:
        status, body = ask(question)
    except OSError as error:
        print(f"no answer on {_LOOPBACK}:{question.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(body)  # noqa: T201 - what `docker inspect` and ECS show
    return 0 if status == 200 else 1


def ask(question: HealthQuestion) -> tuple[int, str]:
    """Returns status and body of the response.

    Raises: OSError: nothing listens or responds in time, or the response is not HTTP.
    """
    request = f"GET {question.path} HTTP/1.0\r\nHost: {_LOOPBACK}:{question.port}\r\nConnection: close\r\n\r\n"
    received = b""
    with socket.create_connection((_LOOPBACK, question.port), PATIENCE_SECONDS) as connection:
        connection.sendall(request.encode())
        while len(received) < _MOST_BYTES and (some := connection.recv(4096)):
            received += some
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise OSError("it does not speak HTTP")
    return int(words[1]), body.decode(errors="replace")
