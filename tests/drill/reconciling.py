"""``orders dr reconcile`` as an operator runs it: until there is nothing left to say."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.drill.regions.region import Region

_ORDER_ID = re.compile(r"ord_[0-9A-Z]{26}")
_MAIL = "mail"
LOOKED_BACK = "30m"
"""Longer than any drill."""


@dataclass(frozen=True, slots=True)
class Named:
    """What ``reconcile`` has named as overwritten or never arrived.

    Attributes:
        orders: those that have lost something, a mail intent apart; ``mails`` those that have lost a mail intent.
    """

    orders: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()

    def __or__(self, other: "Named") -> "Named":
        return Named(self.orders | other.orders, self.mails | other.mails)


def named(findings: Iterable[Mapping[str, Any]]) -> Named:
    """Returns what the command's findings name."""
    orders: set[str] = set()
    mails: set[str] = set()
    for finding in findings:
        found = _ORDER_ID.search(finding["id"])
        if found:
            (mails if finding["kind"] == _MAIL else orders).add(found[0])
    return Named(frozenset(orders), frozenset(mails))


async def reconciled(region: Region, *, is_complete: bool) -> Named:
    """Run it where the writer is, and return what it names.

    Args:
        is_complete: both regions are there: each finding is acknowledged, and then it must have nothing to say.

    Raises: CommandFailed.
    """
    report = await _ran(region)
    if is_complete:
        # The names of an earlier run stay, acknowledged or not.
        open_ids = [finding["id"] for finding in report["findings"] if finding["acknowledged_by"] is None]
        if open_ids:
            given = [part for finding_id in open_ids for part in ("--acknowledge", finding_id)]
            await region.command("dr", "reconcile", *given, "--by", "rehearsal", "--yes", "--json")
            await region.command("dr", "reconcile", "--yes", "--json")
    return named(report["findings"])


async def rebuild_events(region: Region) -> None:
    """Publish again, from the table, what may have been in the queues of the region that wrote before.

    Neither a bus nor a queue is replicated: what was published there and not worked on yet is nobody's work here.
    """
    await region.command("events", "replay", "--all-tenants", "--since", LOOKED_BACK, "--with-mails", "--json")


async def _ran(region: Region) -> Any:
    said = await region.command("dr", "reconcile", "--yes", "--json", exit_codes=(0, 1))
    return said.json()
