"""The version of the items' shape, and what a reader does with one that it does not know.

Two releases always run side by side for a while, and after a failed one the older runs on. So a release may add
attributes, which older readers pass over; only a change that an older reader would misread raises the version.
What it adds goes to the item's top level: an older release that changes an order writes its maps anew and would drop
what it does not know inside them.
"""

from collections.abc import Mapping
from typing import Any

from orders.ports.errors import PermanentPortError

SCHEMA_VERSION = 1
SCHEMA_ATTRIBUTE = "schemaVersion"


class NewerSchema(PermanentPortError):
    """A later release wrote the item in a shape that this one would misread.

    Attributes:
        found: the item's schema version.
        known: the highest that this release reads.
    """

    def __init__(self, found: int, known: int = SCHEMA_VERSION) -> None:
        self.found = found
        self.known = known
        super().__init__(
            "orders table",
            f"an item has schema version {found}, this release reads up to {known}: "
            "a later release is or was running; deploy that one or a later",
        )


def check_schema(item: Mapping[str, Any], known: int = SCHEMA_VERSION) -> None:
    """Let items of this and earlier releases pass. Raises: NewerSchema."""
    found = int(item.get(SCHEMA_ATTRIBUTE, SCHEMA_VERSION))
    if found > known:
        raise NewerSchema(found, known)
