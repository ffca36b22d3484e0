"""Documents go seven years after their order's end, by the rules that are planned for production's buckets."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from orders.ports.retention import DAY_CLASSES
from tests.support.lifecycle import Rules
from tests.support.seven_years import cases, check
from tests.terraform.plans import EnvironmentPlan


def rules_of(plan: EnvironmentPlan, place: str) -> Rules:
    """The rules of a region's documents."""
    found = plan.all("aws_s3_bucket_lifecycle_configuration", f"{place}.module.buckets")
    (documents,) = (each for each in found if each["address"].endswith(".documents"))
    rules: Rules = documents["rule"]
    return rules


@pytest.mark.parametrize("place", ["region", "failover"])
def test_there_is_a_rule_for_each_age_that_the_service_writes(
    planned: Callable[[str], EnvironmentPlan], place: str
) -> None:
    tagged = [rule for rule in rules_of(planned("prod"), place) if rule["id"].startswith("ended-orders-")]
    assert {rule["filter"][0]["tag"][0]["value"]: rule["expiration"][0]["days"] for rule in tagged} == {
        str(days): days for days in DAY_CLASSES
    }


@pytest.mark.parametrize("place", ["region", "failover"])
@pytest.mark.parametrize(("end", "delay", "acts_after"), list(cases())[::5])
def test_a_day_before_every_document_is_stored_and_a_day_after_none_is(
    planned: Callable[[str], EnvironmentPlan], place: str, end: datetime, delay: timedelta, acts_after: timedelta
) -> None:
    check(rules_of(planned("prod"), place), end, delay, acts_after)
