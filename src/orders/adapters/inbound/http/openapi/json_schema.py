"""Makes the JSON Schema (2020-12) of models and typed dictionaries, with the rules of this API's JSON."""

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
    """Pydantic's schema generator, changed where this API differs.

    Decimals are JSON numbers and never texts. Fields have no titles made of their names. ``null`` as a default is not
    mentioned: leaving a field out and sending ``null`` are the same. Objects whose keys have a pattern take no others.
    """

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:  # noqa: ARG002 - see JsonSchemaExtra
        """Makes the schema of a number."""
        return {"type": "number"}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Makes the schema of a map whose keys have a pattern.

        The pattern is declared for the keys (``propertyNames``), and not as ``patternProperties``: generators of
        clients mistake the latter without others for an object that has no properties at all.
        """
        found = super().dict_schema(schema)
        for pattern, values in found.pop("patternProperties", {}).items():
            found |= {"propertyNames": {"type": "string", "pattern": pattern}, "additionalProperties": values}
        return found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Makes one schema with two types, if possible."""
        return nullable(self.generate_inner(schema["schema"]))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Adds the default as a JSON value."""
        default = schema.get("default", PydanticUndefined)
        found = self.generate_inner(schema["schema"])
        if default is None or default is PydanticUndefined:
            return found
        return found | {"default": int(default) if isinstance(default, Decimal) else default}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - no field has one
        """Returns ``False``: no field has a title."""
        return False


class ResponseSchema(RequestSchema):
    """The schema generator of responses, which are typed dictionaries: optional fields are left out, never ``null``.

    Their fields are described by the docstrings below them, as in models.
    """

    def typed_dict_field_schema(self, schema: core_schema.TypedDictField) -> JsonSchemaValue:
        """Makes the schema of the value when it is present."""
        inner = schema["schema"]
        optional = not schema.get("required", True) and inner["type"] == "nullable"
        return self.generate_inner(inner["schema"] if optional else inner)

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """Adds the descriptions of the fields."""
        found = super().typed_dict_schema(schema)
        for name, description in _field_docstrings(schema["cls"]).items():
            found["properties"][name]["description"] = description
        return found


def _field_docstrings(cls: type[Any]) -> dict[str, str]:
    """Collects the docstrings below the fields of a typed dictionary and of those that it extends."""
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
    """Extends a schema to allow ``null``."""
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    found = schema | {"type": [schema["type"], "null"]}
    return found | {"enum": [*schema["enum"], None]} if "enum" in schema else found


def schemas_of(*types: type[Any], generator: type[GenerateJsonSchema]) -> dict[str, Schema]:
    """Makes the schemas of the types and of all their parts, by name; they refer to each other as components."""
    named: dict[str, Schema] = {}
    for each in types:
        whole = TypeAdapter(each).json_schema(schema_generator=generator, ref_template=COMPONENTS + "{model}")
        named |= whole.pop("$defs", {})
        named[each.__name__] = whole
    return {name: _described(schema) for name, schema in named.items()}


def standalone(model: type[BaseModel]) -> Schema:
    """Makes the schema of a request's model as a document of its own."""
    whole = model.model_json_schema(schema_generator=RequestSchema)
    parts = {name: _described(part) for name, part in whole.pop("$defs", {}).items()}
    return {"$schema": DIALECT, "$defs": parts, **_described(whole)}


def _described(schema: Schema) -> Schema:
    """Removes the title, which repeats the name, and converts the docstring to CommonMark."""
    found = {name: value for name, value in schema.items() if name != "title"}
    if "description" in found:
        found["description"] = inspect.cleandoc(found["description"]).replace("``", "`")
    return found
