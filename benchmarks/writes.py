"""[Q-10]: what one order writes into the table up to both mails, counted at the wire; no time is measured."""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from benchmarks.compare import Plan
from benchmarks.ground import Ground
from benchmarks.report import Figure
from tests.contract.moto_server import moto_server
from tests.contract.order_writes import AT_MOST, EVENT, MAIL, ORDER, writes_of_an_order


async def writes(_ground: Ground, _plan: Plan) -> list[Figure]:
    """Sees one order through the whole service, on moto."""
    with TemporaryDirectory() as directory, moto_server() as url:
        found = await writes_of_an_order(url, f"b{uuid4().hex[:10]}", Path(directory))
    told = {each: float(found.items.count(each)) for each in (ORDER, EVENT, MAIL)}
    return [
        Figure(
            "Q-10",
            "writes of an order, to both mails",
            found.charged,
            (found.charged, found.charged),
            AT_MOST,
            at_most=True,
            told=told | {"refused": found.refused},
        )
    ]
