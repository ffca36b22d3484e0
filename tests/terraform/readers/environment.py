"""Where the figures of one environment are found in its plan."""

import json
from datetime import timedelta
from typing import Any

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.figures import Figure, chosen, figure
from tests.terraform.plans import REGIONS, EnvironmentPlan, Values

TOPOLOGY = packaged_topology()
SIZED_AS = {
    "worker": ("event-processor", "mail-feedback"),
    "notifier": ("internal-notifier", "customer-notifier"),
}
"""Roles that a size of the operating plan is of, where it isn't one role's."""


def same(found: list[Any]) -> Any:
    """Returns what all have in common. Raises: AssertionError: they differ, or there are none."""
    assert found
    assert all(each == found[0] for each in found), found
    return found[0]


def container(plan: EnvironmentPlan, role: str, place: str = "region") -> Values:
    """Returns the planned container of a role."""
    task = plan.one("aws_ecs_task_definition", place, family=f"bbws-orders-{role}-{plan.environment}")
    found: Values = next(each for each in json.loads(task["container_definitions"]) if each["name"] == "orders")
    return found


def setting(plan: EnvironmentPlan, role: str, name: str) -> str | None:
    """Returns a planned environment variable of a role, the same in each region."""
    found = [
        {each["name"]: each["value"] for each in container(plan, role, place)["environment"]}.get(name)
        for place in plan.places
    ]
    return same(found) if found else None


@figure("ENV.account")
def _account(plan: EnvironmentPlan, _: Figure) -> Any:
    roles = plan.all("aws_iam_role_policy", "region.module.services.module.roles")
    return same(
        [each["policy"].split(":dynamodb:")[1].split(":")[1] for each in roles if ":dynamodb:" in each["policy"]]
    )


@figure("ENV.account_alias")
def _alias(plan: EnvironmentPlan, _: Figure) -> Any:
    return plan.one("aws_iam_account_alias")["account_alias"]


@figure("ENV.region")
def _region(plan: EnvironmentPlan, _: Figure) -> Any:
    return plan.one("aws_ecs_cluster", "region")["region"]


@figure("ENV.failover_region")
def _failover_region(plan: EnvironmentPlan, _: Figure) -> Any:
    clusters = plan.all("aws_ecs_cluster", "failover")
    return same([each["region"] for each in clusters]) if clusters else None


@figure("ENV.api_domains")
def _api_domains(plan: EnvironmentPlan, _: Figure) -> Any:
    own = set(REGIONAL.get(plan.environment, {}).values())
    certificate = plan.one("aws_acm_certificate", "region")
    names = [certificate["domain_name"], *certificate["subject_alternative_names"]]
    written = {each["name"] for each in plan.all("aws_route53_record", "dns")} - own
    served = list(dict.fromkeys(name for name in names if name not in own))
    assert written == set(served)
    return served


REGIONAL = {"prod": {"af-south-1": "api-primary.bbws.io", "eu-west-1": "api-dr.bbws.io"}}


@figure("ENV.regional_domains.*")
def _regional_domains(plan: EnvironmentPlan, figure: Figure) -> Any:
    place = {region: place for place, region in REGIONS[plan.environment].items()}[figure.keys[-1]]
    checks = {each["address"].split('"')[1]: each["fqdn"] for each in plan.all("aws_route53_health_check")}
    name = checks["primary" if place == "region" else "failover"]
    assert name in plan.one("aws_acm_certificate", place)["subject_alternative_names"]
    return name


@figure("ENV.dns_zones")
def _zones(plan: EnvironmentPlan, _: Figure) -> Any:
    data = plan.raw["prior_state"]["values"]["root_module"]["resources"]
    return sorted(each["values"]["name"].rstrip(".") for each in data if each["type"] == "aws_route53_zone")


