"""Makes the schemas of the bodies of PUT and PATCH: editable fields, and all others, which may be unchanged ([API-5]).

They are made from the model that reads the bodies (``RevisionBody``) and from the order's schema in responses, so that
no field is forgotten.
"""

from collections.abc import Mapping

from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS, RequestSchema, Schema, nullable, schemas_of
from orders.adapters.inbound.http.requests.update_bodies import DERIVED_OF_ITEMS, SERVERS_OWN, RevisionBody

_FIXED = "Not editable: left out, or as it is."
IGNORED = "Says how the order stood when it was read: taken, and not looked at."


def update_schemas(order: Schema, item: Schema, answers: Mapping[str, Schema]) -> dict[str, Schema]:
    """Makes the schemas ``OrderUpdate`` (PUT), ``OrderPatch`` (PATCH) and those of their parts.

    Args:
        order, item: the schemas of an order and of its items in responses.
        answers: all schemas of responses, by name, to which those refer.
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
    """Adapts editable fields to a merge patch: metadata's entries can be removed one by one; items are one value."""
    metadata = {
        "type": ["object", "null"],
        "propertyNames": editable["metadata"]["propertyNames"],
        "additionalProperties": nullable(editable["metadata"]["additionalProperties"]),
        "description": "Entries are set one by one, and removed with `null`.",
    }
    return editable | {"metadata": metadata}


def _sent_back(schema: Schema, answers: Mapping[str, Schema], *, or_null: bool = False) -> Schema:
    """Reduces the schema of a field that must be unchanged: objects and lists keep their shape, others their type."""
    whole = schema
    while "$ref" in whole:
        whole = answers[whole["$ref"].removeprefix(COMPONENTS)]
    if whole["type"] in {"array", "object"}:
        found: Schema = {name: schema[name] for name in ("$ref", "type", "items") if name in schema}
    else:
        found = {"type": whole["type"]}
    return nullable(found) if or_null else found
