"""Serves the pages under ``/local``: orders, queues, mails and PDFs of this machine. Never part of a deployed API."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from orders.adapters.inbound.http.console.live import LiveStreams
from orders.adapters.inbound.http.console.order_list import InvalidQuery, ListQuery, OrderList, Shops, Slots, read_shop
from orders.adapters.inbound.http.console.order_page import OrderPage
from orders.adapters.inbound.http.console.shell import Shell, asset_routes
from orders.adapters.inbound.http.local.loopback import asked_as_loopback
from orders.adapters.inbound.http.local.mails import mail_routes
from orders.adapters.inbound.http.local.order_more import OrderMore
from orders.adapters.inbound.http.local.refusals import refusals
from orders.adapters.inbound.http.local.same_origin import TOKEN_FIELD, FormToken, from_these_pages
from orders.adapters.inbound.http.local.sample_orders import SampleOrders
from orders.adapters.inbound.http.local.top import top_routes
from orders.application.operations.browse_orders import BrowseOrders
from orders.application.operations.read_overview import ReadOverview
from orders.application.orders.list_orders import ListOrders
from orders.application.orders.open_order import OpenOrder
from orders.application.orders.place_order import PlaceOrder
from orders.application.orders.read_history import ReadHistory
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Role
from orders.ports.local_archive import KeptDocuments, KeptMails
from orders.ports.suppressions import Suppressions

ROOT = "/local"
LIST = f"{ROOT}/"


@dataclass(frozen=True, slots=True)
class Sources:
    """Sources of what the pages show.

    Attributes:
        shops: the shops of this machine.
        sample_shops: those that sample orders are offered for, whether they have orders or not.
        overview: ``None`` where nobody knows the state of queues and outbox.
    """

    list_orders: ListOrders
    open_order: OpenOrder
    read_history: ReadHistory
    place_order: PlaceOrder
    shops: Shops
    sample_shops: tuple[str, ...]
    mails: KeptMails
    documents: KeptDocuments
    suppressions: Suppressions
    overview: ReadOverview | None = None


def local_pages(sources: Sources, streams: LiveStreams) -> list[ControllerRouterHandler]:
    """Makes the routes under ``/local``."""
    navigation = [(LIST, "Orders"), *([(f"{ROOT}/top", "Queues and errors")] if sources.overview else [])]
    shell = Shell("orders on this machine", ROOT, [*navigation, ("/v1.0/docs", "API reference")])
    token = FormToken()
    more = OrderMore(shell, sources.mails, sources.documents, sources.suppressions)
    order_page = OrderPage(shell, sources.open_order, sources.read_history, sources.shops, developer, more.render)
    handlers = [
        *_list_routes(sources, shell, streams, token),
        *_order_routes(order_page, shell, streams),
        *mail_routes(shell, sources.mails, sources.documents, order_page.is_there),
        _sample_route(SampleOrders(sources.place_order), token),
        *([] if sources.overview is None else top_routes(shell, sources.overview, streams)),
    ]
    guarded = Router(
        path=ROOT,
        route_handlers=[*handlers, asset_routes()],
        guards=[asked_as_loopback],
        exception_handlers=refusals(shell),
    )
    return [guarded]


def developer(tenant_id: str) -> Caller:
    """Returns as whom the pages read a shop's orders: whoever is at this machine may see all of them."""
    return Caller(tenant_id, "local-pages", frozenset({Role.ADMIN}))


def _list_routes(sources: Sources, shell: Shell, streams: LiveStreams, token: FormToken) -> list[HTTPRouteHandler]:
    def actions(shops: Sequence[str], shop: str | None) -> Markup:
        offered = [*sources.sample_shops, *(each for each in shops if each not in sources.sample_shops)]
        return shell.render("local/sample_form.html", shops=offered, shop=shop, field=TOKEN_FIELD, token=token.value)

    slots = Slots(actions, shell.render("local/no_orders.html"))
    browse = BrowseOrders(sources.list_orders)
    orders = OrderList(shell, browse, sources.shops, developer, slots, sources.overview)

    @get("/")
    async def index(request: Request[Any, Any, Any]) -> Response[str]:
        """Lists the orders of all shops."""
        return shell.response(await orders.page(ListQuery.read(request.query_params)), here=LIST)

    @get("/live")
    async def index_live(request: Request[Any, Any, Any]) -> Response[Any]:
        """Tells when the list has changed."""
        query = ListQuery.read(request.query_params)

        async def look() -> str:
            return (await orders.page(query)).fingerprint

        return streams.response(request, look)

    return [index, index_live]


def _order_routes(order_page: OrderPage, shell: Shell, streams: LiveStreams) -> list[HTTPRouteHandler]:
    @get("/orders", sync_to_thread=False)
    def to_index() -> Redirect:
        """Redirects from an order's address without the order to the list."""
        return Redirect(LIST)

    @get("/orders/{named:str}")
    async def order(request: Request[Any, Any, Any], named: FromPath[str]) -> Response[str]:
        """Shows an order."""
        shop, after = _order_query(request)
        return shell.response(await order_page.page(named, shop, after), here="")

    @get("/orders/{named:str}/live")
    async def order_live(request: Request[Any, Any, Any], named: FromPath[str]) -> Response[Any]:
        """Tells when an order's page has changed."""
        shop, after = _order_query(request)

        async def look() -> str:
            return (await order_page.page(named, shop, after)).fingerprint

        return streams.response(request, look)

    return [to_index, order, order_live]


def _order_query(request: Request[Any, Any, Any]) -> tuple[str | None, str]:
    return read_shop(request.query_params), request.query_params.get("after", "")


def _sample_route(samples: SampleOrders, token: FormToken) -> HTTPRouteHandler:
    @post("/sample-order", guards=[from_these_pages])
    async def sample_order(request: Request[Any, Any, Any]) -> Redirect:
        """Places a sample order, and leads to its page."""
        form = await request.form()
        token.check(form.get(TOKEN_FIELD))
        shop = read_shop({"shop": str(form.get("shop", ""))})
        if shop is None:
            raise InvalidQuery("a sample order needs a shop")
        placed = await samples.place(shop)
        return Redirect(f"{ROOT}/orders/{placed.order_id}", query_params={"shop": shop}, status_code=303)

    return sample_order


@get("/", sync_to_thread=False)
def to_local_pages() -> Redirect:
    """Redirects from the bare address, which people open in a browser, to the pages."""
    return Redirect(LIST)
