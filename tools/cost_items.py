"""The items of an environment's bill: each counts in the plan, and multiplies by price and use.

A number of tasks is the least that autoscaling leaves; what people add by hand is in no plan and in no item.
"""

import json
from collections.abc import Callable
from typing import TypeAlias

from tools.cost_bill import Bill, backup_rule, everywhere, interfaces, tasks, zones

SQS_CALLS = 3
"""Of a message: sent, received, deleted."""
LONG_POLL_SECONDS = 20
LEASE_SECONDS = 5
LOAD_BALANCER_ADDRESSES = 3
"""One in each zone."""
TRAIL_EVENT_KB = 1.5
INSIGHT_RULES = {True: 4, False: 2}
"""Of Contributor Insights, with a range key and without."""

Item: TypeAlias = Callable[[Bill], float]
ITEMS: dict[str, Item] = {}


def item(name: str) -> Callable[[Item], Item]:
    """Registers an item of the bill."""

    def register(function: Item) -> Item:
        ITEMS[name] = function
        return function

    return register


@item("Fargate: tasks at their minimum")
def _fargate(bill: Bill) -> float:
    def of(region: str) -> float:
        hour = [
            each.number
            * (each.vcpu * bill.price("fargate_vcpu_hour", region) + each.gb * bill.price("fargate_gb_hour", region))
            * (bill.price("fargate_spot_share", region) if each.spot else 1)
            for each in tasks(bill, region)
        ]
        return sum(hour) * bill.tariff.hours

    return everywhere(bill, of)


@item("Load balancer")
def _load_balancer(bill: Bill) -> float:
    return everywhere(
        bill,
        lambda region: (
            len(bill.of("aws_lb", region)) * bill.hourly("load_balancer_hour", region)
            + bill.use("capacity_units") * bill.share(region) * bill.hourly("load_balancer_unit_hour", region)
        ),
    )


@item("Public addresses")
def _addresses(bill: Bill) -> float:
    return everywhere(
        bill,
        lambda region: (
            (len(bill.of("aws_eip", region)) + len(bill.of("aws_lb", region)) * LOAD_BALANCER_ADDRESSES)
            * bill.hourly("public_address_hour", region)
        ),
    )


@item("NAT gateways")
def _nat(bill: Bill) -> float:
    return everywhere(
        bill,
        lambda region: (
            len(bill.of("aws_nat_gateway", region)) * bill.hourly("nat_hour", region)
            + bill.use("nat_gb") * bill.share(region) * bill.price("nat_gb", region)
        ),
    )


@item("Interface endpoints")
def _endpoints(bill: Bill) -> float:
    return everywhere(
        bill,
        lambda region: interfaces(bill, region) * zones(bill, region) * bill.hourly("endpoint_hour", region),
    )


def _replicated(bill: Bill) -> bool:
    return any(each.values["replica"] for each in bill.of("aws_dynamodb_table", bill.home))


@item("DynamoDB: requests")
def _table_requests(bill: Bill) -> float:
    writes, reads = bill.orders * bill.use("write_units_per_order"), bill.orders * bill.use("read_units_per_order")
    # A replica is charged each write as the table is.
    written = everywhere(bill, lambda region: writes / 1e6 * bill.price("table_write_million", region))
    own = writes / 1e6 * bill.price("table_write_million", bill.home)
    read = reads / 1e6 * bill.price("table_read_million", bill.home)
    return (written if _replicated(bill) else own) + read


@item("DynamoDB: control table")
def _control(bill: Bill) -> float:
    if not [each for each in bill.of("aws_dynamodb_table") if each.values["global_table_witness"]]:
        return 0
    running = sum(each.number for region in bill.regions for each in tasks(bill, region))
    reads = running * bill.tariff.hours * 3600 / LEASE_SECONDS
    return reads / 1e6 * bill.price("table_read_million", "eu-west-1")


@item("DynamoDB: storage, recovery")
def _table_storage(bill: Bill) -> float:
    indexed = bill.orders * bill.months * bill.use("index_kb_per_order") / 1e6
    copies = bill.regions if _replicated(bill) else [bill.home]
    return sum(
        (bill.table_gb + indexed) * bill.price("table_gb", region) + bill.table_gb * bill.price("recovery_gb", region)
        for region in copies
    )


