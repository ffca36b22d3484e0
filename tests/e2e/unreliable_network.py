"""A network between a shop's program and the API that loses answers, and a service that asks for patience."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import httpx

Trouble = Literal["lose", "busy", "pass"]


class UnreliableNetwork:
    """Passes requests on to the API, but for those that ``troubles`` names next.

    Attributes:
        url: where it listens.
        troubles: what happens to the next requests of ``method``: their answers are lost after they had their effect,
            or 429 is answered, with a second to wait, and nothing is passed on.
        passed: method, path and status of each request that has reached the API.
        refused: how many were answered with 429.
    """

    def __init__(self, upstream: httpx.Client, method: str, troubles: list[Trouble]) -> None:
        self.url = ""
        self.troubles = deque(troubles)
        self.passed: list[tuple[str, str, int]] = []
        self.refused = 0
        self._upstream = upstream
        self._method = method

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Serves one request."""
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        trouble = self.troubles.popleft() if self.troubles and request.command == self._method else "pass"
        if trouble == "busy":
            self.refused += 1
            self._answer(request, 429, {"Retry-After": "1", "Content-Type": "application/problem+json"}, b"{}")
            return
        sent = {
            name: value for name, value in request.headers.items() if name.lower() not in {"host", "content-length"}
        }
        answer = self._upstream.request(request.command, request.path, content=body, headers=sent)
        self.passed.append((request.command, request.path, answer.status_code))
        if trouble == "pass":
            kept = {name: answer.headers[name] for name in ("content-type", "etag") if name in answer.headers}
            self._answer(request, answer.status_code, kept, answer.content)
        else:
            request.close_connection = True

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
        request.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def unreliable_network(upstream: httpx.Client, method: str, *troubles: Trouble) -> Iterator[UnreliableNetwork]:
    """Such a network before the API that ``upstream`` calls, in threads of its own."""
    network = UnreliableNetwork(upstream, method, list(troubles))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            network.serve(self)

        do_GET = do_POST = handle_any  # noqa: N815, the base class looks for these names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the base class names it so
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        network.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield network
        finally:
            server.shutdown()
            thread.join()
