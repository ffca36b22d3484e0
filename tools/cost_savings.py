"""What production would cost less, each change by itself: the plan is changed as Terraform's variables would."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias

from tools.cost_bill import Resource

Change: TypeAlias = Callable[[Resource], Resource | None]
"""Gives a planned resource as it would be, or None where it would not be there."""


def changed(resources: Iterable[Resource], change: Change) -> tuple[Resource, ...]:
    """Returns planned resources after a change."""
    return tuple(found for each in resources if (found := change(each)))


def _with(resource: Resource, **values: Any) -> Resource:
    return replace(resource, values={**resource.values, **values})


def _backups(**rule: Any) -> Change:
    def change(each: Resource) -> Resource:
        if each.kind != "aws_backup_plan":
            return each
        return _with(each, rule=[{**one, **rule} for one in each.values["rule"]])

    return change


def _one_nat_gateway(each: Resource) -> Resource | None:
    return None if each.kind in {"aws_nat_gateway", "aws_eip"} and not each.address.endswith('["1a"]') else each


def _no_container_insights(each: Resource) -> Resource:
    return _with(each, setting=[{"value": "disabled"}]) if each.kind == "aws_ecs_cluster" else each


def _smaller_standby(each: Resource) -> Resource:
    if each.kind != "aws_ecs_service" or not each.address.startswith("module.failover."):
        return each
    return _with(each, desired_count=max(1, each.values["desired_count"] // 3))


SAVINGS: dict[str, Change] = {
    "backups daily in place of hourly": _backups(schedule="cron(0 1 * * ? *)"),
    "backups hourly, kept for 7 days in place of 90": _backups(lifecycle=[{"delete_after": 7}]),
    "backups not copied to the other region, which has the replica": _backups(copy_action=[]),
    "a third of the tasks in the failover region, scaled before a takeover": _smaller_standby,
    "no Container Insights: scaling by processor alone": _no_container_insights,
    "one NAT gateway in each region": _one_nat_gateway,
}
