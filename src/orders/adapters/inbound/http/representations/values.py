"""Defines the types of representations' fields, and formats their values."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar, cast

from pydantic import Field
from typing_extensions import TypeAliasType

from orders.adapters.wire.fields import JsonSchemaExtra
from orders.contracts.cloud_event import rfc3339
from orders.domain.identity import ORDER_ID_PATTERN, ORDER_NUMBER_PATTERN
from orders.domain.lifecycle import Status

BASE = "/v1.0/orders"

OrderId = Annotated[str, Field(pattern=ORDER_ID_PATTERN)]
OrderNumber = Annotated[str, Field(pattern=ORDER_NUMBER_PATTERN)]
Money = Annotated[Decimal, JsonSchemaExtra({"minimum": 0})]
"""An amount with exactly the currency's digits."""
Time = Annotated[
    str, JsonSchemaExtra({"format": "date-time", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"})
]
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Uri = Annotated[str, JsonSchemaExtra({"format": "uri"})]
UriReference = Annotated[str, JsonSchemaExtra({"format": "uri-reference"})]
StatusOrAccepted = TypeAliasType(
    "StatusOrAccepted",
    Annotated[
        str, JsonSchemaExtra({"enum": ["accepted", *map(str, Status)], "description": "`accepted` until it is placed."})
    ],
)
"""One enumeration and not a union of two: generators for many languages don't make a text of a union of texts."""

View = TypeVar("View", bound=Mapping[str, object])


def moment(at: datetime) -> str:
    """Formats a time as RFC 3339 in UTC with milliseconds, as in ``2026-03-01T12:00:00.000Z``."""
    return rfc3339(at)


def given(view: View) -> View:
    """Removes the fields without a value: optional fields are left out, never ``null``."""
    return cast("View", {name: value for name, value in view.items() if value is not None})