@figure("ENV.vpc.*", "ENV.failover_vpc.*")
def _vpc(plan: EnvironmentPlan, figure: Figure) -> Any:
    place = "failover" if "failover" in figure.path else "region"
    subnets = plan.all("aws_subnet", place)

    def ranges(kind: str) -> list[str]:
        found = [each for each in subnets if f"-{kind}-" in each["tags"]["Name"]]
        return [each["cidr_block"] for each in sorted(found, key=lambda each: int(each["cidr_block"].split(".")[2]))]

    def endpoints() -> list[str]:
        names = [each["service_name"].rsplit(".", 1)[1] for each in plan.all("aws_vpc_endpoint", place)]
        wanted = ["s3", "dynamodb", "sqs", "sns", "email"]
        assert set(names) == set(wanted[: len(names)])
        return ["ses" if name == "email" else name for name in wanted[: len(names)]]

    return chosen(
        figure.keys[-1],
        {
            "cidr": lambda: plan.one("aws_vpc", place)["cidr_block"],
            "azs": lambda: same([len(ranges("public")), len(ranges("private"))]),
            "public": lambda: ranges("public"),
            "private": lambda: ranges("private"),
            "nat_gateways": lambda: len(plan.all("aws_nat_gateway", place)),
            "endpoints": endpoints,
        },
    )


@figure("ENV.tasks.*.cpu", "ENV.tasks.*.memory_mib", "ENV.tasks.*.min", "ENV.tasks.*.max")
def _tasks(plan: EnvironmentPlan, figure: Figure) -> Any:
    kind, what = figure.keys[2:]
    roles = list(SIZED_AS.get(kind, (kind,)))
    if kind == "worker" and plan.environment != "prod":
        roles.append("record-creator")  # which has a size of its own in production alone
    return same([_size(plan, role, place)[what] for role in roles for place in plan.places])


def _size(plan: EnvironmentPlan, role: str, place: str) -> dict[str, int]:
    name = f"bbws-orders-{role}-{plan.environment}"
    task = plan.one("aws_ecs_task_definition", place, family=name)
    service = plan.one("aws_ecs_service", place, name=name)
    scaled = [each for each in plan.all("aws_appautoscaling_target", place) if each["resource_id"].endswith(f"/{name}")]
    least, most = (scaled[0]["min_capacity"], scaled[0]["max_capacity"]) if scaled else (service["desired_count"],) * 2
    assert service["desired_count"] == least
    return {"cpu": int(task["cpu"]), "memory_mib": int(task["memory"]), "min": least, "max": most}


def _orders_table(plan: EnvironmentPlan) -> Values:
    return plan.one("aws_dynamodb_table", name=TOPOLOGY.table_name(plan.environment))


@figure("ENV.table.*")
def _table(plan: EnvironmentPlan, figure: Figure) -> Any:
    table = _orders_table(plan)

    def backups() -> Any:
        (rule,) = plan.one("aws_backup_plan")["rule"]
        minute, hour, *_ = rule["schedule"].removeprefix("cron(").split()
        assert minute.isdecimal()
        return "hourly" if hour == "*" else "daily" if hour.isdecimal() else rule["schedule"]

    def kept() -> Any:
        (rule,) = plan.one("aws_backup_plan")["rule"]
        copies = [each["lifecycle"][0]["delete_after"] for each in rule["copy_action"]]
        return same([rule["lifecycle"][0]["delete_after"], *copies])

    return chosen(
        figure.keys[-1],
        {
            "pitr_days": lambda: table["point_in_time_recovery"][0]["recovery_period_in_days"],
            "backups": backups,
            "backup_retention_days": kept,
            "deletion_protection": lambda: table["deletion_protection_enabled"],
            "global": lambda: [each["consistency_mode"] for each in table["replica"]] == ["EVENTUAL"],
            "contributor_insights": lambda: any(
                each["table_name"] == table["name"] for each in plan.all("aws_dynamodb_contributor_insights")
            ),
        },
    )


