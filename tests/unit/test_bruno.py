"""The Bruno collection: what a request's file says is what the document says ([API-9])."""

import json
import re
from typing import Any

import pytest

from tests.support.openapi_contract import contract
from tools.bruno import Document, Operation, collection

DOCUMENT: dict[str, Any] = contract().document
FILES = collection(DOCUMENT)
OPERATIONS = list(Document(DOCUMENT).operations())
BLOCK = re.compile(r"^([\w:-]+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)


def blocks(content: str) -> dict[str, list[str]]:
    """The lines of each block, without their indentation."""
    return {name: [line[2:] for line in inside.splitlines()] for name, inside in BLOCK.findall(content)}


def sent(lines: list[str]) -> set[str]:
    """Names of the parameters that are switched on."""
    return {line.partition(":")[0] for line in lines if not line.startswith("~")}


def test_every_operation_has_one_request_in_the_folder_of_its_tag() -> None:
    expected = {f"{each.tag}/{each.spec['operationId']}.bru" for each in OPERATIONS}
    assert {
        name for name in FILES if name.count("/") == 1 and not name.endswith(("folder.bru", "local.bru"))
    } == expected
    assert len(expected) == len(OPERATIONS) == sum(len(item) for item in DOCUMENT["paths"].values())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.spec["operationId"])
def test_a_request_sends_what_its_operation_requires_and_no_more(operation: Operation) -> None:
    found = blocks(FILES[f"{operation.tag}/{operation.spec['operationId']}.bru"])
    asked = dict(line.split(": ", 1) for line in found[operation.method])
    assert asked["url"] == "{{base_url}}" + operation.path.replace("{", ":").replace("}", "")
    assert asked["auth"] == ("inherit" if operation.spec["security"] else "none")
    for place, block in {"path": "params:path", "query": "params:query", "header": "headers"}.items():
        required = {each["name"] for each in operation.parameters if each["in"] == place and each.get("required")}
        assert sent(found.get(block, [])) - {"Content-Type"} == required
    body = operation.spec.get("requestBody", {})
    assert asked["body"] == ("json" if body.get("required") else "none")
    if body:
        described = next(iter(body["content"].values()))["examples"].values()
        examples = [Document(DOCUMENT).resolved(each)["value"] for each in described]
        assert json.loads("\n".join(found["body:json"])) == min(examples, key=lambda each: len(str(each)))


def test_the_id_of_what_was_placed_goes_to_the_requests_that_follow() -> None:
    (script,) = blocks(FILES["Orders/createOrder.bru"])["script:post-response"]
    assert script == 'if (res.status < 300 && res.body.order_id) bru.setVar("order_id", res.body.order_id);'
    assert blocks(FILES["Orders/getOrder.bru"])["params:path"] == ["order_id: {{order_id}}"]
    assert "script:post-response" not in blocks(FILES["Orders/listOrders.bru"])


def test_no_text_of_the_document_ends_a_block() -> None:
    changed = json.loads(json.dumps(DOCUMENT))
    changed["paths"]["/v1.0/orders"]["post"]["description"] = "First.\n}\nscript:pre-request {\n  gone()\n}"
    found = blocks(collection(changed)["Orders/createOrder.bru"])
    assert found["docs"][:5] == ["First.", "}", "script:pre-request {", "  gone()", "}"]
    assert "script:pre-request" not in found


def test_secrets_are_named_and_not_given() -> None:
    assert "vars:secret [\n  token,\n  api_key\n]" in FILES["environments/local.bru"]
    assert blocks(FILES["collection.bru"])["auth:bearer"] == ["token: {{token}}"]
