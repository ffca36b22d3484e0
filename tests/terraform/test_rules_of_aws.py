"""What is planned keeps AWS's rules that no schema has: values of one attribute, and what goes together.

The rules stand in ``tests/terraform/rules``, each with AWS's page. A pass is not AWS's own word.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from tests.terraform.plans import ENVIRONMENTS, EnvironmentPlan, resources
from tests.terraform.rules import access, compute, data, edge, messages, watching
from tests.terraform.rules.rule import RULES, Everything, Resource, Rule, broken_copy, decoded

MODULES = (access, compute, data, edge, messages, watching)
NAMES = [f"{rule.kind}-{rule.name}" for rule in RULES]


@pytest.fixture(scope="module")
def everything(planned: Callable[[str], EnvironmentPlan]) -> dict[str, Everything]:
    """All planned resources by type, by environment."""
    found: dict[str, dict[str, list[Resource]]] = {name: defaultdict(list) for name in ENVIRONMENTS}
    for name, by_type in found.items():
        for each in resources(planned(name).raw["planned_values"]["root_module"]):
            by_type[each["type"]].append(decoded({**each["values"], "address": each["address"]}))
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_what_is_planned_keeps_the_rule(everything: dict[str, Everything], rule: Rule) -> None:
    looked_at = [(by_type, one) for by_type in everything.values() for one in by_type[rule.kind]]
    assert looked_at, f"no {rule.kind} in any plan: the rule checks nothing"
    wrong = [f"{one['address']}: {problem}" for by_type, one in looked_at for problem in rule.check(one, by_type)]
    assert wrong == []


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_the_rule_refuses_broken_values(everything: dict[str, Everything], rule: Rule) -> None:
    assert rule.broken
    accepted = [(path, str(wrong)) for path, wrong in rule.broken if not _refused(everything, rule, path, wrong)]
    assert accepted == [], "the rule accepts it, or no planned resource has the attribute"


def _refused(everything: dict[str, Everything], rule: Rule, path: str, wrong: Any) -> bool:
    """Tells whether the rule refuses a planned resource with a wrong value in place of its own."""
    for by_type in everything.values():
        for one in by_type[rule.kind]:
            broken = broken_copy(one, path, wrong)
            if broken is None:
                continue
            others = [broken if other is one else other for other in by_type[rule.kind]]
            if any(rule.check(broken, {**by_type, rule.kind: others})):
                return True
    return False


def test_each_rule_names_its_page() -> None:
    assert [
        name
        for name, rule in zip(NAMES, RULES, strict=True)
        if not rule.page.startswith("https://docs.aws.amazon.com/")
    ] == []
    assert len(set(NAMES)) == len(NAMES)
