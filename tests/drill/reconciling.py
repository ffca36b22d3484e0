"""``orders dr reconcile`` as an operator runs it: until there is nothing left to say."""

import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.drill.regions.region import CommandFailed, Said

_ORDER_ID = re.compile(r"ord_[0-9A-Z]{26}")
_MAIL = "mail"
LOOKS = "look up what "
"""So begins what the command tells before it reads a region's stream; what it waits for a lease for comes first."""
LOOKED_BACK = "30m"
"""Longer than any drill."""


class Operated(Protocol):
    """A region where an operator gives commands."""

    async def command(self, *arguments: str, exit_codes: tuple[int, ...] = (0,)) -> Said:
        """Run one. Raises: CommandFailed."""
        ...


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


@dataclass
class Reconciling:
    """An operator who reconciles after each switch.

    Attributes:
        named: all that was named so far: names of an earlier run stay, acknowledged or arrived.
        dealt_with: the findings that were acknowledged.
    """

    named: Named = field(default_factory=Named)
    dealt_with: set[str] = field(default_factory=set)

    async def begin(self, region: Operated) -> None:
        """Run it where the writer is, while the other region may be gone. Raises: CommandFailed."""
        self._noted((await _said(region)).json())

    async def complete(self, region: Operated, arrived: Awaitable[float] | None = None) -> list[str]:
        """Run it where the writer is, with both regions there; returns the findings to be dealt with.

        Args:
            arrived: when all that the other region held has arrived, if that is still waited for. A run that looked
                earlier doesn't count: of what it names, some is only late.

        Raises: CommandFailed.
        """
        said = await _said(region)
        if arrived is not None:
            looked_at = said.told_at(LOOKS)
            if looked_at is None or looked_at < await arrived:
                said = await _said(region)
        report = said.json()
        self._noted(report)
        if report["unread"] or not report["erasures"]["complete"]:
            raise CommandFailed(f"reconcile was not complete: {report['unread']}, {report['erasures']}")
        open_ids = open_findings(report)
        forgotten = self.dealt_with.intersection(open_ids)
        if forgotten:
            raise CommandFailed(f"findings that were acknowledged are open again: {sorted(forgotten)}")
        return open_ids

    async def deal_with(self, region: Operated, open_ids: Sequence[str]) -> None:
        """Acknowledge findings; then there must be nothing left to say.

        That is asked for by a dry run: it looks up everything again as well, and has nothing to wait for, since it
        publishes and erases nothing.

        Raises: CommandFailed.
        """
        if open_ids:
            given = [part for finding_id in open_ids for part in ("--acknowledge", finding_id)]
            await region.command("dr", "reconcile", *given, "--by", "rehearsal", "--yes", "--json")
            self.dealt_with.update(open_ids)
            await region.command("dr", "reconcile", "--dry-run", "--json")

    def _noted(self, report: Mapping[str, Any]) -> None:
        self.named |= named(report["findings"])


def open_findings(report: Mapping[str, Any]) -> list[str]:
    """Returns the ids of a report's findings that nobody has acknowledged."""
    return [finding["id"] for finding in report["findings"] if finding["acknowledged_by"] is None]


async def rebuild_events(region: Operated) -> None:
    """Publish again, from the table, what may have been in the queues of the region that wrote before.

    Neither a bus nor a queue is replicated: what was published there and not worked on yet is nobody's work here.
    """
    await region.command("events", "replay", "--all-tenants", "--since", LOOKED_BACK, "--with-mails", "--json")


async def _said(region: Operated) -> Said:
    return await region.command("dr", "reconcile", "--yes", "--json", exit_codes=(0, 1))
