"""Programs that a workflow's machine has and this one hasn't, or may not use: stood in for by name, on PATH.

Each is a small file that sends its arguments and input to the test's process, prints what comes back, and ends with the
exit code that comes back, or becomes the real program. Every call is kept.
"""

import json
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

from deploy.workflows.commands import Done


@dataclass(frozen=True, slots=True)
class Call:
    """A program that was run.

    Attributes:
        given: what it found on its standard input.
    """

    program: str
    arguments: tuple[str, ...]
    directory: Path
    given: str

    @property
    def text(self) -> str:
        """The command line."""
        return " ".join((self.program, *self.arguments))

    def option(self, name: str) -> str:
        """Returns an option's value, given as ``NAME VALUE`` or ``NAME=VALUE``. Raises: LookupError."""
        for number, each in enumerate(self.arguments):
            if each == name:
                return self.arguments[number + 1]
            if each.startswith(f"{name}="):
                return each.partition("=")[2]
        raise LookupError(f"{self.text}: no {name}")

    def options(self, name: str) -> list[str]:
        """Returns all values of an option that is repeated, given as ``NAME VALUE``."""
        return [after for each, after in zip(self.arguments, self.arguments[1:], strict=False) if each == name]


@dataclass(frozen=True, slots=True)
class Really:
    """Run this command in the place of the program."""

    command: tuple[str, ...]


Program: TypeAlias = Callable[[Call], Done | Really]

_STAND_IN = """#!{python} -ES
import http.client, json, os, sys
asked = {{"program": {program!r}, "arguments": sys.argv[1:], "directory": os.getcwd(), "given": sys.stdin.read()}}
connection = http.client.HTTPConnection("127.0.0.1", {port}, timeout=300)
connection.request("POST", "/", json.dumps(asked))
answer = json.loads(connection.getresponse().read())
if answer.get("really"):
    os.execv(answer["really"][0], answer["really"])
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
sys.exit(answer["code"])
"""


@dataclass(frozen=True, slots=True)
class Programs:
    """The stand-ins, while they are there.

    Attributes:
        directory: goes first in PATH.
        calls: what was run, in order.
        mistakes: what a stand-in did not understand.
    """

    directory: Path
    calls: list[Call]
    mistakes: list[str]

    def of(self, program: str, *beginning: str) -> list[Call]:
        """Returns calls of a program whose arguments begin so."""
        return [
            each for each in self.calls if each.program == program and each.arguments[: len(beginning)] == beginning
        ]


@contextmanager
def programs(directory: Path, known: Mapping[str, Program]) -> Iterator[Programs]:
    """Puts stand-ins into a directory, and answers them."""
    made = Programs(directory, [], [])
    server = _Server(made, known)
    for name in known:
        path = directory / name
        path.write_text(_STAND_IN.format(python=sys.executable, program=name, port=server.server_port))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, made: Programs, known: Mapping[str, Program]) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.made = made
        self.known = known

    def ask(self, call: Call) -> Done | Really:
        self.made.calls.append(call)
        try:
            return self.known[call.program](call)
        except Exception as error:  # noqa: BLE001 - the program fails, and the test says why
            self.made.mistakes.append(f"{call.text}: {error!r}")
            return Done(99, err=f"the stand-in for {call.program}: {error!r}\n")


class _Asked(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        call = Call(asked["program"], tuple(asked["arguments"]), Path(asked["directory"]), asked["given"])
        answer = self.server.ask(call)
        really = {"really": answer.command} if isinstance(answer, Really) else {}
        said = {"code": answer.code, "out": answer.out, "err": answer.err} if isinstance(answer, Done) else {}
        body = json.dumps(really | said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the class above
        """Nobody reads an access log here."""
