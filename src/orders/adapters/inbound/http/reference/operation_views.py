"""Collects what an operation's page shows from the document, its references resolved."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orders.adapters.inbound.http.openapi.document import ENDPOINTS
from orders.adapters.inbound.http.openapi.json_schema import Schema
from orders.adapters.inbound.http.openapi.parameters import COMMON_PARAMETERS
from orders.adapters.inbound.http.operation import ApiOperation
from orders.adapters.inbound.http.problems import MEDIA_TYPE
from orders.adapters.inbound.http.reference.json_markup import pretty
from orders.adapters.wire import json_body
from orders.application.policy.caller import POLICY, REACH, Reach
from orders.domain.lifecycle import Role

_ONE_LINE_CHARACTERS = 300
"""A body up to this length is an argument of the command that sends it; a longer one stands below it."""


@dataclass(frozen=True, slots=True)
class OperationView:
    """An operation, as its page shows it.

    Attributes:
        parameters: those of this operation first, then those of all.
        common: names of the parameters that every operation has.
        answers: responses that are no problems, by status code.
        problems: names of kinds of problems, by status code.
        roles: who may call it, with the reach of each; empty if no token is needed.
        definitions: shell variables that the call uses besides ``API`` and ``TOKEN``.
        call: the command line.
        changes: whether calling it may change something.
    """

    id: str
    tag: str
    summary: str
    description: str
    method: str
    path: str
    secured: bool
    deprecated: bool
    parameters: list[Schema]
    common: frozenset[str]
    body: Schema | None
    answers: dict[str, Schema]
    problems: dict[str, list[str]]
    roles: tuple[tuple[Role, Reach], ...]
    definitions: list[tuple[str, str]]
    call: str
    changes: bool

    @property
    def examples(self) -> list[Schema]:
        """Returns the examples of the body."""
        if self.body is None:
            return []
        return list(next(iter(self.body["content"].values())).get("examples", {}).values())

    @property
    def roles_by_ease(self) -> list[Role]:
        """Lists the roles with a customer first, whose token says least."""
        return [role for role, _ in self.roles]


def operation_views(document: Mapping[str, Any]) -> dict[str, OperationView]:
    """Makes the views of all operations, by their ids, in the document's order."""
    described = {endpoint.operation.operation_id: endpoint.operation for endpoint in ENDPOINTS}
    found = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            found[name] = _view(document, path, method.upper(), operation, described[name])
    return found


def _view(document: Mapping[str, Any], path: str, method: str, said: Schema, described: ApiOperation) -> OperationView:
    responses = {status: resolved(document, each) for status, each in said["responses"].items()}
    parameters = [resolved(document, each) for each in said["parameters"]]
    common = frozenset(document["components"]["parameters"][name]["name"] for name in COMMON_PARAMETERS)
    return OperationView(
        id=said["operationId"],
        tag=said["tags"][0],
        summary=said["summary"],
        description=said["description"],
        method=method,
        path=path,
        secured=bool(said["security"]),
        deprecated=said.get("deprecated", False),
        parameters=sorted(parameters, key=lambda each: each["name"] in common),
        common=common,
        body=said.get("requestBody"),
        answers={status: each for status, each in responses.items() if not _is_only_problem(each)},
        problems={status: kinds for status, each in responses.items() if (kinds := _kinds(each))},
        roles=roles_of(described),
        definitions=[
            (each["name"], each["example"]) for each in parameters if each["in"] == "path" and "example" in each
        ],
        call=_call(path, method, said),
        changes=method != "GET" and not described.keeps_nothing,
    )


def roles_of(operation: ApiOperation) -> tuple[tuple[Role, Reach], ...]:
    """Lists the roles that the policy allows the operation, or a part of it, in the order of ``Role``."""
    allowed = frozenset[Role]().union(*(POLICY[each] for each in operation.permissions))
    return tuple((role, REACH[role]) for role in Role if role in allowed)


def resolved(document: Mapping[str, Any], part: Schema) -> Schema:
    """Resolves a reference to a component, and those to the headers and links of a response."""
    while "$ref" in part:
        _, section, name = part["$ref"].removeprefix("#/").split("/")
        part = document["components"][section][name]
    found = dict(part)
    for name in ("headers", "links"):
        if name in part:
            found[name] = {key: resolved(document, value) for key, value in part[name].items()}
    return found


def _is_only_problem(response: Schema) -> bool:
    return list(response.get("content", {})) == [MEDIA_TYPE]


def _kinds(response: Schema) -> list[str]:
    """Lists the kinds of problem that the response may have: there is an example of each."""
    return list(response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}))


def _call(path: str, method: str, operation: Schema) -> str:
    """Makes a command line that calls the operation, with its first example as the body."""
    target = re.sub(r"\{(\w+)\}", r"$\1", path)
    lines = [f'curl{"" if method == "GET" else f" -X {method}"} "$API{target}"']
    if operation["security"]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        example = next(iter(content["examples"].values()))["value"]
        lines.append(f"-H 'Content-Type: {media_type}'")
        body = json_body.encode(example).decode()
        if len(body) <= _ONE_LINE_CHARACTERS:
            lines.append(f"-d {shlex.quote(body)}")
        else:
            lines.append(f"-d @- <<'JSON'\n{pretty(example)}\nJSON")
        break
    return " \\\n  ".join(lines)
