"""Records the calls that a process makes to AWS: operation, resource, and what conditions of policies look at.

botocore asks handlers before each call, and before it signs a link, which is used with the signer's permissions. No
bodies and no personal data are kept.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path
from types import FrameType
from typing import Any

from botocore import handlers

from orders.adapters.outbound.dynamodb.client.signed_client import SignedCalls

RECORDED_CALLS = "ORDERS_RECORDED_CALLS"
"""The environment variable with the directory that records are written to; without it nothing is recorded."""

CONTRACT = "contract"
"""In place of a role: calls of contract suites, where the adapter tells whose they would be."""

_ADAPTERS = (
    "orders.adapters.inbound.sqs.queue",
    "orders.adapters.outbound.aws.",
    "orders.adapters.outbound.dynamodb.",
)
_CLIENT = "orders.adapters.outbound.dynamodb.client."
"""Not an adapter: tests call it themselves."""
_EQUAL = re.compile(r"(#?\w+) = (:\w+)")
_STATEMENT = re.compile(r'(INSERT INTO|UPDATE) "([^"]+)"')
_PARTITION = re.compile(r"""'PK': \?|"PK" = \?""")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was made.

    Attributes:
        role: the role whose process made it, or ``CONTRACT``.
        service: as botocore calls it: ``dynamodb``.
        operation: as AWS calls it: ``PutItem``.
        adapter: the method of ours that made it: ``DynamoOutbox.pending``; empty outside adapters.
        parameters: those that name resources and that policies may have conditions on.
    """

    role: str
    service: str
    operation: str
    adapter: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Recorder:
    """A handler for botocore's event ``provide-client-params`` that appends each new call to a file.

    Several processes may write one file: a line is written at once, and a killed process leaves none half done.
    """

    def __init__(self, directory: Path, role: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._role = role
        self._file = os.open(directory / f"{role}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._seen: set[str] = set()

    def install(self) -> None:
        """Has every session record that is opened from now on."""
        handlers.BUILTIN_HANDLERS.append(("provide-client-params", self))
        self.follow(SignedCalls)

    def follow(self, client_type: Any) -> None:
        """Records the calls of clients that have no handlers."""
        call = client_type._make_api_call

        async def recorded(client: SignedCalls, operation: str, arguments: Mapping[str, Any]) -> Any:
            self(arguments, client.meta.service_model.operation_model(operation))
            return await call(client, operation, arguments)

        client_type._make_api_call = recorded

    def __call__(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Notes a call; the parameters stay as they are."""
        adapter = _calling_adapter()
        if not adapter and self._role == CONTRACT:
            # Tests call AWS themselves too, to prepare, to look, and to try a client: that is no role's doing.
            return
        service = model.service_model.service_name
        call = Call(self._role, service, model.name, adapter, dict(_kept(params, model.name)))
        line = json.dumps(asdict(call), sort_keys=True)
        if line not in self._seen:
            self._seen.add(line)
            os.write(self._file, f"{line}\n".encode())


def record_if_asked(role: str) -> None:
    """Starts recording where the environment names a directory for it."""
    directory = os.environ.get(RECORDED_CALLS)
    if directory:
        Recorder(Path(directory), role).install()


def recorded_calls(directory: Path) -> Iterator[Call]:
    """Reads all records in a directory."""
    for path in sorted(directory.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Call(**json.loads(line))


def _calling_adapter() -> str:
    """Returns the adapter's method that is at work here: the outermost, since adapters share what is below."""
    found = ""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(_ADAPTERS) and not module.startswith(_CLIENT):
            owner = frame.f_locals.get("self")
            name = frame.f_code.co_name
            found = name if owner is None else f"{type(owner).__name__}.{name}"
        frame = frame.f_back
    return found


_NAMES = frozenset({
    "TableName", "IndexName", "Select", "QueueUrl", "QueueName", "Bucket", "VersionId", "Prefix", "CopySource",
    "Tagging", "SecretId", "VersionStage", "VersionStages", "Name", "ConfigurationSetName", "Source", "TopicArn",
})  # fmt: skip
"""Parameters that are kept as they are: names of resources, and what conditions look at."""


def _kept(params: Mapping[str, Any], operation: str) -> Iterator[tuple[str, Any]]:
    for name in sorted(_NAMES & params.keys()):
        yield name, params[name]
    for name in ("Key", "Item"):
        given = params.get(name)
        if isinstance(given, str):
            yield name, given
        elif given is not None:
            # Keys of tables are texts; which of the item's attributes are keys depends on the table.
            yield name, {key: value["S"] for key, value in given.items() if key in {"PK", "SK"} and "S" in value}
    if operation == "BatchExecuteStatement":
        yield from _of_statements(params["Statements"])
    if "KeyConditionExpression" in params:
        yield "KeyCondition", dict(_equal_to(params))
    if "Entries" in params and operation == "PutEvents":
        about = ("EventBusName", "Source", "DetailType")
        yield "Entries", [{name: entry[name] for name in about if name in entry} for entry in params["Entries"]]
    if operation == "DeleteObjects":
        objects = params["Delete"]["Objects"]
        yield "Objects", [{name: each[name] for name in ("Key", "VersionId") if name in each} for each in objects]
    if operation == "SendRawEmail":
        message = message_from_bytes(params["RawMessage"]["Data"])
        yield "From", parseaddr(str(message["From"]))[1]


def _equal_to(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Returns the keys that a query asks for by one text; ranges are nothing that policies look at."""
    names = params.get("ExpressionAttributeNames", {})
    for name, value in _EQUAL.findall(params["KeyConditionExpression"]):
        yield names.get(name, name), params["ExpressionAttributeValues"][value]["S"]


def _of_statements(statements: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Returns the table of PartiQL's statements, and what each does to which partition."""
    written: list[dict[str, str]] = []
    tables: set[str] = set()
    for statement in statements:
        text: str = statement["Statement"]
        begins, partition = _STATEMENT.match(text), _PARTITION.search(text)
        if begins is None or partition is None:
            raise AssertionError(f"no statement of which the table and the key are known: {text}")
        tables.add(begins[2])
        place = text.count("?", 0, partition.start())
        written.append({"Verb": begins[1].split()[0], "PK": statement["Parameters"][place]["S"]})
    (table,) = tables
    yield "TableName", table
    yield "Statements", written
