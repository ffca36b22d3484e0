"""Every event that a test emits is held against its schema ([PIPE-2])."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema

from orders.contracts.cloud_event import event_type
from orders.contracts.event_schema import event_schema
from orders.domain.events import EventType
from tests.support.closed_schemas import closed


@cache
def _validator(type_: EventType) -> jsonschema.Draft202012Validator:
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(closed(event_schema(type_)), format_checker=checks)


def check_event(event: Mapping[str, Any]) -> None:
    """Raises: jsonschema.ValidationError: the event, as other systems read it, is not what they are promised."""
    _validator(event_type(event["type"])).validate(event)
