"""Makes the page that lists orders."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from markupsafe import Markup

from orders.adapters.inbound.http.console.overview_page import summary_tiles
from orders.adapters.inbound.http.console.shell import Page, Shell
from orders.adapters.inbound.http.representations.values import moment
from orders.application.operations.browse_orders import BrowsedPage, BrowseOrders, Mark, Place
from orders.application.operations.read_overview import ReadOverview
from orders.application.policy.caller import Caller
from orders.domain.identity import ORDER_ID_PATTERN, is_key
from orders.domain.lifecycle import Status

TITLE = "Orders"
PAGE_SIZE = 25
_BEHIND = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z~(" + ORDER_ID_PATTERN.strip("^$") + ")", re.ASCII)

Shops = Callable[[], Awaitable[Sequence[str]]]
"""Returns the ids of the shops that this console shows. Raises: TransientPortError."""

CallerOf = Callable[[str], Caller]
"""Returns as whom this console reads a shop's orders, deleted ones included."""


class InvalidQuery(Exception):
    """The page's address is none that this console gives."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Additions of a console to the list.

    Attributes:
        actions: beside the title; gets the shops and the one that is chosen.
        when_empty: what to do where there are no orders.
    """

    actions: Callable[[Sequence[str], str | None], Markup]
    when_empty: Markup


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise InvalidQuery(f"{text!r} is no status of an order: they are {', '.join(Status)}") from None


def _mark(text: str) -> Mark:
    try:
        return Mark(text)
    except ValueError:
        raise InvalidQuery(f"{text!r} is no mark of an order: they are {', '.join(Mark)}") from None


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which orders the page shows: of one shop or all, in one status or any, with a mark or any, behind a place or from
    the newest on.
    """

    shop: str | None = None
    status: Status | None = None
    mark: Mark | None = None
    behind: Place | None = None

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "ListQuery":
        """Reads a query; empty values are none. Raises: InvalidQuery."""
        status, mark, behind = (parameters.get(name) or None for name in ("status", "mark", "behind"))
        try:
            return cls(
                read_shop(parameters),
                None if status is None else _status(status),
                None if mark is None else _mark(mark),
                None if behind is None else _place(behind),
            )
        except ValueError as error:
            raise InvalidQuery(str(error)) from None

    def written(self, *, behind: Place | None = None) -> str:
        """Writes the query of the page behind a place; starts with ``?`` unless it is empty."""
        found = {
            "shop": self.shop or "",
            "status": self.status or "",
            "mark": self.mark or "",
            "behind": "" if behind is None else f"{moment(behind.created_at)}~{behind.order_id}",
        }
        given = {name: value for name, value in found.items() if value}
        return f"?{urlencode(given)}" if given else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A link to other orders of the list; ``chosen``: those that the page shows."""

    words: str
    href: str
    chosen: bool


class OrderList:
    """The list of orders of several shops, newest first, page by page.

    Args:
        overview: adds figures of queues and outbox, if given.
    """

    def __init__(
        self,
        shell: Shell,
        browse: BrowseOrders,
        shops: Shops,
        caller_of: CallerOf,
        slots: Slots,
        overview: ReadOverview | None = None,
    ) -> None:
        self._shell = shell
        self._browse = browse
        self._shops = shops
        self._caller_of = caller_of
        self._slots = slots
        self._overview = overview

    async def page(self, query: ListQuery) -> Page:
        """Makes the page. Raises: TransientPortError."""
        shops = await self._shops()
        wanted = shops if query.shop is None else [each for each in shops if each == query.shop]
        found = await self._browse.execute(
            [self._caller_of(each) for each in wanted],
            statuses=() if query.status is None else (query.status,),
            mark=query.mark,
            behind=query.behind,
            limit=PAGE_SIZE,
        )
        overview = None if self._overview is None else await self._overview.execute()
        root = self._shell.root
        main = self._shell.render(
            "console/orders.html",
            title=TITLE,
            found=found,
            shops=shops,
            filters=self._filters(query, shops),
            filtered=query != ListQuery(),
            behind=query.behind is not None,
            newest=f"{root}/{query.written()}",
            older=self._older(query, found),
            figures=[] if overview is None else summary_tiles(overview),
            concerns=0 if overview is None else overview.concerns,
            actions=self._slots.actions(shops, query.shop),
            when_empty=self._slots.when_empty,
        )
        live = f"{root}/live{query.written(behind=query.behind)}"
        # Each look at an order that can't be read is an error in the log.
        return Page(TITLE, main, live=None if found.unreadable else live)

    def _filters(self, query: ListQuery, shops: Sequence[str]) -> list[tuple[str, list[Choice]]]:
        """Returns the links to one shop's orders or all, to those in one status or any, and with one mark or any."""

        newest = replace(query, behind=None)

        def choice(words: str, wanted: ListQuery) -> Choice:
            return Choice(words, f"{self._shell.root}/{wanted.written()}", wanted == newest)

        of_shops = [choice("all", replace(newest, shop=None))]
        of_shops += [choice(each, replace(newest, shop=each)) for each in shops]
        of_statuses = [choice("any", replace(newest, status=None))]
        of_statuses += [choice(each.replace("_", " "), replace(newest, status=each)) for each in Status]
        of_marks = [choice("any", replace(newest, mark=None))]
        of_marks += [choice(each, replace(newest, mark=each)) for each in Mark]
        return [("Shop", of_shops), ("Status", of_statuses), ("Marked", of_marks)]

    def _older(self, query: ListQuery, found: BrowsedPage) -> str | None:
        if found.next_place is None:
            return None
        return f"{self._shell.root}/{query.written(behind=found.next_place)}"


def read_shop(parameters: Mapping[str, str]) -> str | None:
    """Reads the id of a shop; ``None`` if it is empty or missing. Raises: InvalidQuery."""
    shop = parameters.get("shop") or None
    if shop is not None and not is_key(shop):
        raise InvalidQuery("a shop's id is 1 to 64 of letters, digits, '_', '.' and '-'")
    return shop


def _place(text: str) -> Place:
    match = _BEHIND.fullmatch(text)
    if match is None:
        raise ValueError("a place in the list is a time and an order's id")
    return Place(datetime.fromisoformat(match[1]).replace(tzinfo=UTC), match[2])
