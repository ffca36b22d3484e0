"""Whether a service takes changes, asked from outside: by what it answers, and without leaving anything behind."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orders.acceptance.client import Client
from orders.acceptance.takes_changes import PROBE, Refused, TakesChanges
from orders.bootstrap.acceptance import client_of, customer_token
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.errors import CannotRun
from tests.support.ports import free_port


class Handler(BaseHTTPRequestHandler):
    """Gives the server's answer to the probe, and to nothing else."""

    def do_POST(self) -> None:
        status, body = self.server.answer  # type: ignore[attr-defined]
        right = (self.path, self.headers["Authorization"]) == (PROBE, "Bearer t")
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(status if right else 500)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: tests are silent."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def asked(server: ThreadingHTTPServer, status: int, body: bytes) -> str | None:
    server.answer = (status, body)  # type: ignore[attr-defined]
    return TakesChanges(Client(f"http://127.0.0.1:{server.server_port}"), "t").ask()


def test_an_order_that_is_not_found_tells_that_changes_are_taken(server: ThreadingHTTPServer) -> None:
    assert asked(server, 404, b'{"type":"https://api.example/v1.0/docs#problem-not-found","detail":"none"}') is None


@pytest.mark.parametrize("status", [503, 429, 500, 502])
def test_any_other_answer_tells_why_they_are_not(server: ThreadingHTTPServer, status: int) -> None:
    assert (
        asked(server, status, b'{"detail":"another region","request_id":"r"}')
        == f"{status}: another region (request r)"
    )


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, b'{"detail":"expired","request_id":"r"}', "token is refused: 401, expired"),
        (403, b"{}", "token is refused: 403"),
        (404, b"<h1>nginx</h1>", "is not this service: 404, <h1>nginx</h1>"),
        (404, b'{"type":"about:blank"}', "is not this service"),
    ],
)
def test_what_will_never_tell_it_is_refused(server: ThreadingHTTPServer, status: int, body: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        asked(server, status, body)


def test_nobody_there_takes_no_changes() -> None:
    why = TakesChanges(Client(f"http://127.0.0.1:{free_port()}"), "t").ask()
    assert why is not None
    assert PROBE in why


def test_one_token_is_needed_and_named() -> None:
    settings = load_settings(smoke_customer_token="c")
    client = client_of(settings, "https://api.example")
    assert customer_token(settings, client, "prod") == "c"
    with pytest.raises(CannotRun, match="SMOKE_CUSTOMER_TOKEN must be set to ask prod"):
        customer_token(load_settings(), client, "prod")
