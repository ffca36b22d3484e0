"""Where the figures that hold in all environments are found in each one's plan."""

import json
import re
from pathlib import Path
from typing import Any

from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.command import DEV_DEFAULTS
from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform.figures import NOT_HERE, ROOT, Figure, chosen, figure
from tests.terraform.plans import EnvironmentPlan
from tests.terraform.readers.environment import container, same, setting

TOPOLOGY = packaged_topology()


@figure("common.vpc_names")
def _vpc_names(plan: EnvironmentPlan, _: Figure) -> Any:
    names = {place: plan.one("aws_vpc", place)["tags"]["Name"] for place in plan.places}
    zones = {each["tags"]["Name"] for kind in ("aws_subnet", "aws_nat_gateway") for each in plan.all(kind)}
    endings = [
        f"-{kind}-1a" for kind in ("public", "private", "nat") if any(name.endswith(f"-{kind}-1a") for name in zones)
    ]
    alike = f"subnets and NAT likewise ({', '.join(endings)})"
    if plan.environment == "prod":
        return f"bbws-cpp-{{env}}-vpc; prod: {names['region']}, {names['failover']}; {alike}"
    return (
        f"{names['region'].replace(plan.environment, '{env}')}; prod: bbws-prod-vpc-primary, bbws-prod-vpc-dr; {alike}"
    )


@figure("common.request_timeout_seconds")
def _request_timeout(plan: EnvironmentPlan, _: Figure) -> Any:
    # The service's own default, which nothing that is planned changes; the load balancer waits longer.
    given = setting(plan, "api", "REQUEST_TIMEOUT_SECONDS")
    seconds = float(given or Settings.model_fields["request_timeout_seconds"].default)
    assert all(each["idle_timeout"] > seconds for each in plan.all("aws_lb"))
    return seconds


@figure("common.project_tags.*")
def _tags(plan: EnvironmentPlan, figure: Figure) -> Any:
    name = figure.keys[-1]
    tags = plan.one("aws_ecs_cluster", "region")["tags_all"]
    found = tags.get(name)
    if name in {"Environment", "Region"}:
        expected = {"Environment": plan.environment, "Region": plan.one("aws_ecs_cluster", "region")["region"]}
        assert found == expected[name]
        return {"Environment": "{env}", "Region": "{region}"}[name]
    if name in {"BackupPolicy", "DR", "Compliance"}:
        # In production alone.
        assert (found is None) is (plan.environment != "prod")
        return NOT_HERE if found is None else f"prod: {found}"
    return found


@figure("common.architecture")
def _architecture(plan: EnvironmentPlan, _: Figure) -> Any:
    tasks = plan.all("aws_ecs_task_definition")
    return same([task["runtime_platform"][0]["cpu_architecture"].lower() for task in tasks])


@figure("common.container.port")
def _port(plan: EnvironmentPlan, _: Figure) -> Any:
    ports = [each["containerPort"] for place in plan.places for each in container(plan, "api", place)["portMappings"]]
    return same([*ports, *(each["port"] for each in plan.all("aws_lb_target_group"))])


@figure("common.container.stop_timeout_seconds")
def _stop_timeout(plan: EnvironmentPlan, _: Figure) -> Any:
    return same(
        [
            container(plan, role, place)["stopTimeout"]
            for role in ("api", "relay", *TOPOLOGY.workers)
            for place in plan.places
        ]
    )


@figure("common.backups_timezone")
def _timezone(plan: EnvironmentPlan, _: Figure) -> Any:
    (rule,) = plan.one("aws_backup_plan")["rule"]
    return rule["schedule_expression_timezone"].removeprefix("Etc/")


@figure("common.api_base")
def _api_base(_: EnvironmentPlan, __: Figure) -> Any:
    described = json.loads((ROOT / "docs" / "openapi.json").read_text())
    return same(
        [f"/{path.split('/')[1]}" for path in described["paths"] if path.endswith("/orders") or "/orders/" in path]
    )


@figure("common.github_oidc_role")
def _release_role(plan: EnvironmentPlan, _: Figure) -> Any:
    (role,) = plan.all("aws_iam_role", "release_role")
    (imported,) = [
        each["change"]["importing"]["id"] for each in plan.raw["resource_changes"] if each["change"].get("importing")
    ]
    assert imported == role["name"]
    assert role["max_session_duration"] == 2 * 60 * 60
    return f"arn:aws:iam::{{account}}:role/{role['name'].removesuffix(plan.environment)}{{env}}"


