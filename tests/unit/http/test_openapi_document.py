"""The OpenAPI document: valid, complete, exact, and the one that is committed ([API-9])."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from litestar import Litestar
from litestar.datastructures import MultiDict
from litestar.testing import AsyncTestClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.openapi.document import ENDPOINTS, document_text
from orders.adapters.inbound.http.openapi.parameters import HEADERS, PARAMETERS
from orders.adapters.inbound.http.openapi.problem_kinds import EXPLAINED
from orders.adapters.inbound.http.operation import ApiOperation
from orders.adapters.inbound.http.problems import BASE, KINDS
from orders.adapters.inbound.http.requests.parameters import (
    InvalidParameters,
    check_read_parameters,
    list_parameters,
    page_parameters,
)
from orders.domain.errors import InvalidOrder
from orders.domain.placing import basket_of
from orders.domain.pricing.currencies import CURRENCIES, Currency
from orders.domain.pricing.money import MAX_UNIT_PRICE_MINOR, Money
from tests.support.builders import a_draft, a_line
from tests.support.http_api import Api, anything
from tests.support.openapi_contract import NAME, PUBLISHED, contract

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"


def named(operation_id: str) -> ApiOperation:
    (found,) = (each.operation for each in ENDPOINTS if each.operation.operation_id == operation_id)
    return found


def test_it_is_an_openapi_document() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(contract().document).iter_errors()] == []


def test_every_schema_is_one() -> None:
    for schema in contract().document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_committed_copy_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == document_text(), "run: make docs"


def test_it_is_the_same_every_time() -> None:
    assert json.loads(document_text()) == contract().document
    assert document_text() == document_text()
    assert '"total": 850.00' in document_text()


async def test_every_route_is_in_it_and_every_operation_has_a_route() -> None:
    apps: list[Litestar] = []

    @asynccontextmanager
    async def seen(app: Litestar) -> AsyncIterator[None]:
        apps.append(app)
        yield

    def unasked(_: str) -> object:
        raise AssertionError("no request is made")

    async with AsyncTestClient(create_app(anything(unasked), lifespan=[seen])):
        (app,) = apps
    routes = {
        (method.lower(), re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path))
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    }
    documented = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS]
    assert len(documented) == len(set(documented))
    assert set(documented) == routes


async def test_it_is_served_to_everybody(api: Api) -> None:
    answer = await api.client.get("/v1.0/openapi.json")
    assert (answer.status_code, answer.json()) == (200, contract().document)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"


def examples() -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Every example in the document: its name, where its schema is, its value."""
    parts = contract()
    for endpoint in ENDPOINTS:
        operation = endpoint.operation
        here = ("paths", endpoint.path, endpoint.method)
        content = parts.find(here)[1].get("requestBody", {}).get("content", {})
        for media_type, body in content.items():
            for name, example in body["examples"].items():
                place = (*here, "requestBody", "content", media_type, "schema")
                yield f"{operation.operation_id} body {name}", place, example["value"]
        for status in parts.find((*here, "responses"))[1]:
            where, response = parts.find((*here, "responses", status))
            for media_type, answer in response.get("content", {}).items():
                for name in answer.get("examples", {}):
                    value = parts.find((*where, "content", media_type, "examples", name))[1]["value"]
                    place = (*where, "content", media_type, "schema")
                    yield f"{operation.operation_id} {status} {name}", place, value
    for component in PARAMETERS:
        where = ("components", "parameters", component)
        if "example" in parts.find(where)[1]:
            yield component, (*where, "schema"), parts.find(where)[1]["example"]
    for component in HEADERS:
        where = ("components", "headers", component)
        yield component, (*where, "schema"), parts.find(where)[1]["example"]


@pytest.mark.parametrize(("place", "value"), [each[1:] for each in examples()], ids=[each[0] for each in examples()])
def test_every_example_is_what_its_schema_says(place: tuple[str, ...], value: Any) -> None:
    for document in (NAME, PUBLISHED):
        assert [error.message for error in contract().validator(*place, document=document).iter_errors(value)] == []


