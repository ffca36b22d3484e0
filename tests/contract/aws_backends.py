"""For contract suites that run in memory and on every emulator of AWS alike."""

import pytest

from tests.contract.endpoints import Endpoint, given_endpoint

MEMORY = "memory"
AWS_BACKENDS = ["moto", *(pytest.param(name, marks=pytest.mark.emulator) for name in ("localstack", "ministack"))]
DYNAMO_BACKENDS = [*AWS_BACKENDS, pytest.param("dynamodb-local", marks=pytest.mark.emulator)]
ALL_BACKENDS = [MEMORY, *AWS_BACKENDS]


def endpoint_of(request: pytest.FixtureRequest) -> Endpoint:
    """The endpoint that a fixture's parameter, one of ``AWS_BACKENDS``, names."""
    if request.param == "moto":
        endpoint: Endpoint = request.getfixturevalue("moto_endpoint")
        return endpoint
    return given_endpoint(request.param)
