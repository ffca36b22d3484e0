"""Writes a Bruno collection from the OpenAPI document: ``python -m tools.bruno docs/openapi.json build/clients/bruno``.

One request per operation in one folder per tag, each with the shortest example of its body, its optional parameters
switched off, and the document's words on it as docs. A response whose links name a parameter of other requests keeps
that value in a variable, so that the order that was placed is the one that is read, changed and cancelled next.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")
LOCAL = "http://127.0.0.1:8080"
OF_THE_ANSWER = re.compile(r"^\$response\.body#((?:/[A-Za-z_]\w*)+)$")
"""A link's expression that can be read without knowing how many items there are."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the document, with every reference on its first level resolved."""

    method: str
    path: str
    spec: Json
    parameters: Sequence[Json]
    responses: Mapping[str, Json]

    @property
    def tag(self) -> str:
        """The tag whose folder it is in."""
        tag: str = self.spec["tags"][0]
        return tag


class Document:
    """An OpenAPI document, as this generator reads it."""

    def __init__(self, content: Json) -> None:
        self.content = content

    def resolved(self, part: Json) -> Json:
        """The part itself, or what its ``$ref`` names. Raises: KeyError where that is nothing."""
        while "$ref" in part:
            found: Json = self.content
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            part = found
        return part

    def operations(self) -> Iterator[Operation]:
        """All of them, in the document's order."""
        for path, item in self.content["paths"].items():
            for method in METHODS:
                if method in item:
                    spec = item[method]
                    declared = [*item.get("parameters", ()), *spec.get("parameters", ())]
                    responses = {code: self.resolved(each) for code, each in spec["responses"].items()}
                    yield Operation(method, path, spec, [self.resolved(each) for each in declared], responses)

    def linked(self, operation: Operation) -> dict[str, str]:
        """Parameters of later requests that its good answers name, with the path to each in the answer's body."""
        found = {}
        for code, response in operation.responses.items():
            for link in response.get("links", {}).values() if code.startswith("2") else ():
                for name, expression in self.resolved(link).get("parameters", {}).items():
                    if isinstance(expression, str) and (match := OF_THE_ANSWER.match(expression)):
                        found[name] = match[1].replace("/", ".").removeprefix(".")
        return found

    def variables(self) -> dict[str, str]:
        """Path parameters that go from request to request, with an example of each."""
        named = {
            name.rpartition(".")[2]
            for operation in self.operations()
            for response in operation.responses.values()
            for link in response.get("links", {}).values()
            for name in self.resolved(link).get("parameters", {})
        }
        return {
            each["name"]: str(each["example"])
            for operation in self.operations()
            for each in operation.parameters
            if each["in"] == "path" and each["name"] in named
        }


def block(name: str, lines: Sequence[str]) -> str:
    """A block of the Bru language. Its content is indented, so that no line of it can end it."""
    return "\n".join([f"{name} {{", *(f"  {line}".rstrip() for line in lines), "}"])


def text(content: Sequence[str]) -> str:
    """A file of blocks."""
    return "\n\n".join(content) + "\n"


def bodies(document: Document, operation: Operation) -> tuple[str, dict[str, Any]]:
    """The body's media type and its examples by their summaries, the shortest first."""
    media, described = next(iter(operation.spec["requestBody"]["content"].items()))
    examples = [document.resolved(each) for each in described.get("examples", {}).values()]
    return media, {
        each["summary"]: each["value"] for each in sorted(examples, key=lambda each: len(str(each["value"])))
    }


