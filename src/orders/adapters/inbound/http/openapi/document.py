"""Builds the OpenAPI 3.1 document from the description of each operation beside its handler."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from orders import __version__
from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.openapi import prose
from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, Deprecation, Deprecations
from orders.adapters.inbound.http.openapi.event_schemas import event_schemas
from orders.adapters.inbound.http.openapi.examples import LIFE
from orders.adapters.inbound.http.openapi.json_schema import (
    COMPONENTS,
    RequestSchema,
    ResponseSchema,
    Schema,
    schemas_of,
)
from orders.adapters.inbound.http.openapi.links import LINKS
from orders.adapters.inbound.http.openapi.parameters import (
    COMMON_HEADERS,
    COMMON_PARAMETERS,
    DEPRECATED_HEADERS,
    HEADERS,
    PARAMETERS,
    SECURED_HEADERS,
)
from orders.adapters.inbound.http.openapi.problem_kinds import EXPLAINED
from orders.adapters.inbound.http.openapi.updates import update_schemas
from orders.adapters.inbound.http.operation import ApiOperation, Body, DocumentedResponse, Endpoint, Example, endpoints
from orders.adapters.inbound.http.problems import Kind
from orders.adapters.inbound.http.representations.problem import Problem
from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.routes.about import about_routes
from orders.adapters.inbound.http.routes.health import HEALTH_ROUTES
from orders.adapters.inbound.http.routes.orders import ROUTES
from orders.adapters.wire import json_body
from orders.contracts.event_schema import DIALECT

ENDPOINTS: tuple[Endpoint, ...] = (
    *endpoints(ROUTES, BASE),
    *endpoints(HEALTH_ROUTES),
    *endpoints(about_routes()),
)

PROBLEMS_OF_ALL = (
    problems.MALFORMED,
    problems.REQUEST_TIMEOUT,
    problems.URL_TOO_LONG,
    problems.HEAD_TOO_LARGE,
    problems.INTERNAL,
)
PROBLEMS_OF_SECURED = (
    problems.UNAUTHENTICATED,
    problems.FORBIDDEN,
    problems.RATE_LIMITED,
    problems.UNREADABLE,
    problems.UNAVAILABLE,
    problems.NOT_THE_WRITER,
    problems.TIMED_OUT,
)
_SERVERS = (
    ("/", "The host that this document came from."),
    ("https://api.bbws.io", "Production."),
    ("https://api-sit.bbws.io", "Tests before production, without real data."),
    ("https://api-dev.bbws.io", "Development, without real data."),
)


def build_document(deprecated: Deprecations = DEPRECATED) -> dict[str, Any]:
    """Builds the document; the same every time. Raises: ValueError: a deprecated operation does not exist."""
    unknown = deprecated.keys() - {endpoint.operation.operation_id for endpoint in ENDPOINTS}
    if unknown:
        raise ValueError(f"there is no operation {', '.join(sorted(unknown))}")
    # Responses to a method that a path does not have, which belong to no operation.
    of_none = (problems.METHOD_NOT_ALLOWED, *PROBLEMS_OF_ALL)
    responses: dict[str, Schema] = {_component(kind): _problem([kind]) for kind in of_none}
    paths: dict[str, Schema] = {}
    for endpoint in ENDPOINTS:
        operation = endpoint.operation
        described = _operation(operation, responses)
        if operation.operation_id in deprecated:
            described = _deprecated(described, deprecated[operation.operation_id], responses)
        paths.setdefault(endpoint.path, {})[endpoint.method] = described
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": prose.TITLE,
            "version": __version__,
            "summary": prose.SUMMARY,
            "description": prose.DESCRIPTION,
        },
        "servers": [{"url": url, "description": description} for url, description in _SERVERS],
        "tags": [{"name": name, "description": description} for name, description in prose.TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": _security_schemes(),
            "schemas": dict(sorted(_schemas().items())),
            "parameters": PARAMETERS,
            "headers": {component: header for component, (_, header) in HEADERS.items()},
            "responses": dict(sorted(responses.items())),
            "examples": _problem_examples(),
            "links": LINKS,
        },
    }


def _operation(operation: ApiOperation, responses: dict[str, Schema]) -> Schema:
    found: Schema = {
        "operationId": operation.operation_id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [
            {"$ref": f"#/components/parameters/{name}"} for name in (*operation.parameters, *COMMON_PARAMETERS)
        ],
        "security": [{"bearer": []}, {"bearer": [], "apiKey": []}] if operation.secured else [],
    }
    if operation.body is not None:
        found["requestBody"] = _body(operation.body)
    found["responses"] = {
        str(answer.status): _answer(answer, SECURED_HEADERS if operation.secured else ())
        for answer in operation.responses
    }
    kinds = (*operation.problems, *PROBLEMS_OF_ALL, *(PROBLEMS_OF_SECURED if operation.secured else ()))
    for status, of_status in _by_status(kinds):
        name = "Or".join(_component(kind) for kind in of_status)
        responses[name] = _problem(of_status)
        page = found["responses"].get(str(status))
        found["responses"][str(status)] = (
            {"$ref": f"#/components/responses/{name}"} if page is None else _also(responses[name], page)
        )
    return found


def _deprecated(operation: Schema, end: Deprecation, responses: dict[str, Schema]) -> Schema:
    """Marks the operation as deprecated, and adds the headers to its responses, shared ones included."""
    said = {}
    for status, response in operation["responses"].items():
        whole = responses[response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        said[status] = whole | {"headers": whole["headers"] | _headers(DEPRECATED_HEADERS)}
    described = f"{end.description()}\n\n{operation['description']}"
    return operation | {"deprecated": True, "description": described, "responses": said}


def _body(body: Body) -> Schema:
    content = {"schema": reference(body.schema), "examples": _examples(body.examples.items())}
    return {"required": body.required, "content": dict.fromkeys(body.media_types, content)}


def _answer(answer: DocumentedResponse, more_headers: Sequence[str]) -> Schema:
    headers = _headers((*answer.headers, *COMMON_HEADERS, *more_headers))
    found: Schema = {"description": answer.description, "headers": headers}
    if answer.schemas:
        schemas = [reference(schema) for schema in answer.schemas]
        content: Schema = {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}
        if answer.examples:
            content["examples"] = _examples(answer.examples.items())
        found["content"] = {answer.media_type: content}
    elif answer.media_type != "application/json":
        found["content"] = {answer.media_type: {"schema": {"type": "string"}}}
    if answer.links:
        found["links"] = {name: {"$ref": f"#/components/links/{name}"} for name in answer.links}
    return found


def _problem(kinds: Sequence[Kind]) -> Schema:
    """Describes the response with a problem of one of these kinds, all of one status, with an example of each.

    Its schema is that of all problems. Narrowed to these kinds, generators of clients would make a separate type of
    every response, if they could handle it at all.
    """
    headers = dict.fromkeys(name for kind in kinds for name in EXPLAINED[kind].headers)
    return {
        "description": "\n\n".join(f"*{kind.title}.* {EXPLAINED[kind].meaning}" for kind in kinds),
        "headers": _headers((*headers, *COMMON_HEADERS, *SECURED_HEADERS)),
        "content": {
            problems.MEDIA_TYPE: {
                "schema": reference(Problem),
                "examples": {kind.name: {"$ref": f"#/components/examples/{kind.name}"} for kind in kinds},
            }
        },
    }


def _also(problem: Schema, page: Schema) -> Schema:
    """Describes the response with a problem that browsers get as a page."""
    return {
        "description": f"{problem['description']}\n\n{page['description']}",
        "headers": problem["headers"],
        "content": problem["content"] | page["content"],
    }


def _by_status(kinds: Iterable[Kind]) -> list[tuple[int, list[Kind]]]:
    found: dict[int, list[Kind]] = {}
    for kind in problems.KINDS:
        if kind in kinds:
            found.setdefault(kind.status, []).append(kind)
    return sorted(found.items())


def _component(kind: Kind) -> str:
    return "".join(part.capitalize() for part in kind.name.split("-"))


def _headers(names: Iterable[str]) -> Schema:
    return {HEADERS[name][0]: {"$ref": f"#/components/headers/{name}"} for name in names}


def _examples(examples: Iterable[tuple[str, Example]]) -> Schema:
    return {name.replace(" ", "-"): {"summary": each.summary, "value": each.value(LIFE)} for name, each in examples}


def _problem_examples() -> Schema:
    return {
        kind.name: {"summary": kind.title, "description": EXPLAINED[kind].remedy, "value": EXPLAINED[kind].example}
        for kind in problems.KINDS
    }


def _schemas() -> dict[str, Schema]:
    responses = [response for endpoint in ENDPOINTS for response in endpoint.operation.responses]
    answered = [schema for response in responses for schema in response.schemas]
    taken = [endpoint.operation.body.schema for endpoint in ENDPOINTS if endpoint.operation.body is not None]
    answers = schemas_of(*_types(answered), Problem, generator=ResponseSchema)
    bodies = schemas_of(*_types(taken), generator=RequestSchema)
    document = {
        "type": "object",
        "description": "An OpenAPI 3.1 document.",
        "properties": {"openapi": {"type": "string", "pattern": r"^3\.1\."}},
        "required": ["openapi", "info", "paths", "components"],
        "additionalProperties": True,
    }
    updates = update_schemas(answers["Order"], answers["OrderItem"], answers)
    return {**answers, **event_schemas(), **bodies, **updates, "OpenApiDocument": document}


def _types(schemas: Iterable[type[Any] | str]) -> list[type[Any]]:
    """Selects the types, from which schemas are made; the others are names of components made elsewhere."""
    return [schema for schema in dict.fromkeys(schemas) if not isinstance(schema, str)]


def reference(schema: type[Any] | str) -> Schema:
    """Makes a reference to a schema among the components."""
    return {"$ref": COMPONENTS + (schema if isinstance(schema, str) else schema.__name__)}


def _security_schemes() -> Schema:
    return {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of the portal's issuer; see *Authentication*.",
        },
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Api-Key",
            "description": "Needed in production, beside the token.",
        },
    }


def document_text(deprecated: Deprecations = DEPRECATED) -> str:
    """Formats the document for a file: indented, its numbers with exactly their digits."""
    return msgspec.json.format(json_body.encode(build_document(deprecated)), indent=2).decode() + "\n"
