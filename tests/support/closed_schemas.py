"""Schemas that refuse what they don't name, made of those that callers are given.

What we promise is open, so that callers bear fields to come ([API-9]); what we say is held against what is written
down, so that no field gets out that is not.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_ONE = ("items", "additionalProperties")
_SEVERAL = ("anyOf", "oneOf")
_BY_NAME = ("properties", "$defs")


def closed(schema: Mapping[str, Any]) -> Schema:
    """A copy in which every object that names its fields, and says nothing of others, has no others."""
    # An object in parts would have to be closed around all of them; there is none.
    assert "allOf" not in schema, schema
    found = dict(schema)
    for key in _ONE:
        if isinstance(found.get(key), dict):
            found[key] = closed(found[key])
    for key in _SEVERAL:
        if key in found:
            found[key] = [closed(each) for each in found[key]]
    for key in _BY_NAME:
        if key in found:
            found[key] = {name: closed(each) for name, each in found[key].items()}
    return {"additionalProperties": False, **found} if "properties" in found else found