@item("DynamoDB: Contributor Insights")
def _insights(bill: Bill) -> float:
    watched = bill.of("aws_dynamodb_contributor_insights")
    if not watched:
        return 0
    indexes = {
        index["name"]: bool(index["range_key"])
        for table in bill.of("aws_dynamodb_table")
        for index in table.values["global_secondary_index"]
    }
    rules = sum(INSIGHT_RULES[indexes.get(each.values["index_name"] or "", True)] for each in watched)
    units = bill.orders * (bill.use("write_units_per_order") + bill.use("read_units_per_order"))
    events = units * INSIGHT_RULES[False] / 1e6
    return rules * bill.price("insight_rule", bill.home) + events * bill.price("insight_million", bill.home)


@item("Backups")
def _backups(bill: Bill) -> float:
    rule = backup_rule(bill)
    kept_months = min(rule.days / 30, bill.months)
    # Each backup is the whole table, as large as that was then.
    size = bill.table_gb / bill.months * (bill.months - kept_months / 2)
    places = bill.regions if rule.copied else [bill.home]
    return sum(rule.monthly * kept_months * size * bill.price("backup_gb", region) for region in places)


@item("S3")
def _objects(bill: Bill) -> float:
    documents = bill.orders * bill.use("documents_per_order")
    gb = documents * bill.months * bill.use("document_kb") / 1e6
    copies = bill.regions if bill.of("aws_s3_bucket_replication_configuration") else [bill.home]
    kept = sum(
        gb * bill.price("object_gb", region) + documents / 1e3 * bill.price("object_put_thousand", region)
        for region in copies
    )
    read = bill.orders * bill.use("objects_read_per_order") / 1e3 * bill.price("object_get_thousand", bill.home)
    timed = gb / bill.months * bill.price("replication_time_gb", bill.home) if len(copies) > 1 else 0
    return kept + read + timed


@item("KMS keys")
def _keys(bill: Bill) -> float:
    calls = bill.orders * bill.use("key_calls_per_order") / 1e4
    return len(bill.of("aws_kms_key")) * bill.price("key", bill.home) + calls * bill.price(
        "key_ten_thousand", bill.home
    )


@item("Secrets")
def _secrets(bill: Bill) -> float:
    copies = sum(1 + len(each.values["replica"]) for each in bill.of("aws_secretsmanager_secret"))
    return copies * bill.price("secret", bill.home)


def _trailed(bill: Bill) -> float:
    """Returns reads and writes of items and objects that the trail records, in a month."""
    selectors = [one for each in bill.of("aws_cloudtrail") for one in each.values["advanced_event_selector"]]
    if len(selectors) <= 1:
        return 0
    units = bill.use("write_units_per_order") / 5 + bill.use("read_units_per_order") / 2
    return bill.orders * (units + bill.use("documents_per_order") + bill.use("objects_read_per_order"))


@item("CloudWatch: logs")
def _logs(bill: Bill) -> float:
    trail_gb = _trailed(bill) * TRAIL_EVENT_KB / 1e6

    def of(region: str) -> float:
        taken = bill.use("log_gb") * bill.share(region) + (trail_gb if region == bill.home else 0)
        return taken * (bill.price("log_gb", region) + bill.months * bill.price("log_stored_gb", region))

    return everywhere(bill, of)


@item("CloudWatch: alarms, metrics, dashboards")
def _watching(bill: Bill) -> float:
    alarms = bill.of("aws_cloudwatch_metric_alarm")
    watched = sum(max(1, len([q for q in each.values["metric_query"] or [] if q["metric"]])) for each in alarms)
    return (
        watched * bill.price("alarm_metric", bill.home)
        + len(bill.of("aws_cloudwatch_composite_alarm")) * bill.price("composite_alarm", bill.home)
        + bill.use("own_metrics") * len(bill.regions) * bill.price("metric", bill.home)
        + len(bill.of("aws_cloudwatch_dashboard")) * bill.price("dashboard", bill.home)
    )


@item("Container Insights")
def _container_insights(bill: Bill) -> float:
    def of(region: str) -> float:
        (cluster,) = bill.of("aws_ecs_cluster", region)
        if cluster.values["setting"][0]["value"] == "disabled":
            return 0
        running = tasks(bill, region)
        metrics = sum(each.number for each in running) * bill.use("insights_per_task") + len(running) * bill.use(
            "insights_per_service"
        )
        return metrics * bill.price("insights_metric", region)

    return everywhere(bill, of)


def _traced(bill: Bill) -> bool:
    return bool(_trace_share(bill))