def pretty(value: Any) -> list[str]:
    """JSON over several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False).splitlines()


def values(parameter: Json) -> list[str]:
    """An example of each value that a parameter takes at once; empty where the document has none."""
    example = parameter.get("example", parameter["schema"].get("default", ""))
    found = example if isinstance(example, list) else [example]
    return [each if isinstance(each, str) else json.dumps(each) for each in found]


def entries(operation: Operation, place: str) -> list[str]:
    """Lines of the parameters in that place; those that may be left out are switched off."""
    return [
        f"{'' if each.get('required') else '~'}{each['name']}: {value}".rstrip()
        for each in operation.parameters
        if each["in"] == place
        for value in values(each)
    ]


def docs(document: Document, operation: Operation) -> list[str]:
    """What the document says of an operation, as Markdown."""
    said: str = operation.spec.get("description") or operation.spec["summary"]
    lines = said.splitlines()
    if operation.parameters:
        lines += ["", "## Parameters", ""]
        lines += [f"- `{each['name']}` ({each['in']}): {each.get('description', '')}" for each in operation.parameters]
    lines += ["", "## Answers", ""]
    lines += [f"- {code}: {' '.join(each['description'].split())}" for code, each in operation.responses.items()]
    if "requestBody" in operation.spec:
        for summary, example in bodies(document, operation)[1].items():
            lines += ["", f"## Body: {summary}", "", "```json", *pretty(example), "```"]
    return lines


def request(document: Document, operation: Operation, number: int) -> str:
    """The file of one request."""
    spec = operation.spec
    wanted, headers = "none", entries(operation, "header")
    if "requestBody" in spec:
        media, examples = bodies(document, operation)
        # One that may be left out is: its example stands ready in the file, for whoever switches it on.
        wanted = "json" if spec["requestBody"].get("required") else "none"
        headers = [f"Content-Type: {media}", *headers] if media != "application/json" else headers
    url = re.sub(r"\{(\w+)\}", r":\1", operation.path)
    query = entries(operation, "query")
    paths = [each["name"] for each in operation.parameters if each["in"] == "path"]
    variables = document.variables()
    example = {each["name"]: values(each)[0] for each in operation.parameters}
    blocks = [
        block("meta", [f"name: {spec['summary']}", "type: http", f"seq: {number}"]),
        block(
            operation.method,
            [
                f"url: {{{{base_url}}}}{url}",
                f"body: {wanted}",
                f"auth: {'inherit' if spec.get('security') else 'none'}",
            ],
        ),
    ]
    if query:
        blocks.append(block("params:query", query))
    if paths:
        lines = [f"{name}: {f'{{{{{name}}}}}' if name in variables else example[name]}" for name in paths]
        blocks.append(block("params:path", lines))
    if headers:
        blocks.append(block("headers", headers))
    if "requestBody" in spec:
        blocks.append(block("body:json", pretty(next(iter(examples.values())))))
    if kept := {name: path for name, path in document.linked(operation).items() if name not in paths}:
        script = [
            f'if (res.status < 300 && res.body.{path}) bru.setVar("{name}", res.body.{path});'
            for name, path in kept.items()
        ]
        blocks.append(block("script:post-response", script))
    return text([*blocks, block("docs", docs(document, operation))])


def collection(content: Json) -> dict[str, str]:
    """The collection's files, by their paths."""
    document = Document(content)
    title: str = content["info"]["title"]
    keys = [each for each in content["components"]["securitySchemes"].values() if each["type"] == "apiKey"]
    files = {
        "bruno.json": json.dumps({"version": "1", "name": title, "type": "collection", "ignore": []}, indent=2) + "\n",
        "collection.bru": text(
            [
                block("headers", [f"~{each['name']}: {{{{api_key}}}}" for each in keys]),
                block("auth", ["mode: bearer"]),
                block("auth:bearer", ["token: {{token}}"]),
                block("docs", content["info"]["description"].splitlines()),
            ]
        ),
        "environments/local.bru": text(
            [
                block(
                    "vars",
                    [f"base_url: {LOCAL}", *(f"{name}: {value}" for name, value in document.variables().items())],
                ),
                "vars:secret [\n  token,\n  api_key\n]",
            ]
        ),
    }
    for place, tag in enumerate(content["tags"], 1):
        name, inside = tag["name"], [each for each in document.operations() if each.tag == tag["name"]]
        files[f"{name}/folder.bru"] = text(
            [block("meta", [f"name: {name}", f"seq: {place}"]), block("docs", [tag["description"]])]
        )
        for number, operation in enumerate(inside, 1):
            files[f"{name}/{operation.spec['operationId']}.bru"] = request(document, operation, number)
    return files


def write(source: Path, directory: Path) -> None:
    """Writes the collection of a document into a directory, in place of all that is there."""
    shutil.rmtree(directory, ignore_errors=True)
    for name, content in collection(json.loads(source.read_text(encoding="utf-8"))).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
