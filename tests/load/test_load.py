"""The load test, one test a phase, as `orders load` runs it: `pytest tests/load --base-url URL --env NAME`.

By default a tenth of a minute of 10 requests a second, which any service bears; `--load-rate` and `--load-minutes` ask
for more, up to the whole profile of 200 requests a second for 15 minutes.
"""

import pytest

from orders.acceptance.load.figures import PhaseResult
from orders.acceptance.load.profile import Phase, Profile
from orders.acceptance.load.run import DELIVERY
from orders.bootstrap.acceptance import run_load
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import load_settings

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> dict[str, PhaseResult]:
    option = request.config.getoption
    profile = Profile(
        phases=(Phase.STEADY, Phase.ONE_KEY), rate=option("--load-rate"), minutes=option("--load-minutes")
    )
    found = run_load(load_settings(Role.OPERATOR), option("--base-url"), option("--env"), profile, lambda _: None)
    return {result.name: result for result in found}


@pytest.mark.parametrize("name", ["steady", "one key", DELIVERY])
def test_phase(results: dict[str, PhaseResult], name: str, request: pytest.FixtureRequest) -> None:
    if name == "steady" and request.config.getoption("--env") == "local":
        # How fast an emulator beside everything else on one machine is says nothing of the service.
        assert results[name].error_rate == 0.0, results[name].faults
        return
    result = results[name]
    assert result.holds is True, f"{result.note} {dict(result.faults)} {result.rows}"
