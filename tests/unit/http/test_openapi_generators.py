"""The document is one that clients can be generated from ([API-9]).

Each of these is something that a generator stopped at, left out or made numbered types of: openapi-python-client,
datamodel-code-generator, openapi-typescript and OpenAPI Generator (``docs/adr/0023-api-description.md``).
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import pytest

from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS
from orders.adapters.inbound.http.openapi.updates import IGNORED
from tests.support.openapi_contract import contract

Schema = dict[str, Any]

DOCUMENT = contract().document
SCHEMAS: Mapping[str, Schema] = DOCUMENT["components"]["schemas"]
WORDS = frozenset(
    {
        "$ref", "type", "const", "enum", "format", "pattern", "description", "default", "discriminator",
        "minimum", "maximum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties",
        "items", "properties", "required", "additionalProperties", "propertyNames", "anyOf", "oneOf",
    }
)  # fmt: skip
"""Keywords that schemas use. Before adding one, check how generators and ``compatible_schemas`` treat it."""


def inside(schema: Schema, at: str) -> Iterator[tuple[str, Schema]]:
    """The schema and all that it is made of, each with its place."""
    yield at, schema
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(key), dict):
            yield from inside(schema[key], f"{at}/{key}")
    for key in ("anyOf", "oneOf"):
        for index, each in enumerate(schema.get(key, [])):
            yield from inside(each, f"{at}/{key}/{index}")
    for name, each in schema.get("properties", {}).items():
        yield from inside(each, f"{at}/properties/{name}")


def outside(part: Any, at: str) -> Iterator[tuple[str, Schema]]:
    """The schemas of parameters, headers, bodies and answers, with their places."""
    if isinstance(part, list):
        part = dict(enumerate(part))
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key == "schema":
            yield from inside(value, f"{at}/{key}")
        elif key not in {"schemas", "example", "examples"}:
            yield from outside(value, f"{at}/{key}")


def bodies(where: str) -> set[str]:
    """The names of the schemas that ``requestBody`` or ``responses`` of any operation lead to, however deep."""
    found: set[str] = set()
    parts = [DOCUMENT["components"]["responses"]] if where == "responses" else []
    parts += [operation.get(where) for path in DOCUMENT["paths"].values() for operation in path.values()]
    waiting = [schema for part in parts for _, schema in outside(part, "")]
    while waiting:
        name = waiting.pop().get("$ref", "").removeprefix(COMPONENTS)
        if name and name not in found:
            found.add(name)
            waiting += [schema for _, schema in inside(SCHEMAS[name], name)]
    return found


EVERY: dict[str, Schema] = dict(
    chain(*(inside(schema, name) for name, schema in SCHEMAS.items()), outside(DOCUMENT, ""))
)
ANSWERED, SENT = bodies("responses"), bodies("requestBody")


def test_all_of_it_is_looked_at() -> None:
    assert ANSWERED | SENT | {"Status"} == SCHEMAS.keys()
    assert len(EVERY) > 500


def test_every_list_says_of_what() -> None:
    lists = {at: schema for at, schema in EVERY.items() if "array" in types(schema)}
    assert lists
    assert [at for at, schema in lists.items() if "items" not in schema] == []


def test_every_schema_has_a_type_but_where_anything_is_taken() -> None:
    untyped = {at for at, schema in EVERY.items() if not schema.keys() & {"$ref", "type", "anyOf", "oneOf"}}
    assert {EVERY[at]["description"] for at in untyped} <= {IGNORED}
    assert {at.split("/")[0] for at in untyped} <= {"OrderUpdate", "OrderPatch"}


def test_schemas_are_written_in_few_words() -> None:
    assert {word for schema in EVERY.values() for word in schema} <= WORDS


def test_answers_are_open_and_bodies_closed() -> None:
    """A schema used in both, such as a parcel sent back in a PUT, is a response's, and open."""
    for name in ANSWERED | SENT:
        objects = [each for _, each in inside(SCHEMAS[name], name) if "properties" in each]
        for each in objects:
            assert (each.get("additionalProperties") is False) == (name not in ANSWERED), name


def test_open_alternatives_do_not_shut_each_other_out() -> None:
    """``oneOf`` refuses what fits two schemas, as open ones can be fitted; not where a field tells which it is."""
    for at, schema in EVERY.items():
        if "oneOf" in schema:
            discriminator = schema["discriminator"]
            assert sorted(discriminator["mapping"].values()) == sorted(each["$ref"] for each in schema["oneOf"]), at
            for value, reference in discriminator["mapping"].items():
                field = SCHEMAS[reference.removeprefix(COMPONENTS)]["properties"][discriminator["propertyName"]]
                assert (field["type"], field["const"]) == ("string", value), at


def test_texts_have_one_schema() -> None:
    unions = [schema["anyOf"] for schema in EVERY.values() if "anyOf" in schema]
    assert unions
    for parts in unions:
        assert all("$ref" in each or each == {"type": "null"} for each in parts), parts


def test_every_problem_is_of_one_schema() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        (content,) = response["content"].values()
        assert content["schema"] == {"$ref": f"{COMPONENTS}Problem"}


def test_names_can_be_names_in_programs() -> None:
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len({each.lower() for each in ids}) == len(ids)
    assert len({each.lower() for each in SCHEMAS}) == len(SCHEMAS)
    for section, form in (("schemas", r"[A-Z][A-Za-z0-9]*"), ("parameters", r"[A-Z][A-Za-z0-9]*")):
        assert all(re.fullmatch(form, name) for name in DOCUMENT["components"][section])
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", each) for each in ids)


def test_links_lead_on_without_bodies() -> None:
    for link in DOCUMENT["components"]["links"].values():
        assert isinstance(link.get("requestBody", ""), str)


@pytest.mark.parametrize("name", sorted(SENT))
def test_patterns_of_bodies_can_stand_between_quotes(name: str) -> None:
    patterns = [schema["pattern"] for _, schema in inside(SCHEMAS[name], name) if "pattern" in schema]
    assert not [pattern for pattern in patterns if '"' in pattern]


def types(schema: Schema) -> list[str]:
    """The types that the schema allows."""
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else found


def test_examples_are_left_alone() -> None:
    """Nothing that looks like a schema inside an example was taken for one."""
    assert json.dumps(sorted(EVERY)).count("example") == 0
