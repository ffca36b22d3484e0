"""Each figure of the operating plan is what is planned for its environment, line by line ([OPS-5])."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.terraform.figures import NOT_HERE, READERS, Figure, figures, reader_of
from tests.terraform.plans import EnvironmentPlan
from tests.terraform.readers import alarms, common, environment, promises

MODULES = (alarms, common, environment, promises)
"""What registers the readers."""


@pytest.mark.parametrize("figure", figures(), ids=str)
def test_a_figure_is_what_is_planned(figure: Figure, planned: Callable[[str], EnvironmentPlan]) -> None:
    readers = reader_of(figure.path)
    assert len(readers) == 1, f"{figure.path} has {len(readers)} readers: each line is compared, once"
    found = readers[0](planned(figure.environment), figure)
    if found is NOT_HERE:
        found = readers[0](planned("prod"), replace(figure, environment="prod"))
    assert found == figure.value


def test_every_reader_reads_a_figure() -> None:
    paths = {figure.path for figure in figures()}
    idle = [pattern for pattern, reader in READERS if not any(reader in reader_of(path) for path in paths)]
    assert idle == []


def test_there_are_figures_of_every_kind() -> None:
    assert {figure.path.split(".")[0] for figure in figures()} >= {"ENV", "common", "alarms", "release", "local"}
    assert {module.__name__ for module in MODULES}
