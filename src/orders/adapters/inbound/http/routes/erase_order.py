"""The route that erases an order's personal data."""

from functools import partial

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from orders.adapters.inbound.http.routes.preconditions import preconditions
from orders.adapters.inbound.http.routes.request_bodies import Call, read_body
from orders.adapters.inbound.http.routes.responses import (
    erasing_answer,
    to_response,
)
from orders.adapters.wire.requests import (
    EraseBody,
)
from orders.application.orders.erase_personal_data import ErasePersonalData
from orders.application.orders.open_order import OpenOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action


@post("/{order_id:str}/erase", status_code=202)
async def erase(
    request: Call,
    order_id: FromPath[str],
    caller: NamedDependency[Caller],
    open_order: NamedDependency[OpenOrder],
    erase_personal_data: NamedDependency[ErasePersonalData],
) -> Response[bytes]:
    """Erase an order's personal data; again changes nothing."""
    respond = partial(erasing_answer, caller=caller)
    order = await open_order.execute(caller, order_id, Action.ERASE, include_deleted=True)
    await read_body(request, EraseBody, optional=True)
    erased = await erase_personal_data.execute(caller, order, terms=await preconditions(request, respond))
    return to_response(respond(erased))
