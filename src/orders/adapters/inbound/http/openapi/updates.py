"""The bodies of PUT and PATCH: an order's editable fields, and all its others, which may be there unchanged ([API-5]).

Made of the model that reads them (``RevisionBody``) and of the order as it is answered, so that neither can be
forgotten.
"""

from collections.abc import Mapping

from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS, RequestSchema, Schema, nullable, schemas_of
from orders.adapters.inbound.http.requests.update_bodies import DERIVED_OF_ITEMS, SERVERS_OWN, RevisionBody

_FIXED = "Not editable: left out, or as it is."
IGNORED = "Says how the order stood when it was read: taken, and not looked at."


def update_schemas(order: Schema, item: Schema, answers: Mapping[str, Schema]) -> dict[str, Schema]:
    """``OrderUpdate`` (PUT), ``OrderPatch`` (PATCH) and what they are made of.

    Args:
        order, item: the schemas of an order and of its items as they are answered.
        answers: all schemas of answers, by name, to which those refer.
    """
    parts = schemas_of(RevisionBody, generator=RequestSchema)
    revision, revised = parts.pop("RevisionBody"), parts.pop("RevisedItemBody")
    optional = order["properties"].keys() - set(order["required"])
    others: Schema = {}
    for name, schema in order["properties"].items():
        if name in SERVERS_OWN:
            others[name] = {"description": IGNORED}
        elif name not in revision["properties"]:
            others[name] = {**_sent_back(schema, answers, or_null=name in optional), "description": _FIXED}
    derived = {
        name: {**_sent_back(item["properties"][name], answers), "description": _FIXED} for name in DERIVED_OF_ITEMS
    }
    return parts | {
        "RevisedItemBody": revised | {"properties": revised["properties"] | derived},
        "OrderUpdate": revision
        | {
            "description": "An order as it is to be. Optional fields that are left out are cleared.",
            "properties": revision["properties"] | others,
        },
        "OrderPatch": {
            "type": "object",
            "description": "A JSON merge patch (RFC 7396): what is `null` is removed, what is left out stays.",
            "properties": _patched(revision["properties"]) | others,
            "additionalProperties": False,
        },
    }


def _patched(editable: Schema) -> Schema:
    """Editable fields in a merge patch: metadata's entries can be removed one by one; its items are one value."""
    metadata = {
        "type": ["object", "null"],
        "propertyNames": editable["metadata"]["propertyNames"],
        "additionalProperties": nullable(editable["metadata"]["additionalProperties"]),
        "description": "Entries are set one by one, and removed with `null`.",
    }
    return editable | {"metadata": metadata}


def _sent_back(schema: Schema, answers: Mapping[str, Schema], *, or_null: bool = False) -> Schema:
    """What is compared with the order as it is: objects and lists in their shape as answered, the rest by its type."""
    whole = schema
    while "$ref" in whole:
        whole = answers[whole["$ref"].removeprefix(COMPONENTS)]
    if whole["type"] in {"array", "object"}:
        found: Schema = {name: schema[name] for name in ("$ref", "type", "items") if name in schema}
    else:
        found = {"type": whole["type"]}
    return nullable(found) if or_null else found
