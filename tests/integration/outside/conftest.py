"""The service that is tested from outside."""

from collections.abc import Iterator

import pytest

from tests.support.outside import Service, running_service


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """A running service; orders of the tests are deleted at the end."""
    found = running_service(request.config)
    try:
        yield found
    finally:
        found.clean_up()