@figure("ENV.queue_retention_days", "ENV.dlq_retention_days", "queues.*.dlq_retention_days")
def _queue_days(plan: EnvironmentPlan, figure: Figure) -> Any:
    dead = "dlq" in figure.path
    found = [
        timedelta(seconds=each["message_retention_seconds"]).days
        for each in plan.all("aws_sqs_queue")
        if each["name"].endswith(f"-dlq-{plan.environment}") is dead
    ]
    assert len(found) == len(plan.places) * (len(TOPOLOGY.queues) + (len(TOPOLOGY.rules) if dead else 0))
    return same(found)


@figure("ENV.buckets.*")
def _buckets(plan: EnvironmentPlan, figure: Figure) -> Any:
    def rule() -> Any:
        found = plan.all("aws_s3_bucket_lifecycle_configuration")
        return same([one for each in found for one in each["rule"] if one["id"] == "documents"])

    def retained() -> int:
        # With the two days that S3 takes to delete, seven years of which two have a leap day.
        found = plan.all("aws_s3_bucket_lifecycle_configuration")
        tagged = [one for each in found for one in each["rule"] if one["id"].startswith("ended-orders-")]
        return int(max(one["expiration"][0]["days"] for one in tagged))

    def classes() -> set[str]:
        found = plan.all("aws_s3_bucket_lifecycle_configuration")
        return {move["storage_class"] for each in found for one in each["rule"] for move in one["transition"]}

    def archived() -> Values:
        (move,) = (each for each in rule()["transition"] if each["storage_class"] != "INTELLIGENT_TIERING")
        return dict(move)

    def of_buckets(kind: str) -> list[Values]:
        return [
            each for each in plan.all(kind) if ".module.buckets." in each["address"] and '"logs"' not in each["address"]
        ]

    def replicated() -> Any:
        rules = plan.all("aws_s3_bucket_replication_configuration")
        if not rules:
            return False
        return "both-ways" if len(rules) == len(TOPOLOGY.buckets) * len(plan.places) else len(rules)

    def minutes() -> Any:
        found = plan.all("aws_s3_bucket_replication_configuration")
        destinations = [each["destination"][0] for one in found for each in one["rule"]]
        times = [each[kind][0] for each in destinations for kind in ("replication_time", "metrics")]
        return same([each.get("time", each.get("event_threshold"))[0]["minutes"] for each in times])

    def algorithm() -> Any:
        found = of_buckets("aws_s3_bucket_server_side_encryption_configuration")
        kind = same([each["rule"][0]["apply_server_side_encryption_by_default"][0]["sse_algorithm"] for each in found])
        return {"AES256": "SSE-S3", "aws:kms": "SSE-KMS"}[kind]

    def suffix() -> Any:
        names = {
            place: {each["bucket"] for each in plan.all("aws_s3_bucket", f"{place}.module.buckets")}
            for place in plan.places
        }
        first = {name for name in names["region"] if not name.endswith("-access-logs")}
        endings = {other.removeprefix(name) for name in first for other in names["failover"] if other.startswith(name)}
        return same([each for each in endings if not each.endswith("-access-logs")])

    return chosen(
        figure.keys[-1],
        {
            "versioning": lambda: (
                same([each["versioning_configuration"][0]["status"] for each in of_buckets("aws_s3_bucket_versioning")])
                == "Enabled"
            ),
            "expire_days": lambda: rule()["expiration"][0]["days"],
            "retain_years": lambda: retained() / 365,
            "access_logs": lambda: len(plan.all("aws_s3_bucket_logging")) > 0,
            "replication": replicated,
            "replication_minutes": minutes,
            "glacier_after_days": lambda: archived()["days"],
            "archive": lambda: {"GLACIER_IR": "glacier-instant-retrieval"}[archived()["storage_class"]],
            "intelligent_tiering": lambda: "INTELLIGENT_TIERING" in classes(),
            "encryption": algorithm,
            "failover_suffix": suffix,
        },
    )


