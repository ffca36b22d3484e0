"""``orders dr verify``: compares two regions, or a restored table with its origin ([OPS-9])."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.options.times import a_time
from orders.adapters.inbound.cli.output import counted, print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, CopiesAsked, Runtime
from orders.application.regions.verify_copies import DayCount, Difference, VerifyCopies

MOST_NAMED = 1000
"""So many orders that differ are named; all of them are counted."""
DEFAULT_SPAN = timedelta(days=7)


def register(group: typer.Typer, runtime: Runtime) -> None:
    """Adds ``verify``."""

    @group.command(
        epilog="Exit codes: 0 both are the same; 1 something differs; 2 could not be compared, with the reason."
    )
    def verify(
        table: Annotated[
            str | None,
            typer.Option("--table", metavar="TABLE", help="A table here (default: ORDERS_TABLE's)."),
        ] = None,
        other_table: Annotated[
            str | None,
            typer.Option("--other-table", metavar="TABLE", help="Compare with this table here: its origin."),
        ] = None,
        other_bucket: Annotated[
            str | None,
            typer.Option("--other-bucket", metavar="BUCKET", help="OTHER_REGION's bucket of PDFs (default: derived)."),
        ] = None,
        since: Annotated[
            str | None,
            typer.Option(metavar="TIME", help="From this day on: 2026-03-01T00:00:00Z, or 30d ago (default: 7d)."),
        ] = None,
        until: Annotated[
            str | None, typer.Option(metavar="TIME", help="To this day; format as --since (default: now).")
        ] = None,
        counts_only: Annotated[
            bool, typer.Option("--counts-only", help="Compare presence and sequences; leave out items and PDFs.")
        ] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Compare this region's orders with the other region's, or a restored table with its origin.

        Day by day: how many orders there are, their sequences without gaps, a checksum of each item, and which PDFs
        are there. What differs is compared once more after 10 s, for copies that are under way, and then named. It
        reads every order of those days in both: run it when there is time, or with --counts-only.
        """
        now = runtime.now()
        begin, end = a_time("--since", since, now) or now - DEFAULT_SPAN, a_time("--until", until, now) or now
        if end < begin:
            raise CommandError("--until must not be before --since: no day lies between them")
        asked = CopiesAsked(table, other_table, other_bucket)
        report = _Report(as_json=as_json)
        runtime.with_copies(AuditedCommand("dr verify"), report.working(begin, end, items=not counts_only), asked)
        report.end()


class _Report:
    """Prints differences as they are found, and the days in the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._named: list[Difference] = []
        self._days: list[DayCount] = []
        self._differing = 0

    def working(self, begin: datetime, end: datetime, *, items: bool) -> Callable[[VerifyCopies], Awaitable[None]]:
        """Returns the work, which fills the report."""

        async def work(use_case: VerifyCopies) -> None:
            self._differing = await use_case.execute(
                begin.astimezone(UTC), end.astimezone(UTC), tell=self._tell, items=items, per_day=self._days.append
            )

        return work

    def _tell(self, difference: Difference) -> None:
        if len(self._named) < MOST_NAMED:
            self._named.append(difference)
            if not self._as_json:
                words = "; ".join(difference.what)
                typer.echo(f"{difference.day} {difference.tenant_id}/{difference.order_id}: {words}")

    def end(self) -> None:
        """Prints the rest. Raises: typer.Exit with 1 if something differs."""
        if self._as_json:
            print_json(
                {
                    "differing": self._differing,
                    "days": [asdict(each) for each in self._days],
                    "orders": [asdict(each) for each in self._named],
                }
            )
        else:
            rows = [(each.day, each.left, each.right, each.differing) for each in self._days]
            print_table(
                f"{counted(self._differing, 'order')} {'differs' if self._differing == 1 else 'differ'}",
                ("day", "here", "there", "differing"),
                rows,
            )
        if self._differing:
            raise typer.Exit(1)
