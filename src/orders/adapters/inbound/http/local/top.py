"""Shows queues, outbox and rates of `orders dev` as a page and as JSON. Never part of a deployed API."""

from litestar import Response, Router, get

from orders.adapters.inbound.http.console.overview_page import OverviewPage
from orders.adapters.inbound.http.local.loopback import asked_as_loopback
from orders.adapters.inbound.http.local.pages import html_page
from orders.adapters.wire import json_body
from orders.adapters.wire.overview_body import overview_body
from orders.application.operations.read_overview import ReadOverview


def top_pages(overview: ReadOverview) -> Router:
    """Makes the routes ``/local/top`` and ``/local/top.json``."""
    page = OverviewPage("What runs on this machine", back=("/local/", "mails and PDFs"), as_json="/local/top.json")

    @get("/top")
    async def top() -> Response[str]:
        """Shows the current state, and reloads itself."""
        return html_page(page.render(await overview.execute()))

    @get("/top.json")
    async def top_json() -> Response[bytes]:
        """Returns the current state, with the same names as `orders top --json`."""
        body = json_body.encode(overview_body(await overview.execute()))
        return Response(body, media_type="application/json")

    return Router(path="/local", route_handlers=[top, top_json], guards=[asked_as_loopback])
