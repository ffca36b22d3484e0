"""Shows queues, outbox and rates of this machine as a page and as JSON."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from orders.adapters.inbound.http.console.live import LiveStreams
from orders.adapters.inbound.http.console.overview_page import OverviewPage
from orders.adapters.inbound.http.console.shell import Shell
from orders.adapters.wire import json_body
from orders.adapters.wire.overview_body import overview_body
from orders.application.operations.read_overview import ReadOverview


def top_routes(shell: Shell, overview: ReadOverview, streams: LiveStreams) -> list[HTTPRouteHandler]:
    """Makes the routes ``/top`` and ``/top.json`` below the console's root."""
    address = f"{shell.root}/top"
    page = OverviewPage(shell, "Queues and errors", as_json=f"{address}.json", live=f"{address}/live")

    @get("/top")
    async def top() -> Response[str]:
        """Shows the current state."""
        return shell.response(page.page(await overview.execute()), here=address)

    @get("/top/live")
    async def top_live(request: Request[Any, Any, Any]) -> Response[Any]:
        """Tells when the state has changed."""

        async def look() -> str:
            return page.page(await overview.execute()).fingerprint

        return streams.response(request, look)

    @get("/top.json")
    async def top_json() -> Response[bytes]:
        """Returns the current state, with the same names as `orders top --json`."""
        body = json_body.encode(overview_body(await overview.execute()))
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    return [top, top_live, top_json]
