"""Renders the overview of queues, outbox and API as a page."""

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from orders.adapters.durations import short_duration
from orders.application.operations.read_overview import Overview
from orders.ports.recent_figures import Figures

UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure in large letters with its meaning; ``look``: it needs one."""

    value: str
    meaning: str
    look: bool = False


class OverviewPage:
    """The page, which reloads itself.

    Args:
        title: of the page.
        back: address and words of the page that it belongs to.
        as_json: address of the same as JSON.
    """

    def __init__(self, title: str, *, back: tuple[str, str], as_json: str, refresh_seconds: int = 5) -> None:
        self._fixed: dict[str, Any] = {
            "title": title, "back": back, "as_json": as_json, "refresh_seconds": refresh_seconds,
        }  # fmt: skip
        environment = Environment(
            loader=PackageLoader("orders", "templates/console"), autoescape=True, undefined=StrictUndefined
        )
        environment.filters["duration"] = _duration
        environment.filters["count"] = _count
        self._template = environment.get_template("overview.html")

    def render(self, overview: Overview) -> str:
        """Returns the page as HTML."""
        figures = overview.figures
        return self._template.render(
            **self._fixed,
            overview=overview,
            tiles=[*_outbox_tiles(overview), *([] if figures is None else _figure_tiles(overview, figures))],
            durations=[] if figures is None else [Tile(_duration(v), g.replace("_", " ")) for g, v in _p95(figures)],
            ages_known=any(each.oldest_seconds is not None for each in overview.queues),
        )


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


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)
