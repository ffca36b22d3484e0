"""Rules of CloudWatch, its logs, X-Ray and budgets."""

import re
from collections.abc import Iterator

from tests.terraform.rules.rule import Everything, Resource, each, one_of, rule

LOGS = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference"
ALARMS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference"
COST = "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference"
DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
STATISTICS = (
    r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)\d{1,2}(\.\d+)?|p100|(PR|TM|TC|TS|WM)\(.*:.*\)"
)
DAY = 86_400

one_of("aws_cloudwatch_log_group", f"{LOGS}/API_PutRetentionPolicy.html", "retention_in_days", *DAYS)
one_of(
    "aws_cloudwatch_log_group",
    f"{LOGS}/API_CreateLogGroup.html",
    "log_group_class",
    "STANDARD",
    "INFREQUENT_ACCESS",
    "DELIVERY",
)
one_of(
    "aws_cloudwatch_metric_alarm",
    f"{ALARMS}/API_PutMetricAlarm.html",
    "comparison_operator",
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
one_of(
    "aws_cloudwatch_metric_alarm",
    f"{ALARMS}/API_PutMetricAlarm.html",
    "treat_missing_data",
    "breaching",
    "notBreaching",
    "ignore",
    "missing",
)
one_of("aws_budgets_budget", f"{COST}/API_budgets_Budget.html", "budget_type", "COST", "USAGE")
one_of(
    "aws_budgets_budget", f"{COST}/API_budgets_Budget.html", "time_unit", "DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"
)
one_of(
    "aws_budgets_budget",
    f"{COST}/API_budgets_Notification.html",
    "notification.notification_type",
    "ACTUAL",
    "FORECASTED",
)
one_of(
    "aws_budgets_budget",
    f"{COST}/API_budgets_Notification.html",
    "notification.threshold_type",
    "PERCENTAGE",
    "ABSOLUTE_VALUE",
)
one_of(
    "aws_budgets_budget",
    f"{COST}/API_budgets_Notification.html",
    "notification.comparison_operator",
    "GREATER_THAN",
    "LESS_THAN",
    "EQUAL_TO",
)


@rule(
    "aws_cloudwatch_log_group",
    ("name", "a b"),
    ("name", "aws/orders"),
    ("name", "l" * 513),
    ("retention_in_days", None),
)
def logs_have_a_name_and_an_end(group: Resource, _: Everything) -> Iterator[str]:
    """At most 512 characters, not beginning with ``aws/``; without days they stay for ever.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    """
    if not re.fullmatch(r"(?!aws/)[A-Za-z0-9._/#-]{1,512}", group["name"]) or not group.get("retention_in_days"):
        yield f"{group['name']}: {group.get('retention_in_days')} days"


def periods(alarm: Resource) -> list[int]:
    """Returns the periods of an alarm, in seconds."""
    paths = ("period", "metric_query.period", "metric_query.metric.period")
    return [period for path in paths for period in each(alarm, path)]


def whole(period: int) -> bool:
    """Tells a period that metrics are kept in."""
    return period in {10, 20, 30} or (period > 0 and period % 60 == 0)


@rule(
    "aws_cloudwatch_metric_alarm",
    ("metric_query.metric.period", 45),
    ("metric_query.metric.period", 2 * DAY),
    ("period", 90),
    ("evaluation_periods", 10_000),
    ("datapoints_to_alarm", 1000),
    ("datapoints_to_alarm", 0),
)
def an_alarm_looks_at_whole_minutes_of_a_day(alarm: Resource, _: Everything) -> Iterator[str]:
    """10, 20, 30 s or whole minutes; all periods together a day at most, or a week where one has an hour or more.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    found = periods(alarm)
    for period in found:
        longest = 7 * DAY if period >= 3600 else DAY
        if not whole(period) or period > DAY or period * alarm["evaluation_periods"] > longest:
            yield f"{alarm['evaluation_periods']} periods of {period} s"
    if (
        not 1 <= (alarm.get("datapoints_to_alarm") or alarm["evaluation_periods"]) <= alarm["evaluation_periods"]
        or alarm.get("datapoints_to_alarm") == 0
    ):
        yield f"{alarm.get('datapoints_to_alarm')} of {alarm['evaluation_periods']} periods"


@rule(
    "aws_cloudwatch_metric_alarm",
    ("metric_query", lambda now: (now or []) * 11),
    ("metric_query.return_data", False),
    ("metric_query.id", "Metric"),
    ("metric_name", "requests"),
)
def an_alarm_is_on_one_figure(alarm: Resource, _: Everything) -> Iterator[str]:
    """One metric, or queries with ten metrics at most, of which exactly one is the figure, each with a name of its own.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
    """
    queries = each(alarm, "metric_query")
    if bool(queries) == bool(alarm.get("metric_name")):
        yield "metric_name or metric_query"
    names = [query["id"] for query in queries]
    if len(set(names)) != len(names) or not all(re.fullmatch(r"[a-z]\w{0,254}", name) for name in names):
        yield f"queries {names}"
    if len(each(queries, "metric")) > 10 or (queries and sum(bool(query.get("return_data")) for query in queries) != 1):
        yield "at most ten metrics, and one query returns data"
    for query in queries:
        if bool(query["metric"]) == bool(query.get("expression")):
            yield f"{query['id']}: metric or expression"


@rule(
    "aws_cloudwatch_metric_alarm",
    ("metric_query.metric.stat", "Avg"),
    ("metric_query.metric.stat", "p"),
    ("statistic", "Median"),
)
def an_alarm_has_a_statistic(alarm: Resource, _: Everything) -> Iterator[str]:
    """Statistics have names.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
    """
    for path in ("statistic", "extended_statistic", "metric_query.metric.stat"):
        for name in each(alarm, path):
            if not re.fullmatch(STATISTICS, name):
                yield f"{path} {name}"


@rule(
    "aws_cloudwatch_metric_alarm",
    ("alarm_name", "a" * 256),
    ("alarm_description", "a" * 1025),
    ("metric_query.metric.namespace", "AWS/Orders:1 "),
)
def an_alarm_has_a_name(alarm: Resource, _: Everything) -> Iterator[str]:
    """255 characters at most, and a description of 1024.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    if len(alarm["alarm_name"]) > 255 or len(alarm.get("alarm_description") or "") > 1024:
        yield f"name {alarm['alarm_name']}"
    for namespace in each(alarm, "metric_query.metric.namespace") + each(alarm, "namespace"):
        if not re.fullmatch(r"[A-Za-z0-9._/#-]{1,255}", namespace):
            yield f"namespace {namespace}"


@rule("aws_cloudwatch_metric_alarm", ("alarm_actions", ["email"]), ("alarm_actions", ["a"] * 6))
def an_alarm_tells_five_at_most(alarm: Resource, _: Everything) -> Iterator[str]:
    """Five actions in each state, each an ARN.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    for state in ("alarm_actions", "ok_actions", "insufficient_data_actions"):
        actions = alarm.get(state) or []
        if len(actions) > 5 or not all(action is None or action.startswith("arn:") for action in actions):
            yield f"{state} {actions}"


@rule(
    "aws_cloudwatch_composite_alarm",
    ("alarm_name", "a" * 256),
    ("alarm_rule", "ALARM(" + "a" * 10_240 + ")"),
    ("alarm_rule", "ALERT(queue)"),
    ("actions_suppressor.wait_period", 0),
    ("alarm_actions", ["arn:aws:autoscaling:eu-west-1:1:scalingPolicy:1"]),
)
def a_composite_alarm_tells_of_others(alarm: Resource, _: Everything) -> Iterator[str]:
    """A rule of 10,240 characters at most over states of alarms; it tells topics and cannot add tasks.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """
    if len(alarm["alarm_name"]) > 255 or len(alarm["alarm_rule"]) > 10_240:
        yield f"name {alarm['alarm_name']}"
    if not re.fullmatch(r'(?:(?:ALARM|OK|INSUFFICIENT_DATA)\("[^"]+"\)|AND|OR|NOT|[() ])+', alarm["alarm_rule"]):
        yield f"rule {alarm['alarm_rule']}"
    for path in ("actions_suppressor.wait_period", "actions_suppressor.extension_period"):
        yield from (f"{path} {seconds}" for seconds in each(alarm, path) if seconds <= 0)
    yield from (f"action {action}" for action in alarm["alarm_actions"] or [] if action and ":autoscaling:" in action)


@rule(
    "aws_budgets_budget",
    ("notification.threshold", 0),
    ("notification", lambda now: now * 6),
    ("notification.subscriber_email_addresses", []),
)
def a_budget_tells_somebody(budget: Resource, _: Everything) -> Iterator[str]:
    """At most ten notices, of one to ten addresses each, above a positive share.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_NotificationWithSubscribers.html
    """
    if len(budget["notification"]) > 10:
        yield f"{len(budget['notification'])} notices"
    for notice in budget["notification"]:
        people = each(notice, "subscriber_email_addresses") + each(notice, "subscriber_sns_topic_arns")
        if not 1 <= len(people) <= 11 or notice["threshold"] <= 0:
            yield f"{people} above {notice['threshold']}"
