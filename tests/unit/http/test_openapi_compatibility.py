"""Changes that break callers are found, additive ones pass; and nothing has broken since the baseline ([API-9])."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.http.openapi.deprecation import Deprecation
from orders.adapters.inbound.http.openapi.document import build_document, document_text
from tests.support.closed_schemas import closed
from tests.support.openapi_contract import contract
from tools.openapi.__main__ import changes_since, main
from tools.openapi.compatibility import breaking_changes

BASELINE = Path(__file__).parents[3] / "docs" / "openapi.baseline.json"
Document = dict[str, Any]
Change = Callable[[Document], object]

ORDERS, ORDER = "/v1.0/orders", "/v1.0/orders/{order_id}"


def create(document: Document) -> Document:
    found: Document = document["paths"][ORDERS]["post"]
    return found


def schema(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]
    return found


def fields(document: Document, name: str) -> Document:
    found: Document = schema(document, name)["properties"]
    return found


def parameter(document: Document, name: str) -> Document:
    found: Document = document["components"]["parameters"][name]
    return found


def problem_examples(document: Document, response: str) -> Document:
    found: Document = document["components"]["responses"][response]["content"]["application/problem+json"]["examples"]
    return found


def changed(change: Change) -> Document:
    document = deepcopy(contract().document)
    change(document)
    assert document != contract().document, "the change changed nothing"
    return document


BREAKING: dict[str, tuple[Change, str]] = {
    "an operation removed": (lambda d: d["paths"][ORDER].pop("delete"), "DELETE /v1.0/orders/{order_id}: the op"),
    "a path removed": (lambda d: d["paths"].pop(f"{ORDER}/track"), "GET /v1.0/orders/{order_id}/track: the op"),
    "an operation renamed": (lambda d: create(d).update(operationId="placeOrder"), "createOrder: it is called placeOr"),
    "a token needed": (
        lambda d: d["paths"]["/health"]["get"].update(security=[{"bearer": []}]),
        "getHealth: no authentication is not enough",
    ),
    "another credential needed": (
        lambda d: create(d).update(security=[{"bearer": [], "apiKey": []}]), "createOrder: bearer is not enough",
    ),
    "a parameter removed": (
        lambda d: d["paths"][ORDERS]["get"]["parameters"].remove({"$ref": "#/components/parameters/Sort"}),
        "listOrders query parameter sort: it is gone",
    ),
    "a parameter required": (
        lambda d: parameter(d, "CustomerId").update(required=True), "customer_id: it is required now",
    ),
    "a new required parameter": (
        lambda d: create(d)["parameters"].append(
            {"in": "query", "name": "shop", "required": True, "schema": {"type": "string"}}
        ),
        "createOrder query parameter shop: it is new and required",
    ),
    "a parameter in another style": (
        lambda d: parameter(d, "StatusFilter").update(explode=False), "status: explode was True and is False",
    ),
    "a lower maximum of a parameter": (
        lambda d: parameter(d, "Limit")["schema"].update(maximum=50), "limit: maximum was 100 and is 50",
    ),
    "another default of a parameter": (
        lambda d: parameter(d, "Limit")["schema"].update(default=10), "limit: default was 25 and is 10",
    ),
    "a parameter's value removed": (
        lambda d: parameter(d, "Sort")["schema"]["enum"].remove("created_at"), "sort: created_at is not taken",
    ),
    "an item's value of a parameter removed": (
        lambda d: schema(d, "Status")["enum"].remove("pending"),
        "status /*: pending is not taken",
    ),
    "a body no longer taken": (lambda d: create(d).pop("requestBody"), "createOrder body: it is not taken"),
    "a body where there was none": (
        lambda d: d["paths"][ORDER]["delete"].update(requestBody=create(d)["requestBody"]),
        "deleteOrder body: it is new and required",
    ),
    "a body required": (
        lambda d: d["paths"][f"{ORDER}/cancel"]["post"]["requestBody"].update(required=True),
        "cancelOrder body: it is required now",
    ),
    "a media type of a body removed": (
        lambda d: d["paths"][ORDER]["patch"]["requestBody"]["content"].pop("application/json"),
        "patchOrder body: it is not taken as application/json",
    ),
    "a field of a body removed": (lambda d: fields(d, "CreateOrderBody").pop("notes"), "body /notes: it is not taken"),
    "a field of a body required": (
        lambda d: schema(d, "CreateOrderBody")["required"].append("currency"), "body /currency: it is required now",
    ),
    "a new required field of a body": (
        lambda d: (fields(d, "ItemBody").update(kind={}), schema(d, "ItemBody")["required"].append("kind")),
        "body /items/*/kind: it is required now",
    ),
    "another type of a field": (
        lambda d: fields(d, "ItemBody")["quantity"].update(type="string"), "/quantity: it was integer and is string",
    ),
    "a narrower type of a field": (
        lambda d: fields(d, "CreateOrderBody")["total"].update(type="integer"), "it was number and is integer",
    ),
    "null no longer taken": (
        lambda d: fields(d, "CreateOrderBody")["notes"].update(type="string"), "/notes: it was null and is string",
    ),
    "null no longer taken for an object": (
        lambda d: fields(d, "CreateOrderBody").update(customer={"$ref": "#/components/schemas/CustomerBody"}),
        "/customer: it was null and is object",
    ),
    "a type where there was none": (
        lambda d: fields(d, "OrderPatch").update(_links={"type": "object"}), "/_links: it was any value and is object",
    ),
    "a value of a field removed": (
        lambda d: fields(d, "StatusBody")["status"]["enum"].remove("rejected"), "rejected is not taken any more",
    ),
    "values of a field written down": (
        lambda d: fields(d, "FulfilBody")["carrier"].update(enum=["DHL"]), "only DHL is taken now",
    ),
    "a shorter text": (
        lambda d: fields(d, "FulfilBody")["carrier"].update(maxLength=50), "maxLength was 100 and is 50",
    ),
    "a longer list needed": (
        lambda d: fields(d, "CreateOrderBody")["items"].update(minItems=2), "minItems was 1 and is 2",
    ),
    "a bound where there was none": (
        lambda d: fields(d, "CreateOrderBody")["total"].update(maximum=5), "maximum was not set and is 5",
    ),
    "another pattern that begins alike": (
        lambda d: fields(d, "CreateOrderBody")["customer_id"].update(
            pattern=fields(d, "CreateOrderBody")["customer_id"]["pattern"] + "x"
        ), "pattern was",
    ),
    "another pattern": (
        lambda d: fields(d, "CreateOrderBody")["customer_id"].update(pattern="^c"), "pattern was",
    ),
    "another form of keys": (
        lambda d: fields(d, "CreateOrderBody").update(
            metadata=fields(d, "CreateOrderBody")["metadata"] | {"propertyNames": {"type": "string", "pattern": "^a$"}}
        ),
        "/metadata: propertyNames was",
    ),
    "values of a map no longer any": (
        lambda d: fields(d, "OrderPatch").update(customer={"type": "object", "additionalProperties": {"type": "null"}}),
        "patchOrder body /customer",
    ),
    "longer values of a map in an answer": (
        lambda d: fields(d, "Order")["metadata"].pop("additionalProperties"),
        "createOrder 201 /metadata/*: it was string and is any value",
    ),
    "a status code removed": (lambda d: create(d)["responses"].pop("202"), "createOrder 202: it is not answered"),
    "a status code of an error removed": (
        lambda d: create(d)["responses"].pop("403"), "createOrder 403: it is not answered any more",
    ),
    "a status code changed": (
        lambda d: create(d)["responses"].update({"200": create(d)["responses"].pop("201")}),
        "createOrder 200: it is a new way to succeed",
    ),
    "an answer's header removed": (
        lambda d: create(d)["responses"]["201"]["headers"].pop("Location"), "createOrder 201 header Location: it is",
    ),
    "an answer's header not always there": (
        lambda d: d["components"]["headers"]["ETag"].pop("required"), "header ETag: it may be missing now",
    ),
    "another form of an answer's header": (
        lambda d: d["components"]["headers"]["ETag"]["schema"].update(pattern=".*"), "header ETag: pattern was",
    ),
    "another media type of an answer": (
        lambda d: create(d)["responses"]["201"].update(content={"application/xml": {"schema": {}}}),
        "createOrder 201: it is not answered as application/json",
    ),
    "a field of an answer removed": (lambda d: fields(d, "Order").pop("notes"), "createOrder 201 /notes: it is gone"),
    "a field of an answer not always there": (
        lambda d: schema(d, "Order")["required"].remove("version"), "/version: it may be missing now",
    ),
    "another type of an answer's field": (
        lambda d: fields(d, "OrderItem")["price"].update(type="string"), "/items/*/price: it was number and is string",
    ),
    "a wider type of an answer's field": (
        lambda d: fields(d, "OrderItem")["quantity"].update(type="number"), "it was integer and is number",
    ),
    "null in an answer": (
        lambda d: fields(d, "OrderItem")["name"].update(type=["string", "null"]), "it was string and is null",
    ),
    "an answer's values renamed": (
        lambda d: schema(d, "Status").update(enum=[*schema(d, "Status")["enum"][:-1], "refused"]),
        "rejected has become refused",
    ),
    "an answer's values not written down": (
        lambda d: schema(d, "Status").pop("enum"), "can be anything now",
    ),
    "a wider range of an answer": (
        lambda d: fields(d, "OrderItem")["open_quantity"].update(minimum=-1), "minimum was 0 and is -1",
    ),
    "another shape of an answer": (
        lambda d: d["paths"][ORDER]["get"]["responses"]["200"]["content"]["application/json"]["schema"][
            "anyOf"
        ].append({"type": "string"}),
        "getOrder 200: it was object and is string",
    ),
    "a kind of problem renamed": (
        lambda d: problem_examples(d, "Unauthenticated").update(
            {"no-token": problem_examples(d, "Unauthenticated").pop("unauthenticated")}
        ),
        "createOrder 401: the problem unauthenticated has become no-token",
    ),
    "what is sent back closed": (
        lambda d: schema(d, "Parcel").update(additionalProperties=False),
        "updateOrder body /parcels/*: other fields are not taken any more",
    ),
    "a field of a kind of event removed": (
        lambda d: fields(d, "EventCreatedData").pop("total"), "/items/*/data/total: it is gone",
    ),
}  # fmt: skip


def note(d: Document) -> None:
    """A field more in bodies and answers."""
    fields(d, "CreateOrderBody").update(gift={"type": "boolean", "default": False})
    fields(d, "Order").update(gift={"type": "boolean"})
    schema(d, "Order")["required"].append("gift")


ADDITIVE: dict[str, Change] = {
    "a new path": lambda d: d["paths"].update({"/v1.0/returns": {"get": create(d) | {"operationId": "listReturns"}}}),
    "a new operation": lambda d: d["paths"][ORDERS].update(delete=create(d) | {"operationId": "purge"}),
    "new fields": note,
    "a new optional parameter": lambda d: create(d)["parameters"].append(
        {"in": "query", "name": "dry_run", "schema": {"type": "boolean"}}
    ),
    "a parameter not required any more": lambda d: parameter(d, "ParcelId").update(required=False),
    "a higher maximum of a parameter": lambda d: parameter(d, "Limit")["schema"].update(maximum=500),
    "a new value of a parameter": lambda d: parameter(d, "Sort")["schema"]["enum"].append("total"),
    "a body not required any more": lambda d: create(d)["requestBody"].update(required=False),
    "another media type of a body": lambda d: create(d)["requestBody"]["content"].update({"application/yaml": {}}),
    "a wider type in a body": lambda d: fields(d, "ItemBody")["quantity"].update(type="number"),
    "null taken in a body": lambda d: fields(d, "ItemBody")["quantity"].update(type=["integer", "null"]),
    "a field of a body not required any more": lambda d: schema(d, "CreateOrderBody")["required"].remove("total"),
    "a bound of a body removed": lambda d: fields(d, "FulfilBody")["carrier"].pop("maxLength"),
    "a pattern of a body removed": lambda d: fields(d, "FulfilBody")["carrier"].pop("pattern"),
    "a pattern with one more alternative": lambda d: fields(d, "CreateOrderBody")["customer_id"].update(
        pattern=fields(d, "CreateOrderBody")["customer_id"]["pattern"] + "|^x$"
    ),
    "a new value in a body": lambda d: fields(d, "StatusBody")["status"]["enum"].append("on_hold"),
    "a new error": lambda d: create(d)["responses"].update({"402": create(d)["responses"]["401"]}),
    "a new kind of problem": lambda d: problem_examples(d, "Unauthenticated").update(
        {"locked-out": {"$ref": "#/components/examples/locked-out"}}
    ),
    "a kind of problem less": lambda d: problem_examples(d, "UnavailableOrNotTheWriterOrTimedOut").pop("timed-out"),
    "an answer closed": lambda d: schema(d, "OrderItem").update(additionalProperties=False),
    "a body opened": lambda d: schema(d, "ItemBody").pop("additionalProperties"),
    "a new header of an answer": lambda d: create(d)["responses"]["201"]["headers"].update(
        {"Server-Timing": {"schema": {"type": "string"}}}
    ),
    "a header of an answer always there": lambda d: d["components"]["headers"]["Link"].update(required=True),
    "a new value in answers": lambda d: schema(d, "Status")["enum"].append("on_hold"),
    "a narrower type in an answer": lambda d: fields(d, "OrderItem")["price"].update(type="integer"),
    "a new kind of event": lambda d: (
        d["components"]["schemas"].update(EventReturned=schema(d, "EventCreated") | {"required": []}),
        schema(d, "CloudEvent")["oneOf"].append({"$ref": "#/components/schemas/EventReturned"}),
    ),
    "less authentication needed": lambda d: create(d).update(security=[]),
    "other words": lambda d: create(d).update(summary="Order", description="Places it.", tags=["Health"]),
    "other examples": lambda d: d["components"]["examples"].pop("not-found"),
    "other links": lambda d: create(d)["responses"]["201"].pop("links"),
    "another server": lambda d: d["servers"].pop(),
}


@pytest.mark.parametrize(("change", "says"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_callers_is_found(change: Change, says: str) -> None:
    found = [str(each) for each in breaking_changes(contract().document, changed(change))]
    assert any(says in each for each in found), found


@pytest.mark.parametrize("change", ADDITIVE.values(), ids=ADDITIVE)
def test_what_is_additive_passes(change: Change) -> None:
    assert breaking_changes(contract().document, changed(change)) == []


def test_opening_answers_that_were_closed_breaks_nobody() -> None:
    # Callers bear fields that they don't know, whether the document says that there are none or says nothing of them.
    before = deepcopy(contract().document)
    before["components"]["schemas"] = {
        name: closed(each) for name, each in contract().document["components"]["schemas"].items()
    }
    assert before != contract().document
    assert breaking_changes(before, contract().document) == []


def test_deprecating_an_operation_is_additive() -> None:
    ending = {"cancelOrder": Deprecation(datetime(2026, 10, 1, tzinfo=UTC), "")}
    assert breaking_changes(build_document(), build_document(ending)) == []


def test_schemas_inside_themselves_are_compared_once() -> None:
    document: Document = {
        "paths": {
            "/tree": {
                "get": {
                    "operationId": "getTree",
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "Node": {
                    "type": "object",
                    "properties": {
                        "leaf": {"type": "string"},
                        "nodes": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                    },
                }
            }
        },
    }
    after = deepcopy(document)
    del after["components"]["schemas"]["Node"]["properties"]["leaf"]
    assert breaking_changes(document, document) == []
    assert [str(each) for each in breaking_changes(document, after)] == ["getTree 200 /leaf: it is gone"]


def test_nothing_has_broken_since_the_baseline() -> None:
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    found = [str(each) for each in breaking_changes(baseline, contract().document)]
    assert found == [], "inside v1.0 changes are additive: keep the old beside the new, and deprecate it"


def test_a_document_that_breaks_callers_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = document_text()
    baseline, file = tmp_path / "baseline.json", tmp_path / "openapi.json"
    arguments = ["--against", str(baseline), "--output", str(file)]
    baseline.write_text(document.replace('"operationId": "createOrder"', '"operationId": "placeOrder"'), "utf-8")
    assert main(arguments) == 1
    assert capsys.readouterr().err.splitlines() == [
        "placeOrder: it is called createOrder now, as are clients made of the document"
    ]
    assert not file.exists()
    baseline.write_text(document, encoding="utf-8")
    assert main(arguments) == 0
    assert file.read_text(encoding="utf-8") == document
    with pytest.raises(SystemExit, match="can't read"):
        main(["--against", str(tmp_path / "missing.json"), "--output", str(file)])


def test_only_documents_of_this_service_can_be_compared() -> None:
    document = document_text()
    assert changes_since(document, document) == []
    with pytest.raises(SystemExit, match="no OpenAPI document"):
        changes_since("{}", document)
