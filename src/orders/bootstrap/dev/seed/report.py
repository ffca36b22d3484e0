"""Reports what the seed has made."""

from collections import Counter
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from orders.adapters.inbound.cli.output import counted
from orders.bootstrap.dev.seed.seeding import Seeded, Seen
from orders.domain.lifecycle import Status

_DELETED, _ERASED = "deleted", "erased"


def report(done: Seeded, console: Console, typed: Callable[[str], str]) -> None:
    """Prints what was added, and what there is now: orders by status and shop, and what is beside them.

    ``typed`` makes a command of its words, as it is typed here.
    """
    shops = list(dict.fromkeys(seen.sample.shop for seen in done.seen))
    if done.anything:
        made = [f"{done.placed} placed", f"{counted(done.changed, 'change')} made"]
        was = ", ".join(made if done.placed or done.changed else ["a dead letter or a returned mail made anew"])
        there = f"{counted(len(done.seen), 'order')} in {counted(len(shops), 'shop')}"
        console.print(f"sample orders: {was}; there are {there} now", soft_wrap=True)
    else:
        console.print(f"sample orders: nothing to add, all {len(done.seen)} are there", soft_wrap=True)
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 2))
    table.add_column("status")
    for shop in shops:
        table.add_column(shop, justify="right")
    found = Counter((_kept_as(seen), seen.sample.shop) for seen in done.seen)
    for status in (*Status, _DELETED, _ERASED):
        counts = [found[status, shop] for shop in shops]
        if any(counts):
            table.add_row(str(status).replace("_", " "), *(str(count or "–") for count in counts))
    console.print(table)
    feedback = Counter(seen.feedback for seen in done.seen)
    parts = [
        counted(sum(seen.parcels for seen in done.seen), "parcel"),
        counted(feedback["bounced"], "bounce"),
        counted(feedback["complained"], "complaint"),
        counted(feedback["bounced"] + feedback["complained"], "suppressed address", "suppressed addresses"),
        counted(done.dead_letters, "dead letter"),
    ]
    console.print(f"  and {', '.join(parts)}", soft_wrap=True)
    for words in ("dlq show pdf-creator", "suppressions list --tenant demo"):
        console.print(f"  see {typed(words)}", soft_wrap=True)
    if done.left:
        keys = ", ".join(done.left)
        console.print(f"  left as somebody has changed them meanwhile: {keys}", soft_wrap=True)
    console.print()


def _kept_as(seen: Seen) -> str:
    """Returns the status, unless the order is deleted or erased: its status is that of before."""
    if seen.erased:
        return _ERASED
    return _DELETED if seen.deleted else seen.status
