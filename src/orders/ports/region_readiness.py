"""What a region needs to take the writer's part: looked at before a switch, and scaled first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Need(StrEnum):
    """Names what a region needs, apart from its copy of the data."""

    IMAGES = "images"
    SECRETS = "secrets"
    CERTIFICATES = "certificates"
    MAIL_QUOTA = "mail quota"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Finding:
    """Says what a look at one need found.

    Attributes:
        ok: whether the region has it; ``None`` if that can't be asked.
        detail: the figures, what is missing, or why it can't be asked.
    """

    need: Need
    ok: bool | None
    detail: str


class RegionReadiness(Protocol):
    """Looks at regions as their operators would, and scales one of them."""

    async def look(self, region: str) -> Sequence[Finding]:
        """Returns one finding for each ``Need``, in that order. Raises nothing: what can't be asked is a finding."""
        ...

    async def scale(self, target: str, *, like: str) -> Sequence[str]:
        """Raises the target's tasks to the other region's numbers, and never lowers one. Idempotent.

        Raises nothing: a region that is short of tasks scales by itself under load, and is better than none.

        Returns:
            A sentence for each service that is raised, and one for what could not be.
        """
        ...
