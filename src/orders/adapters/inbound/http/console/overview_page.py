"""Renders the overview of queues, outbox and API as a page."""

from dataclasses import dataclass

from orders.adapters.durations import short_duration
from orders.adapters.inbound.http.console.shell import UNKNOWN, Page, Shell
from orders.application.operations.read_overview import Overview
from orders.ports.recent_figures import Figures


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure in large letters with its meaning; ``look``: it needs one."""

    value: str
    meaning: str
    look: bool = False


class OverviewPage:
    """The page of all queues, the outbox, rates and last errors.

    Args:
        title: of the page.
        as_json: address of the same as JSON.
        live: address of its stream.
    """

    def __init__(self, shell: Shell, title: str, *, as_json: str, live: str) -> None:
        self._shell = shell
        self._title = title
        self._as_json = as_json
        self._live = live

    def page(self, overview: Overview) -> Page:
        """Makes the page."""
        figures = overview.figures
        main = self._shell.render(
            "console/overview.html",
            title=self._title,
            as_json=self._as_json,
            overview=overview,
            tiles=[*_outbox_tiles(overview), *([] if figures is None else _figure_tiles(overview, figures))],
            durations=[] if figures is None else [Tile(_duration(v), g.replace("_", " ")) for g, v in _p95(figures)],
            ages_known=any(each.oldest_seconds is not None for each in overview.queues),
        )
        concerns = f"({overview.concerns}) " if overview.concerns else ""
        return Page(f"{concerns}{self._title}", main, live=self._live)


def summary_tiles(overview: Overview) -> list[Tile]:
    """Returns the figures of queues and outbox in few words: sums over all queues that could be read."""
    depths = [each.depth for each in overview.queues if each.depth is not None]
    late = any(each.is_late for each in overview.queues)
    waiting, in_flight = sum(each.waiting for each in depths), sum(each.in_flight for each in depths)
    queues = [
        Tile(str(waiting) if depths else UNKNOWN, "messages waiting", late),
        Tile(str(in_flight) if depths else UNKNOWN, "messages in flight"),
    ]
    asked = [*(each.dead_letters for each in overview.queues), *(each.dead_letters for each in overview.rules)]
    letters = [each for each in asked if each is not None]
    count = sum(letters)
    return [*queues, Tile(str(count) if letters else UNKNOWN, "dead letters", count > 0), *_outbox_tiles(overview)]


def _outbox_tiles(overview: Overview) -> list[Tile]:
    shards = overview.outbox
    if not shards:
        return [Tile(UNKNOWN, "events waiting in the outbox")]
    count, more = sum(each.waiting for each in shards), any(each.more for each in shards)
    oldest = max((each.oldest_seconds for each in shards if each.oldest_seconds is not None), default=None)
    late = any(each.is_late for each in shards)
    tiles = [
        Tile(f"{count}{'+' if more else ''}", f"orders in the outbox ({len(shards)} shards)"),
        Tile("none" if oldest is None else _duration(oldest), "oldest in the outbox", late),
    ]
    unreadable = sum(each.unreadable for each in shards)
    return [*tiles, Tile(str(unreadable), "unreadable in the outbox", True)] if unreadable else tiles


def _figure_tiles(overview: Overview, figures: Figures) -> list[Tile]:
    share = figures.error_rate
    return [
        Tile(_rate(figures, figures.requests), "requests / min"),
        Tile(UNKNOWN if share is None else f"{share:.1%}", "requests failed", overview.too_many_errors),
        Tile(_rate(figures, figures.orders_created), "orders created / min"),
        Tile(_rate(figures, figures.events_published), "events published / min"),
        Tile(_rate(figures, figures.mails_sent), "mails sent / min"),
    ]


def _p95(figures: Figures) -> list[tuple[str, float]]:
    return list(figures.p95_seconds.items())


def _rate(figures: Figures, count: float | None) -> str:
    rate = figures.per_minute(count)
    return UNKNOWN if rate is None else f"{rate:.1f}" if rate < 100 else f"{rate:.0f}"


def _duration(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else short_duration(seconds)
