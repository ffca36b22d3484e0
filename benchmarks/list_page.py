"""[Q-3]: the first page of a shop's orders, 25 of them, against one query.

The floor makes the service's own call, which was recorded, and answers with the same bytes. Staff read it, newest
first.
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
    PAGE,
    Ground,
    answer_of,
    in_turn,
    listed_orders,
    recorded_call,
    seed,
)
from benchmarks.load import Requests


def floor(client: Any, asked: dict[str, Any], answer: bytes) -> Any:
    """Makes the bare handler: one query."""

    @get(ORDERS_PATH)
    async def read() -> Response[bytes]:
        found = await client.query(**asked)
        return Response(answer if found["Items"] else b"", media_type="application/json")

    return read


class ListPage:
    """The first page of a shop's orders."""

    id, name = "Q-3", "list of 25"
    target: float | None = 2.0
    leaves_out = (
        "the token, whether the caller may see the orders, the audit record, the cursor, the making of the answer"
    )

    async def sides(self, ground: Ground) -> tuple[Opened, Opened]:
        """See ``Comparison``."""
        await seed(ground, listed_orders(LISTED))
        tokens = ground.tokens("admin", tenant=LISTED_TENANT)

        def callers() -> list[Requests]:
            return [in_turn([PAGE], token) for token in tokens]

        asked = await recorded_call(ground, next(callers()[0]), "Query")
        answer = await answer_of(ground, next(callers()[0]))

        def ours(stack: ExitStack) -> Side:
            return Side([stack.enter_context(api_process(ground.settings()))], callers())

        def bare(stack: ExitStack) -> Side:
            process = bare_process(floor, ground.stand_in.url, asked, answer)
            return Side([stack.enter_context(process)], callers())

        return ours, bare
