"""AWS as a process that answers at once and keeps nothing: what is measured is what the service spends on its calls.

It takes events, knows every queue and has no file of any shop. A queue that it is given messages of hands them out for
ever. Calls of the table it passes on, byte by byte, to the table's own address where it is given one; else it answers
them as an empty table would, and tells what they were. Given an address for them, it passes on all others too, and is
a mere crossing. Anything else is answered with 501, and the benchmark fails at
its end: the service would leave such a publication to the relay, and errors would be measured.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import uvloop

_NO_SUCH_KEY = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>'
_EMPTY_TABLE = {"PutItem": {}, "GetItem": {}, "UpdateItem": {}, "Query": {"Items": [], "Count": 0, "ScannedCount": 0}}
_CALLS, _COUNTS, _AGES = "calls", "counts", "ages"
_KEPT = 100
"""So many calls of the table are kept: with more, the collector of garbage holds the loop, and a latency is its own."""
_END_OF_HEAD, _A_TABLES = b"\r\n\r\n", b"x-amz-target: dynamodb_"
_DELAY = re.compile(rb'"DelaySeconds"\s*:\s*(\d+)')
"""Of a message that is sent: so long it has to wait, in seconds."""
_OF_MESSAGE = re.compile(rb'"MessageId"\s*:\s*"([^"]+)"|"SentTimestamp"\s*:\s*"(\d{13})"')
"""Its id, in both answers; and when it was sent, in milliseconds since 1970. A body has its quotes escaped."""


@dataclass(frozen=True)
class StandIn:
    """The process.

    Attributes:
        url: its address.
    """

    url: str
    _pipe: Connection

    def table_calls(self) -> list[dict[str, Any]]:
        """Returns the calls of the table that it has answered itself, the first hundred at the most.

        Each is ``{"operation": ..., "body": ...}``.
        """
        found: list[dict[str, Any]] = self._ask(_CALLS)
        return found

    def events(self) -> int:
        """Returns how many events it has taken."""
        found: int = self._ask(_COUNTS)
        return found

    def ages(self) -> list[int]:
        """Returns how long the messages waited that were received since it was last asked, in ms.

        That is since their sending, or since the end of the delay with which they were sent. A message is missing if
        the answer that brought it was cut right there on its way.
        """
        found: list[int] = self._ask(_AGES)
        return found

    def _ask(self, what: str) -> Any:
        self._pipe.send(what)
        answer = self._pipe.recv()
        if isinstance(answer, Unknown):
            found = answer.calls[0]
            raise RuntimeError(f"the stand-in for AWS does not know: {found}")  # noqa: TRY004 - no type is wrong
        return answer

    def check(self) -> None:
        """Raises: RuntimeError: it was asked something that it doesn't know."""
        self._ask(_COUNTS)


@dataclass(frozen=True)
class Unknown:
    """What it was asked and does not know."""

    calls: list[str]


@dataclass
class Waits:
    """How long messages waited until they were received, noted from what passes on connections.

    Attributes:
        ages: in milliseconds.
    """

    ages: list[int] = field(default_factory=list)
    _asked: dict[int, int] = field(default_factory=dict)
    _delays: dict[bytes, int] = field(default_factory=dict)

    def asked(self, connection: object, request: bytes) -> None:
        """Notes with which delay a message is sent there, until the answer tells its id."""
        delay = _DELAY.search(request)
        if delay is not None:
            self._asked[id(connection)] = int(delay[1]) * 1000

    def answered(self, connection: object, answer: bytes) -> None:
        """Notes the messages in a part of an answer: received ones, or the one that was sent with a delay."""
        now, message = time.time_ns() // 1_000_000, b""
        for found in _OF_MESSAGE.finditer(answer):
            if found[1] is None:
                self.ages.append(now - int(found[2]) - self._delays.pop(message, 0))
            elif id(connection) in self._asked:
                self._delays[found[1]] = self._asked.pop(id(connection))
            else:
                message = found[1]


@dataclass
class _State:
    table: tuple[str, int] | None
    others: tuple[str, int] | None
    messages: Mapping[str, str]
    url: str = ""
    events: int = 0
    handed_out: int = 0
    calls: list[dict[str, Any]] = field(default_factory=list)
    waits: Waits = field(default_factory=Waits)
    unknown: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, operation: str, body: bytes) -> tuple[int, bytes]:
        if not operation and method == "HEAD":
            return 200, b""  # a bucket
        if not operation and method == "GET":
            # A file of a shop: there is none, and the service's own are used.
            return 404, _NO_SUCH_KEY
        given = json.loads(body or b"{}")
        found = self._found(operation, given)
        if found is None:
            self.unknown.append(f"{method} {path} {operation}")
            return 501, b"{}"
        return 200, json.dumps(found).encode()

    def _found(self, operation: str, given: dict[str, Any]) -> dict[str, Any] | None:
        if operation in _EMPTY_TABLE:
            if len(self.calls) < _KEPT:
                self.calls.append({"operation": operation, "body": given})
            return _EMPTY_TABLE[operation]
        if operation == "ReceiveMessage":
            return self._messages(given)
        if operation == "PutEvents":
            first, self.events = self.events, self.events + len(given["Entries"])
            return {"FailedEntryCount": 0, "Entries": [{"EventId": str(at)} for at in range(first, self.events)]}
        answer = _OF_OTHERS.get(operation)
        return None if answer is None else answer(self, given)

    def _messages(self, given: dict[str, Any]) -> dict[str, Any] | None:
        body = self.messages.get(given["QueueUrl"].rpartition("/")[2])
        if body is None:
            return None
        first, self.handed_out = self.handed_out, self.handed_out + given.get("MaxNumberOfMessages", 1)
        # What SQS tells of a message if it is asked for these attributes, as the service's poller does.
        attributes = {"ApproximateReceiveCount": "1", "SenderId": "AIDABENCH", "SentTimestamp": "1700000000000"}
        return {
            "Messages": [
                {"MessageId": f"m-{at}", "ReceiptHandle": f"r-{at}", "Body": body, "Attributes": attributes}
                for at in range(first, self.handed_out)
            ]
        }