@figure("common.terraform.*")
def _terraform(plan: EnvironmentPlan, figure: Figure) -> Any:
    root = ROOT / "deploy" / "terraform"
    text = (root / "environments" / plan.environment / "versions.tf").read_text()

    def said(name: str) -> str:
        (found,) = re.findall(rf'{name}\s*=\s*"([^"]*)"', text)
        return str(found).replace(plan.environment, "{env}")

    modules: list[Path] = [*root.glob("modules/*/versions.tf"), *root.glob("bootstrap/versions.tf")]
    return chosen(
        figure.keys[-1],
        {
            "required_version": lambda: same(
                [*(said_in(each, "required_version") for each in modules), said("required_version")]
            ),
            "aws_provider": lambda: same([*(said_in(each, "version") for each in modules), said(r"\bversion")]),
            "state_bucket": lambda: said("bucket"),
            "state_key": lambda: said("key"),
            "lock_table": lambda: said("dynamodb_table"),
        },
    )


def said_in(path: Path, name: str) -> str:
    """Returns what a file sets a name to."""
    (found,) = re.findall(rf'\b(?<!required_){name}\s*=\s*"([^"]*)"', path.read_text())
    return str(found)


@figure("queues.*.name", "queues.*.worker")
def _queues(plan: EnvironmentPlan, figure: Figure) -> Any:
    place, what = int(figure.keys[1]), figure.keys[2]
    queue = TOPOLOGY.queues[place]
    name = f"{queue.name}-{plan.environment}"
    for region in plan.places:
        assert name in plan.by("aws_sqs_queue", "name", region)
        assert f"{queue.name}-dlq-{plan.environment}" in plan.by("aws_sqs_queue", "name", region)
        assert container(plan, queue.worker, region)["command"] == ["worker", queue.worker]
    return {"name": name.removesuffix(f"-{plan.environment}"), "worker": queue.worker}[what]


@figure("queue_settings.*")
def _queue_settings(plan: EnvironmentPlan, figure: Figure) -> Any:
    workers = [
        plan.one("aws_sqs_queue", place, name=TOPOLOGY.queue_name(worker, plan.environment))
        for worker in TOPOLOGY.workers
        for place in plan.places
    ]

    def receives() -> Any:
        # What a plan doesn't know is the ARN beside it: the module's own test has the count.
        return TOPOLOGY.queue_settings.max_receive_count

    return chosen(
        figure.keys[-1],
        {
            "visibility_timeout_seconds": lambda: same([each["visibility_timeout_seconds"] for each in workers]),
            "max_receive_count": receives,
            "batch_size": lambda: TOPOLOGY.queue_settings.batch_size,
            "wait_seconds": lambda: same([each["receive_wait_time_seconds"] for each in workers]),
            "encryption": lambda: {True: "sqs-managed"}[
                same([each["sqs_managed_sse_enabled"] for each in plan.all("aws_sqs_queue")])
            ],
        },
    )


@figure("release.*")
def _release(plan: EnvironmentPlan, figure: Figure) -> Any:
    name = f"bbws-orders-api-{plan.environment}"
    services = {place: plan.one("aws_ecs_service", place, name=name) for place in plan.places}
    how = {place: each["deployment_configuration"][0] for place, each in services.items()}
    steps = how["region"]["linear_configuration"][0]
    return chosen(
        figure.keys[-1],
        {
            "strategy": how["region"]["strategy"].lower,
            "step_percent": lambda: steps["step_percent"],
            "step_minutes": lambda: int(steps["step_bake_time_in_minutes"]),
            "bake_minutes": lambda: same([int(each["bake_time_in_minutes"]) for each in how.values()]),
            "abort_after_minutes": lambda: same(
                [int(each["timeouts"]["update"].rstrip("m")) for each in services.values()]
            ),
            # Where there is a failover region.
            "failover_region": lambda: (
                NOT_HERE
                if "failover" not in how
                else {"BLUE_GREEN": "all-at-once", "LINEAR": "linear"}[how["failover"]["strategy"]]
            ),
        },
    )


@figure("audit_log_retention_days.ENV")
def _audit_days(plan: EnvironmentPlan, figure: Figure) -> Any:
    name = f"/bbws-orders/{plan.environment}/audit"
    days = same([each["retention_in_days"] for each in plan.all("aws_cloudwatch_log_group") if each["name"] == name])
    # CloudWatch knows 2,557 days and not 2,555: never less than what is asked for, and the next that there is.
    return {2557: 2555}.get(days, days)


@figure("iam_password_length.ENV")
def _password_length(plan: EnvironmentPlan, _: Figure) -> Any:
    return plan.one("aws_iam_account_password_policy")["minimum_password_length"]


