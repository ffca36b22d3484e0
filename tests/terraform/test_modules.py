"""Every module is formatted, valid, and does what its own tests say ([OPS-5])."""

from pathlib import Path

import pytest

from tests.terraform.plans import ENVIRONMENTS
from tests.terraform.terraform import SOURCE, copied, terraform

pytestmark = pytest.mark.timeout(900)  # runs take long beside other processes

MODULES = sorted(each.name for each in (SOURCE / "modules").iterdir())
# What is initialised, validated and tested by itself: every module, and what an account needs before there is state.
PLACES = {name: Path("modules", name) for name in MODULES} | {"bootstrap": Path("bootstrap")}
TESTED = [name for name, place in PLACES.items() if list((SOURCE / place).glob("*.tftest.hcl"))]


def test_everything_is_formatted() -> None:
    assert terraform(SOURCE, "fmt", "-check", "-recursive") == ""


@pytest.mark.parametrize("name", PLACES)
def test_a_module_is_valid_and_passes_its_tests(tmp_path: Path, name: str) -> None:
    module = copied(tmp_path) / PLACES[name]
    terraform(module, "init", "-backend=false", "-no-color")
    assert "Success!" in terraform(module, "validate", "-no-color")
    if name in TESTED:
        assert "Success!" in terraform(module, "test", "-no-color")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_valid(tmp_path: Path, name: str) -> None:
    root = copied(tmp_path) / "environments" / name
    terraform(root, "init", "-backend=false", "-no-color")
    assert "Success!" in terraform(root, "validate", "-no-color")


def test_environments_of_one_region_differ_in_figures_and_name_alone() -> None:
    dev, sit = (SOURCE / "environments" / name for name in ("dev", "sit"))
    for each in dev.glob("*.tf"):
        assert each.read_text().replace("dev", "sit") == (sit / each.name).read_text().replace("dev", "sit"), each.name


def test_modules_have_tests_and_describe_themselves() -> None:
    # `region` only puts the others together: the plans of the environments test it.
    assert set(PLACES) - set(TESTED) == {"region"}
    for name, place in PLACES.items():
        assert (SOURCE / place / "README.md").read_text().startswith(f"# {name}\n")
