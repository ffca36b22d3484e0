"""Issues tokens of the development issuer to anyone on this machine. Never part of a deployed API."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler

from orders.adapters.inbound.http.local.loopback import asked_as_loopback
from orders.adapters.inbound.http.requests.parameters import TokenParameters, token_parameters

TokenMint = Callable[[TokenParameters], str]


def local_token(mint: TokenMint) -> ControllerRouterHandler:
    """Makes the route ``/local/token``."""

    @get("/local/token", sync_to_thread=False, guards=[asked_as_loopback])
    def token(request: Request[Any, Any, Any]) -> Response[str]:
        """Returns a bare token as text, for the given ``customer`` and ``role``s, and ``tenant`` and ``email``."""
        made = mint(token_parameters(request.query_params))
        return Response(made, media_type="text/plain", headers={"Cache-Control": "no-store"})

    return token