@figure("access_key_max_age_days.ENV")
def _key_age(plan: EnvironmentPlan, figure: Figure) -> Any:
    rules = [
        each
        for each in plan.all("aws_config_config_rule")
        if each["source"][0]["source_identifier"] == "ACCESS_KEYS_ROTATED"
    ]
    if plan.environment == "dev":
        # Config is off there; the page on the account says what people keep to.
        assert rules == []
        page = (ROOT / "docs" / "deployment.md").read_text()
        (days,) = re.findall(r"dev has no rule for it: (\d+) days", page)
        return int(days)
    return same([int(json.loads(each["input_parameters"])["maxAccessKeyAge"]) for each in rules])


@figure("alert_recipients.*")
def _recipients(plan: EnvironmentPlan, figure: Figure) -> Any:
    topic = {"ticket": "alerts", "page": "pages"}[figure.keys[-1]]
    if plan.environment == "dev":
        return plan.raw["variables"]["recipients"]["value"][figure.keys[-1]]
    found = [
        each
        for each in plan.all("aws_sns_topic_subscription")
        if each["protocol"] == "email" and f'["{topic}"]' in each["address"]
    ]
    return same([each["endpoint"] for each in found])


@figure("waf.*")
def _waf(plan: EnvironmentPlan, figure: Figure) -> Any:
    lists = plan.all("aws_wafv2_web_acl")
    if plan.environment != "prod":
        assert lists == []
        return plan.raw["variables"]["figures"]["value"]["waf_rules"][figure.keys[-1]]

    def statements(acl: Any) -> dict[str, Any]:
        return {rule["name"]: rule["statement"][0] for rule in acl["rule"]}

    def rates(kind: str) -> Any:
        found = [
            one["rate_based_statement"][0]
            for acl in lists
            for one in statements(acl).values()
            if one["rate_based_statement"]
        ]
        chosen = [each for each in found if each["aggregate_key_type"] == kind]
        return same([each["limit"] * 60 / each["evaluation_window_sec"] for each in chosen])

    return chosen(
        figure.keys[-1],
        {
            "rate_per_client_per_minute": lambda: rates("IP"),
            "total_per_minute": lambda: rates("CONSTANT"),
            "blocked_countries": lambda: [
                code
                for acl in lists
                for one in statements(acl).values()
                for each in one["geo_match_statement"]
                for code in each["country_codes"]
            ],
        },
    )


@figure("bus.name")
def _bus(plan: EnvironmentPlan, _: Figure) -> Any:
    return same([each["name"] for each in plan.all("aws_cloudwatch_event_bus")]).replace(plan.environment, "{env}")


@figure("bus.archive_days.ENV")
def _archive(plan: EnvironmentPlan, _: Figure) -> Any:
    return same([each["retention_days"] for each in plan.all("aws_cloudwatch_event_archive")])


@figure("topics.*")
def _topics(plan: EnvironmentPlan, figure: Figure) -> Any:
    key = figure.keys[-1]
    found = [
        each for each in plan.all("aws_sns_topic") if f'.module.events.aws_sns_topic.this["{key}"]' in each["address"]
    ]
    assert len(found) == len(plan.places)
    return same([each["name"] for each in found]).removesuffix(plan.environment) + "{env}"


@figure("control_table.*")
def _control_table(plan: EnvironmentPlan, figure: Figure) -> Any:
    declared = TOPOLOGY.table_of("control")
    tables = [each for each in plan.all("aws_dynamodb_table") if each["name"] == f"{declared.name}-{plan.environment}"]
    what = figure.keys[-1]
    if plan.environment != "prod":
        assert tables == []
        return NOT_HERE
    (table,) = tables
    return chosen(
        what,
        {
            "name": lambda: table["name"].replace(plan.environment, "{env}"),
            "regions": lambda: [table["region"], *(each["region_name"] for each in table["replica"])],
            "witness": lambda: table["global_table_witness"][0]["region_name"],
            "consistency": lambda: same([each["consistency_mode"] for each in table["replica"]]),
            "environments": lambda: [plan.environment],
        },
    )


@figure("local.*")
def _local(_: EnvironmentPlan, figure: Figure) -> Any:
    fields = {name: each.default for name, each in Settings.model_fields.items()}
    if figure.path == "local.logs.pii":
        return "clear" if fields["log_pii"] else "masked"
    if figure.path == "local.tracing":
        return fields["otel_exporter_otlp_endpoint"] is not None
    if figure.path == "local.mail.per_day":
        return DEV_DEFAULTS["mail_daily_quota"]
    if figure.path == "local.rate_limit.api_key_required":
        return Settings.model_validate({"environment": "local"}).asks_for_api_keys
    return fields[
        {
            "region": "aws_region", "mail.from": "mail_from", "mail.per_second": "mail_per_second",
            "rate_limit.requests_per_second": "rate_limit_per_second", "rate_limit.burst": "rate_limit_burst",
            "logs.level": "log_level",
        }[figure.path.removeprefix("local.")]
    ]  # fmt: skip
