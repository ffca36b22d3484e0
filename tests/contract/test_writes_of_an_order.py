"""[Q-10]: what an order costs in writes, summed over one whole pipeline: API, fast path, three workers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.aws_backends import endpoint_of
from tests.contract.order_writes import AT_MOST, MAIL, STEPS, Writes, writes_of_an_order


@pytest.fixture(params=["moto", pytest.param("localstack", marks=pytest.mark.emulator)])
def url(request: pytest.FixtureRequest) -> str:
    return endpoint_of(request).url


@pytest.mark.timeout(300)
async def test_an_order_writes_ten_items_up_to_both_mails(
    url: str, environment: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    writes = await writes_of_an_order(url, environment, tmp_path)
    assert writes.of_the_order == [what for _, what in STEPS]
    # The staff's and the customer's: claimed, and marked as sent.
    assert writes.items.count(MAIL) == 4
    assert writes.charged <= AT_MOST, _told(writes)
    record_property("figure", _told(writes))


def _told(writes: Writes) -> str:
    return f"{writes.charged} writes of an order, {writes.refused} refused: {', '.join(writes.items)}"
