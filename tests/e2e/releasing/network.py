"""The network between a workflow's machine and the world: names of environments lead to the Compose stack, by HTTPS.

A proxy, since names can't be changed: what asks an address of HTTPS is sent here by ``https_proxy``. It ends TLS with a
certificate of its own, as the load balancer does, and passes requests on as HTTP. The channel's webhook is answered by
itself; any other name is not reached.
"""

import http.client
import ssl
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.unit.release.account import self_signed

CHANNEL = "chat.example"
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "proxy-connection"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came by."""

    host: str
    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Network:
    """What is reached, and what was asked of it.

    Attributes:
        stack: host and port of the Compose stack's API.
        told: what was sent to the channel.
        variables: what makes a process use it.
    """

    names: Collection[str]
    stack: str
    variables: Mapping[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@contextmanager
def network(directory: Path, names: Collection[str], stack: str) -> Iterator[Network]:
    """Runs the proxy for these names."""
    certificate, key = self_signed([*names, CHANNEL], datetime.now(UTC) + timedelta(days=1))
    (directory / "ca.pem").write_bytes(certificate)
    (directory / "server.pem").write_bytes(key + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    made = Network(names, stack)
    server = _Server(made, context)
    made.variables = {
        "https_proxy": f"http://127.0.0.1:{server.server_port}",
        "SSL_CERT_FILE": str(directory / "ca.pem"),
    }
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

    def __init__(self, network: Network, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Proxy)
        self.network = network
        self.context = context


class _Silent(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the class above
        """Nobody reads an access log here."""


class _Proxy(_Silent):
    def do_CONNECT(self) -> None:
        host, _, port = self.path.partition(":")
        if port != "443" or host not in {*self.server.network.names, CHANNEL}:
            self.send_error(502, "no such name")
            return
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with self.server.context.wrap_socket(self.connection, server_side=True) as secure:
            _Forward(secure, self.client_address, self.server)


class _Forward(_Silent):
    """Answers a request inside of TLS."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if host == CHANNEL:
            self.server.network.told.append(body.decode())
            answer = _Answer(200, b"ok")
        else:
            answer = self._of_stack(body)
        self.server.network.asked.append(Asked(host, self.command, self.path, answer.status))
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def _of_stack(self, body: bytes) -> "_Answer":
        connection = http.client.HTTPConnection(self.server.network.stack, timeout=35)
        try:
            sent = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            connection.request(self.command, self.path, body or None, sent)
            answer = connection.getresponse()
            return _Answer(answer.status, answer.read(), answer.getheaders())
        finally:
            connection.close()
