"""AWS's metrics that alarms, dashboards and scaling name, as AWS's pages have them: a misspelt one never has data."""

from collections.abc import Mapping
from typing import NamedTuple

DOCS = "https://docs.aws.amazon.com"


class AwsMetric(NamedTuple):
    """A metric: the sets of dimensions that it comes by, and the page that says so."""

    page: str
    dimensions: tuple[frozenset[str], ...]


def _metric(page: str, *dimensions: str) -> AwsMetric:
    return AwsMetric(f"{DOCS}/{page}", tuple(frozenset(each.split()) for each in dimensions))


SQS = "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
DYNAMODB = "amazondynamodb/latest/developerguide/metrics-dimensions.html"
EVENTS = "eventbridge/latest/userguide/eb-monitoring.html"
BALANCER = "elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"
SES = "ses/latest/dg/reputationdashboard-cloudwatch-alarm.html"
S3 = "AmazonS3/latest/userguide/metrics-dimensions.html"
INSIGHTS = "AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html"
BILLING = "AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html"
ROUTE53 = "Route53/latest/DeveloperGuide/monitoring-cloudwatch.html"
A_TABLE = "TableName"
AN_INDEX = "TableName GlobalSecondaryIndexName"
A_SERVICE = "ClusterName ServiceName"

AWS_METRICS: Mapping[tuple[str, str], AwsMetric] = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): _metric(SQS, "QueueName"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): _metric(SQS, "QueueName"),
    ("AWS/DynamoDB", "ReadThrottleEvents"): _metric(DYNAMODB, A_TABLE, AN_INDEX),
    ("AWS/DynamoDB", "WriteThrottleEvents"): _metric(DYNAMODB, A_TABLE, AN_INDEX),
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits"): _metric(DYNAMODB, A_TABLE, AN_INDEX),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"): _metric(DYNAMODB, A_TABLE, AN_INDEX),
    ("AWS/DynamoDB", "ReplicationLatency"): _metric(DYNAMODB, "TableName ReceivingRegion"),
    # A rule of the account's own bus is named by itself.
    ("AWS/Events", "TriggeredRules"): _metric(EVENTS, "RuleName", "EventBusName RuleName"),
    ("AWS/Events", "FailedInvocations"): _metric(EVENTS, "RuleName", "EventBusName RuleName"),
    ("AWS/Events", "InvocationsSentToDlq"): _metric(EVENTS, "RuleName", "EventBusName RuleName"),
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): _metric(BALANCER, "LoadBalancer"),
    ("AWS/SES", "Reputation.BounceRate"): _metric(SES, ""),
    ("AWS/SES", "Reputation.ComplaintRate"): _metric(SES, ""),
    ("AWS/S3", "ReplicationLatency"): _metric(S3, "SourceBucket DestinationBucket RuleId"),
    ("AWS/Billing", "EstimatedCharges"): _metric(BILLING, "Currency"),
    ("AWS/Route53", "HealthCheckStatus"): _metric(ROUTE53, "HealthCheckId"),
    ("ECS/ContainerInsights", "RunningTaskCount"): _metric(INSIGHTS, A_SERVICE),
}