_OF_OTHERS: Mapping[str, Callable[[_State, dict[str, Any]], dict[str, Any]]] = {
    "ExecuteStatement": lambda _, _given: {},
    "BatchExecuteStatement": lambda _, given: {"Responses": [{} for _ in given["Statements"]]},
    "GetQueueUrl": lambda state, given: {"QueueUrl": f"{state.url}/000000000000/{given['QueueName']}"},
    "GetQueueAttributes": lambda _, given: {"Attributes": dict.fromkeys(given.get("AttributeNames", ()), "0")},
    "DescribeEventBus": lambda _, given: {"Name": given["Name"], "Arn": f"arn:aws:events:::event-bus/{given['Name']}"},
    "DeleteMessage": lambda _, _given: {},
    "DeleteMessageBatch": lambda _, given: {
        "Successful": [{"Id": entry["Id"]} for entry in given["Entries"]],
        "Failed": [],
    },
}


class _Caller(asyncio.Protocol):
    """A connection of the service; the first request tells whether it is one of its client of the table."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._head = b""
        self._begun = False
        self._passed_on: _PassedOn | None = None
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if self._passed_on is not None:
            self._passed_on.end()

    def data_received(self, data: bytes) -> None:
        if not self._begun:
            self._head += data
            if _END_OF_HEAD not in self._head:
                return
            data, self._begun = self._head, True
            of_table = _A_TABLES in data.lower()
            address = self._state.table if of_table else self._state.others
            if address is not None:
                self._passed_on = _PassedOn(self._transport, address, None if of_table else self._state.waits)
        if self._passed_on is None:
            self._parser.feed_data(data)
        else:
            self._passed_on.send(data)

    def on_message_begin(self) -> None:
        self._url, self._operation, self._body = b"", "", bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-amz-target":
            self._operation = value.decode().rpartition(".")[2]

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        status, body = self._state.answer(method, self._url.decode(), self._operation, bytes(self._body))
        kind = "application/xml" if status == 404 else "application/x-amz-json-1.0"
        head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


class _PassedOn(asyncio.Protocol):
    """A connection to where one of the service's belongs."""

    def __init__(self, caller: asyncio.Transport, address: tuple[str, int], waits: Waits | None) -> None:
        self._caller = caller
        self._waits = waits
        self._waiting: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._opening = asyncio.get_running_loop().create_task(self._open(address))

    async def _open(self, address: tuple[str, int]) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, *address)
        except OSError:
            self._caller.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.writelines(self._waiting)
        self._waiting.clear()

    def connection_lost(self, _error: Exception | None) -> None:
        self._caller.close()

    def data_received(self, data: bytes) -> None:
        self._caller.write(data)
        if self._waits is not None:
            self._waits.answered(self, data)

    def send(self, data: bytes) -> None:
        if self._waits is not None:
            self._waits.asked(self, data)
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def end(self) -> None:
        self._opening.cancel()
        if self._transport is not None:
            self._transport.close()


async def _serve(pipe: Connection, state: _State) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    served = await loop.create_server(lambda: _Caller(state), "127.0.0.1", 0)
    state.url = f"http://127.0.0.1:{served.sockets[0].getsockname()[1]}"

    def tell() -> None:
        try:
            asked = pipe.recv()
        except EOFError:
            ended.set()
            return
        found: object = {_CALLS: state.calls, _COUNTS: state.events, _AGES: state.waits.ages}[asked]
        pipe.send(Unknown(state.unknown) if state.unknown else found)
        if asked == _AGES:
            state.waits.ages.clear()

    loop.add_reader(pipe.fileno(), tell)
    pipe.send(state.url)
    await ended.wait()


def _run(pipe: Connection, state: _State) -> None:
    uvloop.run(_serve(pipe, state))


def _address(url: str | None) -> tuple[str, int] | None:
    parts = None if url is None else urlsplit(url)
    return None if parts is None else (parts.hostname or "127.0.0.1", parts.port or 80)


@contextmanager
def aws_stand_in(
    table_url: str | None = None, messages: Mapping[str, str] | None = None, *, others_url: str | None = None
) -> Iterator[StandIn]:
    """Runs it; yields it.

    Args:
        table_url: where the table is.
        messages: bodies by the name of their queue.
        others_url: where everything else is: then it answers nothing itself.

    Raises: RuntimeError: it was asked something that it doesn't know.
    """
    state = _State(_address(table_url), _address(others_url), messages or {})
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_run, args=(there, state), daemon=True)
    process.start()
    there.close()  # else a process that dies at its start would be waited for without end
    try:
        stand_in = StandIn(here.recv(), here)
        yield stand_in
        stand_in.check()
    finally:
        here.close()
        process.terminate()
        process.join(10)
