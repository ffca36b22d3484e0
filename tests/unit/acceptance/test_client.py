"""The client that acceptance tests call with, against a server of its own."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orders.acceptance.async_client import AsyncClient
from orders.acceptance.client import Client, NotReached
from tests.support.ports import free_port

PROBLEM = (
    b'{"detail":"two fields are wrong","request_id":"r-1",'
    b'"errors":[{"pointer":"/total","code":"x","message":"must be 59.98"}]}'
)


ANSWERS = {
    "/moved": (302, b""),
    "/problem": (422, PROBLEM),
    "/text": (500, b"<h1>Bad</h1>"),
    "/order": (200, b'{"total":59.10}'),
}


class Handler(BaseHTTPRequestHandler):
    """Answers by path, and repeats in a header what it was sent."""

    def do_GET(self) -> None:
        status, body = ANSWERS[self.path.partition("?")[0]]
        length = int(self.headers.get("Content-Length", "0"))
        self.send_response(status)
        self.send_header("X-Sent", f"{self.headers.get('Authorization')}|{self.headers.get('X-Api-Key')}")
        self.send_header("X-Body", self.rfile.read(length).decode())
        if status == 302:
            self.send_header("Location", "https://elsewhere.example/pdf")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: tests are silent."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_redirects_are_answers(base_url: str) -> None:
    answer = Client(base_url).call("GET", "/moved", token="t")
    assert (answer.status, answer.headers["location"]) == (302, "https://elsewhere.example/pdf")


def test_refusals_are_answers_that_say_what_is_wrong(base_url: str) -> None:
    answer = Client(base_url).call("GET", "/problem")
    assert answer.status == 422
    assert answer.fault == "two fields are wrong; /total: must be 59.98 (request r-1)"
    assert Client(base_url).call("GET", "/text").fault == "<h1>Bad</h1>"


def test_numbers_are_exact(base_url: str) -> None:
    assert Client(base_url).call("GET", "/order").json == {"total": Decimal("59.10")}


def test_bodies_go_as_they_are_and_keys_with_every_call_of_the_api_only(base_url: str) -> None:
    client = Client(base_url, api_key="k")
    text = '{"total":59.98}'
    answer = client.call("POST", "/order", token="t", body=text)
    assert (answer.headers["x-sent"], answer.headers["x-body"]) == ("Bearer t|k", text)
    assert client.call("POST", "/order", body={"a": 1}).headers["x-body"] == '{"a": 1}'
    assert client.fetch(f"{base_url}/order").headers["x-sent"] == "None|None"


def test_no_answer_names_the_place_and_keeps_what_signs_a_link_to_itself() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NotReached, match=f"GET {address}/health: ") as caught:
        Client(address, timeout_seconds=5).fetch(f"{address}/health?X-Amz-Signature=secret")
    assert "secret" not in str(caught.value)
    with pytest.raises(NotReached, match="file:///etc/passwd is no address"):
        Client(address).fetch("file:///etc/passwd")


@pytest.mark.parametrize("address", ["api.bbws.io", "ftp://api.bbws.io", "https://", ""])
def test_an_address_is_one_of_https(address: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        Client(address)


async def test_the_client_for_many_calls_answers_alike(base_url: str) -> None:
    async with AsyncClient(base_url, api_key="k") as client:
        moved = await client.call("GET", "/moved", token="t")
        order = await client.call("POST", "/order", token="t", body={"a": 1})
        problem = await client.call("GET", "/problem")
    assert (moved.status, moved.headers["location"]) == (302, "https://elsewhere.example/pdf")
    assert (order.json["total"], order.headers["x-sent"]) == (Decimal("59.10"), "Bearer t|k")
    assert order.headers["x-body"] == '{"a": 1}'
    assert "two fields are wrong" in problem.fault


async def test_the_client_for_many_calls_says_what_it_could_not_reach() -> None:
    async with AsyncClient(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(NotReached, match=r"GET http://127\.0\.0\.1:\d+/x: .*"):
            await client.call("GET", "/x?secret=1")
    with pytest.raises(ValueError, match="no address such as"):
        AsyncClient("api-dev.bbws.io")
    with pytest.raises(RuntimeError, match="not open"):
        await AsyncClient("http://x").call("GET", "/x")
