"""What is counted in the plans, for the page that shows it beside the estimate."""

from collections.abc import Callable
from typing import TypeAlias

from tools.cost_bill import Bill, backup_rule, interfaces, tasks, zones

Count: TypeAlias = Callable[[Bill], str]


def _tasks(bill: Bill) -> str:
    found = [each for region in bill.regions for each in tasks(bill, region)]
    number = sum(each.number for each in found)
    vcpu, gb = sum(each.number * each.vcpu for each in found), sum(each.number * each.gb for each in found)
    return f"{number}, {vcpu:g}, {gb:g}"


def _spot(bill: Bill) -> str:
    return str(sum(each.number for region in bill.regions for each in tasks(bill, region) if each.spot))


def _endpoints(bill: Bill) -> str:
    return str(sum(interfaces(bill, region) * zones(bill, region) for region in bill.regions))


def _backups(bill: Bill) -> str:
    rule = backup_rule(bill)
    return f"{rule.monthly * rule.days // 30 * (2 if rule.copied else 1):,}"


def _of(kind: str) -> Count:
    return lambda bill: str(len(bill.of(kind)))


COUNTS: dict[str, Count] = {
    "tasks, vCPU, GB": _tasks,
    "of which on Spot": _spot,
    "NAT gateways": _of("aws_nat_gateway"),
    "interface endpoints, each in a zone": _endpoints,
    "load balancers": _of("aws_lb"),
    "backups kept, copies counted": _backups,
    "KMS keys": _of("aws_kms_key"),
    "alarms": _of("aws_cloudwatch_metric_alarm"),
    "composite alarms": _of("aws_cloudwatch_composite_alarm"),
    "dashboards": _of("aws_cloudwatch_dashboard"),
    "web ACLs": _of("aws_wafv2_web_acl"),
    "rules of Config": _of("aws_config_config_rule"),
    "health checks": _of("aws_route53_health_check"),
}