@figure("ENV.rate_limit.*")
def _rate_limit(plan: EnvironmentPlan, figure: Figure) -> Any:
    return chosen(
        figure.keys[-1],
        {
            "requests_per_second": lambda: int(str(setting(plan, "api", "RATE_LIMIT_PER_SECOND"))),
            "burst": lambda: int(str(setting(plan, "api", "RATE_LIMIT_BURST"))),
            "api_key_required": lambda: setting(plan, "api", "API_KEY_REQUIRED") == "true",
        },
    )


@figure("ENV.mail.*")
def _mail(plan: EnvironmentPlan, figure: Figure) -> Any:
    def of_notifiers(name: str) -> Any:
        return same([setting(plan, role, name) for role in ("internal-notifier", "customer-notifier")])

    def feedback() -> Any:
        destinations = plan.all("aws_sesv2_configuration_set_event_destination")
        if not destinations:
            return "none"
        assert all(each["event_destination"][0]["sns_destination"] for each in destinations)
        # Suppression is the service's own, for SES's lists know no shops: SES does the same for both words.
        return plan.raw["variables"]["figures"]["value"]["mail"]["feedback"]

    def verified() -> bool:
        identities = {each["email_identity"] for each in plan.all("aws_sesv2_email_identity")}
        return str(of_notifiers("MAIL_FROM")).split("@")[1] in identities

    return chosen(
        figure.keys[-1],
        {
            "from": lambda: of_notifiers("MAIL_FROM"),
            "per_second": lambda: int(of_notifiers("MAIL_PER_SECOND")),
            "per_day": lambda: int(of_notifiers("MAIL_DAILY_QUOTA")),
            "domain_verified": verified,
            "configuration_set": lambda: of_notifiers("MAIL_CONFIGURATION_SET"),
            "feedback": feedback,
        },
    )


@figure("ENV.logs.*")
def _logs(plan: EnvironmentPlan, figure: Figure) -> Any:
    roles = ("api", "relay", *TOPOLOGY.workers)
    return chosen(
        figure.keys[-1],
        {
            "level": lambda: same([setting(plan, role, "LOG_LEVEL") for role in roles]),
            "pii": lambda: {"true": "clear", None: "masked"}[same([setting(plan, role, "LOG_PII") for role in roles])],
            "retention_days": lambda: same(
                [
                    each["retention_in_days"]
                    for each in plan.all("aws_cloudwatch_log_group")
                    if ".process[" in each["address"]
                ]
            ),
        },
    )


@figure("ENV.tracing")
def _tracing(plan: EnvironmentPlan, _: Figure) -> Any:
    tasks = plan.all("aws_ecs_task_definition")
    return same(["collector" in {each["name"] for each in json.loads(task["container_definitions"])} for task in tasks])


@figure("ENV.trace_share")
def _trace_share(plan: EnvironmentPlan, _: Figure) -> Any:
    roles = [
        each["family"].removeprefix("bbws-orders-") for each in plan.all("aws_ecs_task_definition", plan.places[0])
    ]
    names = [role.removesuffix(f"-{plan.environment}") for role in roles]
    assert "api" in names
    assert {setting(plan, role, "OTEL_TRACES_SAMPLER") for role in names} == {"parentbased_traceidratio"}
    return float(same([setting(plan, role, "OTEL_TRACES_SAMPLER_ARG") for role in names]))


@figure("ENV.dashboards")
def _dashboards(plan: EnvironmentPlan, _: Figure) -> Any:
    names = [each["dashboard_name"] for each in plan.all("aws_cloudwatch_dashboard", "region")]
    kinds = {
        f"order-service-{plan.environment}-dashboard": "service",
        f"order-executive-{plan.environment}-dashboard": "executive",
    }
    return sorted((kinds[name] for name in names), reverse=True)
