"""AWS as a process that answers at once and keeps nothing: what is measured is what the service spends on its calls.

It knows the calls of a create and its publication; anything else is answered with 501, and the benchmark fails at
its end: the service would leave such a publication to the relay, and errors would be measured.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from socket import create_server

from aiohttp import web

_NO_SUCH_KEY = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>'
_EMPTY = frozenset({"PutItem", "GetItem", "UpdateItem"})


_PIPE = web.AppKey("pipe", Connection)


async def _answer(request: web.Request) -> web.Response:
    body = await request.read()
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if operation in _EMPTY:
        return _json({})
    if operation == "PutEvents":
        entries = json.loads(body)["Entries"]
        return _json({"FailedEntryCount": 0, "Entries": [{"EventId": str(at)} for at in range(len(entries))]})
    if operation == "GetQueueUrl":
        return _json({"QueueUrl": f"{request.url.origin()}/000000000000/{json.loads(body)['QueueName']}"})
    if not operation and request.method == "GET":
        # A file of a shop: there is none, and the service's own are used.
        return web.Response(status=404, body=_NO_SUCH_KEY, content_type="application/xml")
    request.app[_PIPE].send(f"{request.method} {request.path} {operation}")
    return web.Response(status=501)


def _json(content: object) -> web.Response:
    return web.Response(body=json.dumps(content).encode(), content_type="application/x-amz-json-1.0")


def _serve(pipe: Connection) -> None:
    app = web.Application()
    app[_PIPE] = pipe
    app.router.add_route("*", "/{path:.*}", _answer)
    listener = create_server(("127.0.0.1", 0))
    pipe.send(f"http://127.0.0.1:{listener.getsockname()[1]}")
    web.run_app(app, sock=listener, print=None, access_log=None)


@contextmanager
def aws_stand_in() -> Iterator[str]:
    """Runs it; yields its address. Raises: RuntimeError: it was asked something that it doesn't know."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
        if here.poll():
            raise RuntimeError(f"the stand-in for AWS does not know: {here.recv()}")
    finally:
        process.terminate()
        process.join(10)
