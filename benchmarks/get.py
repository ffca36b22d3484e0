"""[Q-2]: reading one order, against one call of the table.

The floor makes the service's own call, which was recorded, on the same items, and answers with the same bytes. Each
order is read by its customer.
"""

from contextlib import ExitStack
from typing import Any

from litestar import Response, get

from benchmarks.api_process import api_process
from benchmarks.bare import bare_process
from benchmarks.compare import Opened, Side
from benchmarks.ground import (
    LISTED,
    LISTED_TENANT,
    ORDERS_PATH,
    Ground,
    answer_of,
    in_turn,
    listed_orders,
    recorded_call,
    seed,
)
from benchmarks.load import CONNECTIONS, Requests


def floor(client: Any, asked: dict[str, Any], order_id: str, answer: bytes) -> Any:
    """Makes the bare handler: one item by its key."""
    partition = asked["Key"]["PK"]["S"]

    @get(f"{ORDERS_PATH}/{{order:str}}")
    async def read(order: str) -> Response[bytes]:
        found = await client.get_item(
            **asked | {"Key": asked["Key"] | {"PK": {"S": partition.replace(order_id, order)}}}
        )
        body = answer.replace(order_id.encode(), found["Item"]["orderId"]["S"].encode())
        return Response(body, media_type="application/json")

    return read


class Get:
    """One order."""

    id, name = "Q-2", "get"
    target: float | None = 1.2
    leaves_out = "the token, whether the caller may see the order, the audit record, the making of the answer"

    async def sides(self, ground: Ground) -> tuple[Opened, Opened]:
        """See ``Comparison``."""
        orders = listed_orders(LISTED)
        await seed(ground, orders)
        tokens = ground.tokens("customer", tenant=LISTED_TENANT)

        def callers() -> list[Requests]:
            return [
                in_turn([f"{ORDERS_PATH}/{order.order_id}" for order in orders[caller::CONNECTIONS]], token)
                for caller, token in enumerate(tokens)
            ]

        first = orders[0].order_id
        asked = await recorded_call(ground, next(callers()[0]), "GetItem")
        answer = await answer_of(ground, next(callers()[0]))

        def ours(stack: ExitStack) -> Side:
            return Side([stack.enter_context(api_process(ground.settings()))], callers())

        def bare(stack: ExitStack) -> Side:
            process = bare_process(floor, ground.stand_in.url, asked, first, answer)
            return Side([stack.enter_context(process)], callers())

        return ours, bare
