"""Where the rest is found: what protects an environment, what it costs, what people keep to (docs/deployment.md)."""

import json
import re
from datetime import timedelta
from functools import cache
from typing import Any

from tests.terraform.figures import ROOT, Figure, chosen, figure
from tests.terraform.plans import EnvironmentPlan, Values
from tests.terraform.readers.environment import same, setting

DEPLOYMENT = ROOT / "docs" / "deployment.md"
COST = ROOT / "docs" / "cost.md"
RELEASE = "aws_cloudwatch_metric_alarm.release"
"""Address of the alarms that end a release."""
SECURE_TLS = re.compile(r"ELBSecurityPolicy-TLS13-1-2-.*2021-06")


@cache
def rows(page: str) -> dict[str, list[str]]:
    """Returns the rows of a page's tables, by their first cell."""
    found = {}
    for line in (ROOT / page).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) > 1:
            found[cells[0]] = cells[1:]
    return found


def said(row: str, environment: str) -> str:
    """Returns what the table of environments says in a row."""
    columns = rows("docs/deployment.md")["environment"]
    return rows("docs/deployment.md")[row][columns.index(environment)]


@figure("ENV.purpose", "ENV.branch", "ENV.deploy_window")
def _in_words(plan: EnvironmentPlan, figure: Figure) -> Any:
    return said(figure.keys[-1].replace("_", " "), plan.environment)


@figure("ENV.availability_target", "ENV.concurrent_users", "ENV.wait_minutes_before_deploy")
def _in_numbers(plan: EnvironmentPlan, figure: Figure) -> Any:
    return json.loads(said(figure.keys[-1].replace("_", " "), plan.environment).replace(",", ""))


@figure("ENV.approvers")
def _approvers(plan: EnvironmentPlan, _: Figure) -> Any:
    names = said("approvers", plan.environment).split(", ")
    (role,) = plan.all("aws_iam_role", "release_role")
    subjects = json.dumps(json.loads(role["assume_role_policy"]))
    entered = re.findall(r"repo:[^:]*:environment:([\w-]+)", subjects)
    # One environment on GitHub for each of them, and AWS trusts those of them that release, and no other.
    settings = json.loads((ROOT / "deploy/github/environments.json").read_text())["environments"]
    entries = {name: each for name, each in settings.items() if each["environment"] == plan.environment}
    approving = [name for name, each in entries.items() if each["approves"]]
    assert approving == [f"{plan.environment}-{name.lower().replace(' ', '-')}" for name in names]
    assert sorted(entered) == sorted(
        name for name, each in entries.items() if (each["role"] or "").endswith(role["name"])
    )
    return names


@figure("ENV.estimate_usd_month")
def _estimate(plan: EnvironmentPlan, _: Figure) -> Any:
    columns = rows("docs/cost.md")["a month, in dollars"]
    return int(rows("docs/cost.md")["first estimate, with functions"][columns.index(plan.environment)].replace(",", ""))


@figure("ENV.budget_usd_month", "ENV.budget_alert_fraction")
def _budget(plan: EnvironmentPlan, figure: Figure) -> Any:
    (budget,) = plan.all("aws_budgets_budget")
    if figure.path.endswith("month"):
        return float(budget["limit_amount"])
    actual = [each for each in budget["notification"] if each["notification_type"] == "ACTUAL"]
    return same([each["threshold"] / 100 for each in actual])


@figure("ENV.alarms")
def _level(plan: EnvironmentPlan, _: Figure) -> Any:
    found = [
        each
        for each in plan.all("aws_cloudwatch_metric_alarm", "region.module.monitoring")
        if RELEASE not in each["address"]
    ]
    if not found:
        return "none"
    return "critical" if all(each["tags"]["Critical"] == "true" for each in found) else "comprehensive"


@figure("ENV.security.*")
def _security(plan: EnvironmentPlan, figure: Figure) -> Any:
    return {
        "kms": _kms, "tls_policy": _tls, "waf": lambda plan: len(plan.all("aws_wafv2_web_acl")) == len(plan.places),
        "ip_allow_list": lambda plan: len(plan.all("aws_wafv2_ip_set")) > 0, "secrets": _secrets,
        "cloudtrail": _trail, "guardduty": _detection,
        "config": lambda plan: len(plan.all("aws_config_configuration_recorder")) > 0, "mfa": _mfa,
    }[figure.keys[-1]](plan)  # fmt: skip


def _kms(plan: EnvironmentPlan) -> Any:
    aliases = {
        each["name"].removeprefix("alias/bbws-orders-").removesuffix(f"-{plan.environment}")
        for each in plan.all("aws_kms_alias")
    }
    if not aliases:
        return "aws-managed"
    assert aliases >= {"table", "buckets", "secrets", "logs"}
    groups = plan.raw["configuration"]["root_module"]
    assert "log_key_arn" in json.dumps(groups)
    return "customer-managed"


