"""Holds answers against the OpenAPI document: an operation says what is written there, and nothing else."""

import json
from functools import cache
from typing import Any

import httpx
import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from orders.adapters.inbound.http.openapi.deprecation import DEPRECATED, Deprecations, OperationFinder
from orders.adapters.inbound.http.openapi.document import ENDPOINTS, build_document
from orders.adapters.wire import json_body
from tests.support.closed_schemas import closed

NAME, PUBLISHED = "urn:openapi:strict", "urn:openapi"
"""The document as answers are held against it, and as callers get it."""
EVERYWHERE = frozenset(
    {
        "content-length", "content-type", "date", "strict-transport-security", "x-content-type-options",
        "x-frame-options", "referrer-policy", "permissions-policy", "cross-origin-resource-policy",
        "cross-origin-opener-policy", "cross-origin-embedder-policy", "content-security-policy", "cache-control",
        "vary", "content-encoding", "connection", "access-control-allow-origin", "access-control-expose-headers",
    }
)  # fmt: skip
"""Headers of HTTP itself, of compression and CORS, and the security headers named in the document's introduction."""
UNKNOWN = {400: "MalformedRequest", 404: "NotFound", 405: "MethodNotAllowed", 414: "UrlTooLong"}
"""Responses, by status, to requests that match no operation."""


class NotAsDocumented(AssertionError):
    """An answer is not what the document says."""


class Contract:
    """One OpenAPI document, ready to be held against answers: they have what is written down, and nothing else."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document: dict[str, Any] = json.loads(json_body.encode(document))
        self._registry: Registry[Any] = Registry().with_resources(
            (name, Resource.from_contents(contents, default_specification=DRAFT202012))
            for name, contents in ((NAME, _strict(self.document)), (PUBLISHED, self.document))
        )
        self._operations = OperationFinder(ENDPOINTS)
        self._validators: dict[str, Any] = {}

    def validator(self, *path: str, document: str = NAME) -> Any:
        """Checks values against the schema at that place, of the strict document if not of the ``PUBLISHED`` one."""
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
        place = f"{document}#{pointer}"
        if place not in self._validators:
            self._validators[place] = jsonschema.Draft202012Validator(
                {"$ref": place},
                registry=self._registry,
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            )
        return self._validators[place]

    def find(self, path: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Any]]:
        """The part at that place, and where it really is when that is a reference."""
        part: Any = self.document
        for name in path:
            part = part[name]
        if "$ref" in part:
            return self.find(tuple(part["$ref"].removeprefix("#/").split("/")))
        return path, part

    async def check(self, response: httpx.Response) -> None:
        """Hold an answer against the document. Raises: NotAsDocumented."""
        await response.aread()
        request = response.request
        endpoint = self._operations.find(request.method, request.url.path)
        if request.method == "OPTIONS":
            return
        if endpoint is None:
            self._check_unknown(response)
            return
        said = f"{request.method} {request.url.path} answered {response.status_code}"
        responses = ("paths", endpoint.path, endpoint.method, "responses")
        if str(response.status_code) not in self.find(responses)[1]:
            raise NotAsDocumented(
                f"{said}, which {endpoint.operation.operation_id} does not document: {response.text[:500]}"
            )
        where, documented = self.find((*responses, str(response.status_code)))
        self._check_headers(said, response, where, documented)
        self._check_body(said, response, where, documented)

    def _check_unknown(self, response: httpx.Response) -> None:
        said = f"{response.request.method} {response.request.url.path} answered {response.status_code}"
        name = UNKNOWN.get(response.status_code)
        if name is None:
            raise NotAsDocumented(f"{said}, and is not documented")
        where, documented = self.find(("components", "responses", name))
        self._check_headers(said, response, where, documented)
        self._check_body(said, response, where, documented)

    def _check_headers(
        self, said: str, response: httpx.Response, where: tuple[str, ...], documented: dict[str, Any]
    ) -> None:
        names = {name.lower(): name for name in documented.get("headers", {})}
        for undocumented in set(response.headers) - names.keys() - EVERYWHERE:
            raise NotAsDocumented(f"{said} with the header {undocumented}, which is not documented")
        for lower, name in names.items():
            place, header = self.find((*where, "headers", name))
            values = response.headers.get_list(lower)
            if header.get("required") and not values:
                raise NotAsDocumented(f"{said} without the header {name}")
            for value in values:
                typed = int(value) if header["schema"].get("type") == "integer" else value
                self._validate(f"{said} with {name}: {value}", self.validator(*place, "schema"), typed)

    def _check_body(
        self, said: str, response: httpx.Response, where: tuple[str, ...], documented: dict[str, Any]
    ) -> None:
        media_type = response.headers.get("content-type", "").partition(";")[0]
        content = documented.get("content", {})
        if not content or response.request.method == "HEAD":
            if response.content:
                raise NotAsDocumented(f"{said} with a body, and none is documented")
            return
        if media_type not in content:
            raise NotAsDocumented(f"{said} as {media_type}, documented are {', '.join(content)}")
        value = response.json() if media_type.endswith("json") else response.text
        self._validate(said, self.validator(*where, "content", media_type, "schema"), value)

    @staticmethod
    def _validate(said: str, validator: Any, value: Any) -> None:
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if error is not None:
            raise NotAsDocumented(f"{said}: at {error.json_path}: {error.message[:500]}")


def _strict(document: dict[str, Any]) -> dict[str, Any]:
    """The document in which objects have no other fields, and problems are of the kinds that there are examples of.

    Callers are promised less, so that both can grow.
    """
    components = document["components"]
    responses = {
        name: _narrowed(response, components["examples"]) for name, response in components["responses"].items()
    }
    schemas = {name: closed(schema) for name, schema in components["schemas"].items()}
    return document | {"components": components | {"schemas": schemas, "responses": responses}}


def _narrowed(response: dict[str, Any], examples: dict[str, Any]) -> dict[str, Any]:
    """A response to a problem, with the type and the status that its kinds have."""
    ((media_type, content),) = response["content"].items()
    problems = [examples[name]["value"] for name in content["examples"]]
    properties = {key: {"enum": [problem[key] for problem in problems]} for key in ("type", "title", "status")}
    return response | {
        "content": {media_type: content | {"schema": {"allOf": [content["schema"], {"properties": properties}]}}}
    }


@cache
def contract() -> Contract:
    """The contract that the service is held to."""
    return Contract(build_document())


def contract_of(deprecated: Deprecations) -> Contract:
    """The contract in which some operations are going to end."""
    return contract() if deprecated is DEPRECATED else Contract(build_document(deprecated))
