"""Describes a JSON Schema in a few words, for people: the type of a value, and its bounds."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS, Schema
from orders.adapters.inbound.http.reference.pattern_words import WORDS
from orders.adapters.inbound.http.reference.places import schema_page

_FEW = 8
_FORMATS = {"date-time": "a time (RFC 3339)", "uri": "a URI", "uri-reference": "a URI, or its part after the host"}
"""Formats of JSON Schema in words, for where no pattern says more."""


class SchemaWords:
    """Describes the schemas of one document; names of components become links to their descriptions."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def type(self, schema: Schema) -> Markup:
        """Describes the type of a value, such as ``list of OrderItem``."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(COMPONENTS)
            return Markup('<a href="{}">{}</a>').format(schema_page(name), name)
        for key in ("oneOf", "anyOf", "allOf"):
            if key in schema:
                parts = [self.type(each) for each in schema[key] if each.keys() & {"$ref", "type", "const", "enum"}]
                return Markup(" or ").join(parts)
        if "const" in schema:
            return Markup("<code>{}</code>").format(_shown(schema["const"]))
        kinds = schema.get("type", "any value")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return Markup(" or ").join(self._kind(kind, schema) for kind in kinds)

    def bounds(self, schema: Schema) -> list[Markup]:
        """Lists the bounds of a value, one phrase each."""
        found: list[Markup] = []
        if "enum" in schema:
            found.append(self._choices([value for value in schema["enum"] if value is not None]))
        if "format" in schema and "pattern" not in schema:
            found.append(escape(_FORMATS.get(schema["format"], schema["format"])))
        found += self._range(schema, "minimum", "maximum", "")
        found += self._range(schema, "minLength", "maxLength", " characters")
        found += self._range(schema, "minItems", "maxItems", " items")
        found += self._range(schema, "minProperties", "maxProperties", " entries")
        if "exclusiveMaximum" in schema:
            found.append(Markup("below {:,}").format(int(schema["exclusiveMaximum"])))
        if "pattern" in schema:
            found.append(_form(schema["pattern"]))
        if "propertyNames" in schema:
            found.append(Markup("keys: {}").format(_form(schema["propertyNames"]["pattern"])))
        if "default" in schema:
            found.append(Markup("default <code>{}</code>").format(_shown(schema["default"])))
        return found

    @staticmethod
    def values(example: Any) -> Markup:
        """Shows an example of a parameter, each of its values if there are several."""
        values = example if isinstance(example, list) else [example]
        return Markup(", ").join(Markup("<code>{}</code>").format(_shown(value)) for value in values)

    def parts(self, part: Any) -> list[str]:
        """Lists the names of the components that a part of the document uses, at any depth, those it names first."""
        found: dict[str, None] = {}
        waiting = [part]
        while waiting:
            for name in self.references(waiting.pop(0)):
                if name not in found:
                    found[name] = None
                    waiting.append(self._components[name])
        return list(found)

    def references(self, part: Any) -> Iterator[str]:
        """Lists the names of the components that a part of the document refers to itself."""
        if isinstance(part, Mapping):
            if isinstance(part.get("$ref"), str) and part["$ref"].startswith(COMPONENTS):
                yield part["$ref"].removeprefix(COMPONENTS)
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                yield from self.references(each)

    def rows(self, schema: Schema) -> list[tuple[str, bool, Schema]]:
        """Lists an object's fields, required ones first: name, whether it is required, schema."""
        required = schema.get("required", [])
        fields = [(name, name in required, field) for name, field in schema.get("properties", {}).items()]
        return sorted(fields, key=lambda field: not field[1])

    def _kind(self, kind: str, schema: Schema) -> Markup:
        if kind == "array":
            return Markup("list of {}").format(self.type(schema["items"])) if "items" in schema else Markup("list")
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            return Markup("object of {}").format(self.type(schema["additionalProperties"]))
        return escape(kind)

    @staticmethod
    def _choices(values: list[Any]) -> Markup:
        shown = Markup(", ").join(Markup("<code>{}</code>").format(_shown(value)) for value in values[:_FEW])
        if len(values) <= _FEW:
            return Markup("one of {}").format(shown)
        rest = Markup(", ").join(Markup("<code>{}</code>").format(_shown(value)) for value in values[_FEW:])
        return Markup("<details><summary>one of {} values</summary>{}, {}</details>").format(len(values), shown, rest)

    @staticmethod
    def _range(schema: Schema, low: str, high: str, unit: str) -> list[Markup]:
        least, most = schema.get(low), schema.get(high)
        if least is None and most is None:
            return []
        if least is None:
            return [Markup("at most {:,}{}").format(most, unit)]
        return [Markup("at least {:,}{}").format(least, unit) if most is None
                else Markup("{:,} to {:,}{}").format(least, most, unit)]  # fmt: skip


def _form(pattern: str) -> Markup:
    """Says in words what a pattern asks for, with the pattern itself folded behind them."""
    folded = Markup("<details><summary>pattern</summary><code>{}</code></details>").format(pattern)
    return Markup("{} {}").format(WORDS[pattern], folded) if pattern in WORDS else folded


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
