"""The smoke test, step by step, as `orders smoke` runs it: `pytest tests/smoke --base-url URL --env NAME`."""

import pytest

from orders.acceptance.smoke import STEPS, Smoke
from orders.acceptance.steps import Patience, State, StepResult, run_steps
from tests.support.outside import running_service

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> dict[str, StepResult]:
    service = running_service(request.config)
    smoke = Smoke(service.client, service.tokens, Patience())
    return {result.name: result for result in run_steps(smoke.steps)}


@pytest.mark.parametrize("name", STEPS)
def test_step(results: dict[str, StepResult], name: str) -> None:
    result = results[name]
    assert result.state is State.PASSED, f"{result.state}: {result.detail}"
