"""Fixtures and options shared by all tests."""

import functools
import sys
from collections import Counter

import botocore.loaders
import botocore.session
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
"""Profile used unless another is named: without deadlines, since the machine's load says nothing about the code."""
settings.load_profile("patient")

settings.register_profile(
    "proof", max_examples=2500, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
"""For `make proof`: so many cases of each property, where a test does not say how many."""

# botocore reads its descriptions of AWS services, megabytes of JSON, again for each session: here once for all tests.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)

# jsonschema would load it to tell an IRI when it sees one; no schema here speaks of those, and it takes seconds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

ENVIRONMENTS = ("local", "dev", "sit", "prod")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that select what tests run against."""
    group = parser.getgroup("orders")
    group.addoption("--backend", choices=("dev", "compose", "planned"), default="dev", help="what tests/e2e starts")
    group.addoption("--recorded", metavar="DIR", help="records of calls to AWS, for the test of least privilege")
    group.addoption("--base-url", help="address of a running service, for the tests from outside; no others are run")
    group.addoption("--other-url", help="address of the same service in its other region, for tests/dr")
    group.addoption("--env", choices=ENVIRONMENTS, default="local", help="which environment that is")
    group.addoption("--load-rate", type=float, default=10.0, help="requests a second of tests/load")
    group.addoption("--load-minutes", type=float, default=0.1, help="how long tests/load sends them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the tests from outside where there is an outside, and only them there; those of containers on containers."""
    outside = config.getoption("--base-url") is not None
    unwanted = [item for item in items if (item.get_closest_marker("outside") is not None) is not outside]
    backend = config.getoption("--backend")
    for marker, there in {
        "containers": backend == "compose",
        "planned": backend == "planned",
        "recorded": config.getoption("--recorded") is not None,
        "local_pages": backend != "planned",
    }.items():
        if not there:
            unwanted += [item for item in items if item.get_closest_marker(marker) is not None]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in set(unwanted)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why, in one line for each reason (hundreds would be read by nobody); and the figures.

    A test gives a figure with ``record_property("figure", ...)``.
    """
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else "no reason given"
        for report in terminalreporter.getreports("skipped")
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {count}: {reason}")
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(f"figure: {value}")