def test_every_operation_has_what_a_reader_needs() -> None:
    document = contract().document
    for endpoint in ENDPOINTS:
        operation = endpoint.operation
        found = document["paths"][endpoint.path][endpoint.method]
        assert found["summary"], operation.operation_id
        assert found["description"], operation.operation_id
        assert found["tags"][0] in {tag["name"] for tag in document["tags"]}
        for answer in operation.responses:
            if answer.schemas and answer.schemas != ("OpenApiDocument",):
                assert answer.examples, f"{operation.operation_id} {answer.status}"
        if operation.secured:
            assert {"401", "403", "503"} <= found["responses"].keys()
            assert found["security"] == [{"bearer": []}, {"bearer": [], "apiKey": []}]
        else:
            assert found["security"] == []


def test_every_component_is_used() -> None:
    document = contract().document
    text = json.dumps(document["paths"]) + json.dumps(document["components"])
    # The first three until something is deprecated; the last is no operation's.
    waiting = {"Deprecation", "Sunset", "DeprecationLink", "MethodNotAllowed"}
    for section in ("schemas", "parameters", "headers", "responses", "examples", "links"):
        unused = [name for name in document["components"][section] if f'"#/components/{section}/{name}"' not in text]
        assert set(unused) <= waiting, section


def test_every_kind_of_problem_is_explained_and_shown() -> None:
    assert set(EXPLAINED) == set(KINDS)
    for kind, explained in EXPLAINED.items():
        assert explained.example["type"] == BASE + kind.name
        assert (explained.example["title"], explained.example["status"]) == (kind.title, kind.status)


def test_every_kind_of_problem_can_come_from_somewhere() -> None:
    shown = contract().document["components"]["responses"].values()
    names = {name for response in shown for name in response["content"]["application/problem+json"]["examples"]}
    assert names == {kind.name for kind in KINDS}


@pytest.mark.parametrize(
    ("operation_id", "read"),
    [
        ("listOrders", list_parameters),
        ("listOrderHistory", page_parameters),
        ("listOrderEvents", page_parameters),
        ("getOrder", check_read_parameters),
    ],
)
def test_query_parameters_are_those_that_are_read(operation_id: str, read: Any) -> None:
    documented = sorted(
        PARAMETERS[name]["name"] for name in named(operation_id).parameters if PARAMETERS[name]["in"] == "query"
    )
    with pytest.raises(InvalidParameters) as caught:
        read(MultiDict([("zzz", "")]))
    known = caught.value.faults[0].message.partition("; there are ")[2]
    assert documented == known.split(", ")


@pytest.mark.parametrize("digits", [0, 2, 3, 4])
def test_currencies_are_those_there_are(digits: int) -> None:
    codes = contract().document["components"]["schemas"]["CurrencyCode"]["enum"]
    assert [code for code in codes if Currency.of(code).digits == digits]
    assert set(codes) == {*CURRENCIES, "BGN"}, "withdrawn since the API was promised: orders in it are there"


@pytest.mark.parametrize("name", ["ItemBody", "RevisedItemBody"])
def test_the_maximum_of_a_price_is_told_as_its_refusal_tells_it(name: str) -> None:
    price = contract().document["components"]["schemas"][name]["properties"]["price"]
    told = " ".join(price["description"].split())
    assert price["maximum"] == MAX_UNIT_PRICE_MINOR
    for code in ("ZAR", "JPY"):
        highest = Money(MAX_UNIT_PRICE_MINOR, Currency.of(code)).to_decimal()
        assert f"{highest:,} {code}" in told
        basket_of(a_draft(lines=(a_line(price=highest),), currency=code, total=Decimal(0)))
        with pytest.raises(InvalidOrder) as caught:
            basket_of(a_draft(lines=(a_line(price=highest + 1),), currency=code, total=Decimal(0)))
        said = caught.value.faults[0].message
        assert said == f"at most {highest} {code}, which is {MAX_UNIT_PRICE_MINOR:,} of its smallest units"
    assert f"smallest units, {MAX_UNIT_PRICE_MINOR:,} of them" in told


def test_amounts_are_numbers_in_and_out() -> None:
    schemas = contract().document["components"]["schemas"]
    for name, field in [("CreateOrderBody", "total"), ("ItemBody", "price"), ("Order", "total"), ("OrderItem", "tax")]:
        assert schemas[name]["properties"][field]["type"] == "number"
    assert schemas["CreateOrderBody"]["properties"]["shipping"]["default"] == 0
