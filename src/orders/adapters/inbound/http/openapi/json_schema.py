"""JSON Schema (2020-12) of models and typed dictionaries, saying of this API's JSON what holds."""

import ast
import inspect
import itertools
import textwrap
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticUndefined, core_schema
from typing_extensions import is_typeddict

from orders.contracts.event_schema import DIALECT

COMPONENTS = "#/components/schemas/"
Schema = dict[str, Any]


class RequestSchema(GenerateJsonSchema):
    """What pydantic would say, but for the places where this API does otherwise.

    Decimals are JSON numbers and never texts. Fields have no titles made of their names. ``null`` as a default is not
    mentioned: leaving a field out and sending ``null`` are the same. Objects whose keys have a form take no others.
    """

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:  # noqa: ARG002 - bounds are in Says
        """A number."""
        return {"type": "number"}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A map whose keys have a form.

        Said of its keys (``propertyNames``), and not as properties of names that match (``patternProperties``):
        generators take the latter with no others for an object that has no properties at all.
        """
        found = super().dict_schema(schema)
        for pattern, values in found.pop("patternProperties", {}).items():
            found |= {"propertyNames": {"type": "string", "pattern": pattern}, "additionalProperties": values}
        return found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """One schema with two types, where it can be one."""
        return nullable(self.generate_inner(schema["schema"]))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """A default as JSON has it."""
        default = schema.get("default", PydanticUndefined)
        found = self.generate_inner(schema["schema"])
        if default is None or default is PydanticUndefined:
            return found
        return found | {"default": int(default) if isinstance(default, Decimal) else default}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - no field has one
        """Never."""
        return False


class ResponseSchema(RequestSchema):
    """The same for what the API answers with, typed dictionaries: what may be missing is missing, and never ``null``.

    Their fields are described by the docstrings below them, as in models.
    """

    def typed_dict_field_schema(self, schema: core_schema.TypedDictField) -> JsonSchemaValue:
        """The schema of the value, when it is there."""
        inner = schema["schema"]
        optional = not schema.get("required", True) and inner["type"] == "nullable"
        return self.generate_inner(inner["schema"] if optional else inner)

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """With the descriptions of its fields."""
        found = super().typed_dict_schema(schema)
        for name, description in _field_docstrings(schema["cls"]).items():
            found["properties"][name]["description"] = description
        return found


def _field_docstrings(cls: type[Any]) -> dict[str, str]:
    """What stands below the fields of a typed dictionary and of those that it extends."""
    found: dict[str, str] = {}
    for base in getattr(cls, "__orig_bases__", ()):
        if is_typeddict(base):
            found |= _field_docstrings(base)
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    for field, below in itertools.pairwise(definition.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
    return found


def nullable(schema: Schema) -> Schema:
    """The schema, or ``null``."""
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    found = schema | {"type": [schema["type"], "null"]}
    return found | {"enum": [*schema["enum"], None]} if "enum" in schema else found


def schemas_of(*types: type[Any], generator: type[GenerateJsonSchema]) -> dict[str, Schema]:
    """The schemas of the types and of all that they are made of, by name; they refer to each other as components."""
    named: dict[str, Schema] = {}
    for each in types:
        whole = TypeAdapter(each).json_schema(schema_generator=generator, ref_template=COMPONENTS + "{model}")
        named |= whole.pop("$defs", {})
        named[each.__name__] = whole
    return {name: _described(schema) for name, schema in named.items()}


def standalone(model: type[BaseModel]) -> Schema:
    """The schema of a model that is sent to us, as a document of its own."""
    whole = model.model_json_schema(schema_generator=RequestSchema)
    parts = {name: _described(part) for name, part in whole.pop("$defs", {}).items()}
    return {"$schema": DIALECT, "$defs": parts, **_described(whole)}


def _described(schema: Schema) -> Schema:
    """Without the title, which is its name once more; with its docstring as CommonMark."""
    found = {name: value for name, value in schema.items() if name != "title"}
    if "description" in found:
        found["description"] = inspect.cleandoc(found["description"]).replace("``", "`")
    return found
