"""Replication step by step: `pytest tests/dr --base-url URL --other-url URL --env NAME`, with regions' own names."""

import pytest

from orders.acceptance.steps import Patience, State, StepResult, run_steps
from tests.dr.replication import RECOVERY_POINT, STEPS
from tests.dr.validate_replication import replication_of

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> dict[str, StepResult]:
    option = request.config.getoption
    if option("--other-url") is None:
        pytest.skip("--other-url names no second region")
    addresses = {"--base-url": option("--base-url"), "--other-url": option("--other-url")}
    replication = replication_of(option("--env"), addresses, Patience(RECOVERY_POINT.total_seconds()))
    try:
        return {result.name: result for result in run_steps(replication.steps)}
    finally:
        replication.clean_up()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", STEPS)
def test_step(results: dict[str, StepResult], name: str) -> None:
    result = results[name]
    assert result.state is State.PASSED, f"{result.state}: {result.detail}"