def _trace_share(bill: Bill) -> float:
    (definition, *_) = bill.of("aws_ecs_task_definition")
    containers = json.loads(definition.values["container_definitions"])
    (process,) = (each for each in containers if each["name"] == "orders")
    settings = {each["name"]: each["value"] for each in process["environment"]}
    return float(settings.get("OTEL_TRACES_SAMPLER_ARG", 0))


@item("X-Ray")
def _traces(bill: Bill) -> float:
    return bill.requests * _trace_share(bill) / 1e6 * bill.price("trace_million", bill.home)


@item("Firewall")
def _firewall(bill: Bill) -> float:
    lists = bill.of("aws_wafv2_web_acl")
    rules = sum(len(each.values["rule"]) for each in lists)
    looked_at = bill.requests / 1e6 if lists else 0
    return (
        len(lists) * bill.price("firewall", bill.home)
        + rules * bill.price("firewall_rule", bill.home)
        + looked_at * bill.price("firewall_million", bill.home)
    )


@item("GuardDuty")
def _detection(bill: Bill) -> float:
    def of(region: str) -> float:
        if not bill.of("aws_guardduty_detector", region):
            return 0
        # Its agent runs in no task otherwise.
        agents = any(
            each.values["name"] == "RUNTIME_MONITORING" and each.values["status"] == "ENABLED"
            for each in bill.of("aws_guardduty_detector_feature", region)
        )
        vcpu = sum(each.number * each.vcpu for each in tasks(bill, region)) if agents else 0
        reads = bill.orders * (bill.use("objects_read_per_order") + bill.use("documents_per_order")) / 1e6
        used = (
            bill.use("account_events_million") * bill.price("detection_event_million", region)
            + bill.use("flow_gb") * bill.price("detection_flow_gb", region)
            + reads * bill.price("detection_object_million", region)
        )
        return vcpu * bill.price("detection_vcpu", region) + used * bill.share(region)

    return everywhere(bill, of)


@item("Config")
def _config(bill: Bill) -> float:
    recorded = len(bill.of("aws_config_configuration_recorder")) * bill.use("config_items")
    judged = len(bill.of("aws_config_config_rule")) * bill.use("evaluations_per_rule")
    return recorded * bill.price("config_item", bill.home) + judged * bill.price("config_evaluation", bill.home)


@item("CloudTrail")
def _trail(bill: Bill) -> float:
    return _trailed(bill) / 1e5 * bill.price("trail_data_hundred_thousand", bill.home)


@item("Route 53")
def _dns(bill: Bill) -> float:
    return len(bill.of("aws_route53_health_check")) * bill.price("health_check", bill.home)


@item("Mails")
def _mails(bill: Bill) -> float:
    mails = bill.orders * bill.use("mails_per_order")
    gb = mails * bill.use("document_kb") / 1e6
    return mails / 1e3 * bill.price("mail_thousand", bill.home) + gb * bill.price("mail_gb", bill.home)


@item("SQS, SNS, EventBridge")
def _messages(bill: Bill) -> float:
    def polls(region: str) -> float:
        workers = sum(each.number for each in tasks(bill, region) if each.worker)
        return workers * bill.tariff.hours * 3600 / LONG_POLL_SECONDS / 1e6 * bill.price("queue_million", region)

    calls = bill.orders * bill.use("messages_per_order") * SQS_CALLS / 1e6
    events = bill.orders * bill.use("events_per_order") / 1e6
    return (
        everywhere(bill, polls)
        + calls * bill.price("queue_million", bill.home)
        + events * (bill.price("event_million", bill.home) + bill.price("topic_million", bill.home))
    )


@item("Images")
def _images(bill: Bill) -> float:
    return bill.use("image_gb") * len(bill.regions) * bill.price("image_gb", bill.home)


@item("Data between regions")
def _between(bill: Bill) -> float:
    if not _replicated(bill):
        return 0
    rule = backup_rule(bill)
    documents = bill.orders * bill.use("documents_per_order") * bill.use("document_kb") / 1e6
    # A write carries the whole item.
    written = bill.orders * bill.use("write_units_per_order") / 1e6
    this_month = bill.table_gb / bill.months * (bill.months - 0.5)
    return (documents + written + (rule.monthly * this_month if rule.copied else 0)) * bill.price(
        "to_region_gb", bill.home
    )


@item("Data to callers")
def _out(bill: Bill) -> float:
    return bill.use("internet_gb") * bill.price("to_internet_gb", bill.home)