def _tls(plan: EnvironmentPlan) -> Any:
    policies = {each["ssl_policy"] for each in plan.all("aws_lb_listener") if each["protocol"] == "HTTPS"}
    # Every one takes 1.3 and 1.2: Route 53's checkers need 1.2.
    assert policies
    assert all(SECURE_TLS.fullmatch(policy) for policy in policies), policies
    return plan.raw["variables"]["figures"]["value"]["tls_policy"]


def _secrets(plan: EnvironmentPlan) -> Any:
    if setting(plan, "api", "CURSOR_KEYS_SECRET") is None:
        assert plan.all("aws_secretsmanager_secret") == []
        return "environment"
    assert plan.all("aws_secretsmanager_secret")
    return "secrets-manager-rotated" if plan.all("aws_scheduler_schedule") else "secrets-manager"


def _trail(plan: EnvironmentPlan) -> Any:
    trails = plan.all("aws_cloudtrail")
    if not trails:
        return False
    assert all(each["enable_log_file_validation"] for each in trails)
    return "multi-region" if same([each["is_multi_region_trail"] for each in trails]) else True


def _detection(plan: EnvironmentPlan) -> Any:
    if not plan.all("aws_guardduty_detector"):
        return False
    return "automated-response" if plan.all("aws_ssm_document") else True


def _mfa(plan: EnvironmentPlan) -> Any:
    people = [each for each in plan.all("aws_iam_role") if ".people[" in each["address"]]
    return same(["aws:MultiFactorAuthPresent" in each["assume_role_policy"] for each in people])


@figure("ENV.failover.*")
def _failover(plan: EnvironmentPlan, figure: Figure) -> Any:
    checks = plan.all("aws_route53_health_check")
    records = [each for each in plan.all("aws_route53_record", "dns") if each["failover_routing_policy"]]
    alarm = [each for each in plan.all("aws_cloudwatch_metric_alarm") if "table replication latency" in each["address"]]

    def minutes(words: str) -> timedelta:
        amount, unit = words.removeprefix("< ").split()
        return timedelta(minutes=int(amount)) if unit == "min" else timedelta(hours=int(amount))

    def routing() -> Any:
        kinds = {each["failover_routing_policy"][0]["type"] for each in records}
        return "route53-failover" if kinds == {"PRIMARY", "SECONDARY"} else kinds

    def promised(what: str) -> str:
        words = rows("docs/deployment.md")[what][0]
        assert minutes(words)
        return words

    return chosen(
        figure.keys[-1],
        {
            "dns": routing,
            "health_path": lambda: same([each["resource_path"] for each in checks]),
            "interval_seconds": lambda: same([each["request_interval"] for each in checks]),
            "failure_threshold": lambda: same([each["failure_threshold"] for each in checks]),
            # Records of a load balancer have its own: 60 s. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html
            "ttl_seconds": lambda: (
                60 if all(each["alias"] for each in records) else same([each["ttl"] for each in records])
            ),
            "rto": lambda: promised("recovery time (RTO)"),
            "rpo": lambda: promised("recovery point (RPO)"),
            "replication_latency_alarm_ms": lambda: same([each["threshold"] for each in alarm]),
            "drill": lambda: rows("docs/deployment.md")["drill"][0],
        },
    )


@figure("service_levels.*")
def _service_levels(_: EnvironmentPlan, figure: Figure) -> Any:
    return json.loads(rows("docs/deployment.md")[" ".join(figure.keys[1:]).replace("_", " ")][0].replace(",", ""))


@figure("escalation.*")
def _escalation(_: EnvironmentPlan, figure: Figure) -> Any:
    return rows("docs/deployment.md")[figure.keys[-1].replace("_", " ")][0]


@figure("rollback_when.*")
def _rollback(plan: EnvironmentPlan, figure: Figure) -> Any:
    name = {
        "error_rate": "error rate", "create_p95_seconds": "create p95 seconds",
        "status_p95_seconds": "status change p95 seconds", "dlq_depth": "dead letters",
        "processing_failures": "order processing failures", "publication_failures": "event publication failures",
    }[figure.keys[-1]]  # fmt: skip
    found: list[Values] = [
        each for each in plan.all("aws_cloudwatch_metric_alarm") if f'{RELEASE}["{name}"]' in each["address"]
    ]
    if plan.environment == "dev":
        # Nothing is measured there; the module is told all the same.
        assert found == []
        return plan.raw["variables"]["figures"]["value"]["rollback_when"][figure.keys[-1]]
    watched = {name for each in plan.all("aws_ecs_service") for one in each["alarms"] for name in one["alarm_names"]}
    assert {each["alarm_name"] for each in found} <= watched
    periods = {one["metric"][0]["period"] for each in found for one in each["metric_query"] if one["metric"]}
    assert periods == {60}
    return same([each["threshold"] for each in found])
