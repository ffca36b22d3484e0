"""A release may make, read and change everything that is planned: a right that is missing would show in an apply."""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

import pytest

from tests.iam.policy import Statement, arn_like, parse_policy
from tests.terraform.plans import ENVIRONMENTS, EnvironmentPlan, Values, resources
from tests.terraform.terraform import ROOT

RIGHTS: Mapping[str, str] = MappingProxyType({
    "aws_acm_certificate": "acm:RequestCertificate acm:DescribeCertificate acm:DeleteCertificate",
    "aws_acm_certificate_validation": "acm:DescribeCertificate",
    "aws_appautoscaling_policy":
        "application-autoscaling:PutScalingPolicy application-autoscaling:DescribeScalingPolicies",
    "aws_appautoscaling_target":
        "application-autoscaling:RegisterScalableTarget application-autoscaling:DescribeScalableTargets",
    "aws_backup_plan": "backup:CreateBackupPlan backup:GetBackupPlan backup:UpdateBackupPlan",
    "aws_backup_region_settings": "backup:UpdateRegionSettings backup:DescribeRegionSettings",
    "aws_backup_selection": "backup:CreateBackupSelection backup:GetBackupSelection",
    "aws_backup_vault": "backup:CreateBackupVault backup:DescribeBackupVault",
    "aws_backup_vault_lock_configuration": "backup:PutBackupVaultLockConfiguration",
    "aws_backup_vault_policy": "backup:PutBackupVaultAccessPolicy backup:GetBackupVaultAccessPolicy",
    "aws_budgets_budget": "budgets:ModifyBudget budgets:ViewBudget",
    "aws_cloudtrail":
        "cloudtrail:CreateTrail cloudtrail:PutEventSelectors cloudtrail:StartLogging"
        " cloudtrail:GetTrailStatus",
    "aws_cloudwatch_composite_alarm": "cloudwatch:PutCompositeAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms",
    "aws_cloudwatch_dashboard": "cloudwatch:PutDashboard cloudwatch:GetDashboard cloudwatch:DeleteDashboards",
    "aws_cloudwatch_event_archive": "events:CreateArchive events:DescribeArchive events:UpdateArchive",
    "aws_cloudwatch_event_bus": "events:CreateEventBus events:DescribeEventBus",
    "aws_cloudwatch_event_bus_policy": "events:PutPermission events:DescribeEventBus",
    "aws_cloudwatch_event_rule": "events:PutRule events:DescribeRule events:DeleteRule events:ListTagsForResource",
    "aws_cloudwatch_event_target": "events:PutTargets events:ListTargetsByRule events:RemoveTargets",
    "aws_cloudwatch_log_group":
        "logs:CreateLogGroup logs:PutRetentionPolicy logs:DescribeLogGroups logs:DeleteLogGroup",
    "aws_cloudwatch_log_resource_policy": "logs:PutResourcePolicy logs:DescribeResourcePolicies",
    "aws_cloudwatch_metric_alarm": "cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms",
    "aws_config_config_rule": "config:PutConfigRule config:DescribeConfigRules config:DeleteConfigRule",
    "aws_config_configuration_recorder": "config:PutConfigurationRecorder config:DescribeConfigurationRecorders",
    "aws_config_configuration_recorder_status":
        "config:StartConfigurationRecorder config:DescribeConfigurationRecorderStatus",
    "aws_config_delivery_channel": "config:PutDeliveryChannel config:DescribeDeliveryChannels",
    "aws_config_retention_configuration": "config:PutRetentionConfiguration config:DescribeRetentionConfigurations",
    "aws_default_security_group":
        "ec2:DescribeSecurityGroups ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress",
    "aws_dynamodb_contributor_insights": "dynamodb:UpdateContributorInsights dynamodb:DescribeContributorInsights",
    "aws_dynamodb_resource_policy": "dynamodb:PutResourcePolicy dynamodb:GetResourcePolicy",
    "aws_dynamodb_table":
        "dynamodb:CreateTable dynamodb:DescribeTable dynamodb:UpdateTable dynamodb:UpdateTimeToLive"
        " dynamodb:UpdateContinuousBackups dynamodb:DescribeContinuousBackups dynamodb:DescribeTimeToLive"
        " dynamodb:TagResource dynamodb:ListTagsOfResource",
    "aws_dynamodb_table_item": "dynamodb:PutItem dynamodb:GetItem",
    "aws_ecr_lifecycle_policy": "ecr:PutLifecyclePolicy ecr:GetLifecyclePolicy",
    "aws_ecr_replication_configuration": "ecr:PutReplicationConfiguration ecr:DescribeRegistry",
    "aws_ecr_repository":
        "ecr:CreateRepository ecr:DescribeRepositories ecr:PutImageTagMutability ecr:ListTagsForResource"
        " ecr:TagResource",
    "aws_ecr_repository_policy": "ecr:SetRepositoryPolicy ecr:GetRepositoryPolicy ecr:DeleteRepositoryPolicy",
    "aws_ecs_cluster": "ecs:CreateCluster ecs:DescribeClusters ecs:UpdateCluster ecs:DeleteCluster",
    "aws_ecs_cluster_capacity_providers": "ecs:PutClusterCapacityProviders",
    "aws_ecs_service":
        "ecs:CreateService ecs:UpdateService ecs:DescribeServices ecs:DescribeServiceDeployments ecs:DeleteService",
    "aws_ecs_task_definition": "ecs:RegisterTaskDefinition ecs:DescribeTaskDefinition ecs:DeregisterTaskDefinition",
    "aws_eip": "ec2:AllocateAddress ec2:DescribeAddresses ec2:ReleaseAddress",
    "aws_flow_log": "ec2:CreateFlowLogs ec2:DescribeFlowLogs ec2:DeleteFlowLogs",
    "aws_guardduty_detector": "guardduty:CreateDetector guardduty:GetDetector guardduty:UpdateDetector",
    "aws_guardduty_detector_feature": "guardduty:UpdateDetector guardduty:GetDetector",
    "aws_iam_account_alias": "iam:CreateAccountAlias iam:ListAccountAliases iam:DeleteAccountAlias",
    "aws_iam_account_password_policy": "iam:UpdateAccountPasswordPolicy iam:GetAccountPasswordPolicy",
    "aws_iam_policy": "iam:CreatePolicy iam:GetPolicy iam:GetPolicyVersion iam:ListPolicyVersions",
    "aws_iam_role": "iam:GetRole iam:ListRolePolicies iam:ListAttachedRolePolicies",
    "aws_iam_role_policies_exclusive": "iam:ListRolePolicies",
    "aws_iam_role_policy": "iam:PutRolePolicy iam:GetRolePolicy iam:DeleteRolePolicy",
    "aws_iam_role_policy_attachment": "iam:AttachRolePolicy iam:ListAttachedRolePolicies iam:DetachRolePolicy",
    "aws_iam_role_policy_attachments_exclusive": "iam:ListAttachedRolePolicies",
    "aws_iam_service_linked_role": "iam:CreateServiceLinkedRole iam:GetRole",
    "aws_internet_gateway": "ec2:CreateInternetGateway ec2:AttachInternetGateway ec2:DescribeInternetGateways",
    "aws_kms_alias": "kms:CreateAlias kms:ListAliases kms:UpdateAlias",
    "aws_kms_key":
        "kms:CreateKey kms:DescribeKey kms:GetKeyPolicy kms:EnableKeyRotation kms:GetKeyRotationStatus"
        " kms:PutKeyPolicy",
    "aws_lb": "elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:DescribeLoadBalancers"
        " elasticloadbalancing:ModifyLoadBalancerAttributes",
    "aws_lb_listener": "elasticloadbalancing:CreateListener elasticloadbalancing:DescribeListeners",
    "aws_lb_listener_rule": "elasticloadbalancing:CreateRule elasticloadbalancing:DescribeRules",
    "aws_lb_target_group": "elasticloadbalancing:CreateTargetGroup elasticloadbalancing:DescribeTargetGroups",
    "aws_nat_gateway": "ec2:CreateNatGateway ec2:DescribeNatGateways ec2:DeleteNatGateway",
    "aws_route": "ec2:CreateRoute ec2:DescribeRouteTables ec2:DeleteRoute",
    "aws_route53_health_check": "route53:CreateHealthCheck route53:GetHealthCheck",
    "aws_route53_record": "route53:ChangeResourceRecordSets route53:ListResourceRecordSets route53:GetChange",
    "aws_route_table": "ec2:CreateRouteTable ec2:DescribeRouteTables ec2:DeleteRouteTable",
    "aws_route_table_association": "ec2:AssociateRouteTable ec2:DisassociateRouteTable",
    "aws_s3_bucket": "s3:CreateBucket s3:ListBucket s3:GetBucketTagging s3:PutBucketTagging s3:GetBucketAcl",
    "aws_s3_bucket_lifecycle_configuration": "s3:PutLifecycleConfiguration s3:GetLifecycleConfiguration",
    "aws_s3_bucket_logging": "s3:PutBucketLogging s3:GetBucketLogging",
    "aws_s3_bucket_ownership_controls": "s3:PutBucketOwnershipControls s3:GetBucketOwnershipControls",
    "aws_s3_bucket_policy": "s3:PutBucketPolicy s3:GetBucketPolicy",
    "aws_s3_bucket_public_access_block": "s3:PutBucketPublicAccessBlock s3:GetBucketPublicAccessBlock",
    "aws_s3_bucket_replication_configuration": "s3:PutReplicationConfiguration s3:GetReplicationConfiguration",
    "aws_s3_bucket_server_side_encryption_configuration": "s3:PutEncryptionConfiguration s3:GetEncryptionConfiguration",
    "aws_s3_bucket_versioning": "s3:PutBucketVersioning s3:GetBucketVersioning",
    "aws_s3_object": "s3:PutObject s3:GetObject s3:GetObjectTagging s3:DeleteObject",
    "aws_scheduler_schedule":
        "scheduler:CreateSchedule scheduler:GetSchedule scheduler:UpdateSchedule scheduler:DeleteSchedule",
    "aws_scheduler_schedule_group":
        "scheduler:CreateScheduleGroup scheduler:GetScheduleGroup scheduler:DeleteScheduleGroup",
    "aws_secretsmanager_secret":
        "secretsmanager:CreateSecret secretsmanager:DescribeSecret secretsmanager:UpdateSecret"
        " secretsmanager:TagResource",
    "aws_secretsmanager_secret_policy": "secretsmanager:PutResourcePolicy secretsmanager:GetResourcePolicy",
    "aws_security_group": "ec2:CreateSecurityGroup ec2:DescribeSecurityGroups ec2:DeleteSecurityGroup",
    "aws_sesv2_account_suppression_attributes": "ses:PutAccountSuppressionAttributes ses:GetAccount",
    "aws_sesv2_configuration_set": "ses:CreateConfigurationSet ses:GetConfigurationSet",
    "aws_sesv2_configuration_set_event_destination":
        "ses:CreateConfigurationSetEventDestination ses:GetConfigurationSetEventDestinations",
    "aws_sesv2_email_identity": "ses:CreateEmailIdentity ses:GetEmailIdentity",
    "aws_sesv2_email_identity_mail_from_attributes": "ses:PutEmailIdentityMailFromAttributes",
    "aws_sns_topic":
        "sns:CreateTopic sns:GetTopicAttributes sns:SetTopicAttributes sns:ListTagsForResource"
        " sns:DeleteTopic",
    "aws_sns_topic_policy": "sns:SetTopicAttributes sns:GetTopicAttributes",
    "aws_sns_topic_subscription": "sns:Subscribe sns:GetSubscriptionAttributes sns:Unsubscribe",
    "aws_sqs_queue": "sqs:CreateQueue sqs:GetQueueAttributes sqs:SetQueueAttributes sqs:ListQueueTags sqs:TagQueue",
    "aws_sqs_queue_policy": "sqs:SetQueueAttributes sqs:GetQueueAttributes",
    "aws_sqs_queue_redrive_allow_policy": "sqs:SetQueueAttributes sqs:GetQueueAttributes",
    "aws_ssm_document": "ssm:CreateDocument ssm:GetDocument ssm:DescribeDocument ssm:UpdateDocument ssm:DeleteDocument",
    "aws_ssm_parameter":
        "ssm:PutParameter ssm:GetParameter ssm:GetParameters ssm:DescribeParameters ssm:DeleteParameter"
        " ssm:AddTagsToResource ssm:ListTagsForResource",
    "aws_subnet": "ec2:CreateSubnet ec2:DescribeSubnets ec2:DeleteSubnet",
    "aws_vpc": "ec2:CreateVpc ec2:DescribeVpcs ec2:ModifyVpcAttribute ec2:DescribeVpcAttribute",
    "aws_vpc_endpoint": "ec2:CreateVpcEndpoint ec2:DescribeVpcEndpoints ec2:ModifyVpcEndpoint",
    "aws_vpc_security_group_egress_rule": "ec2:AuthorizeSecurityGroupEgress ec2:DescribeSecurityGroupRules",
    "aws_vpc_security_group_ingress_rule": "ec2:AuthorizeSecurityGroupIngress ec2:DescribeSecurityGroupRules",
    "aws_wafv2_ip_set": "wafv2:CreateIPSet wafv2:GetIPSet wafv2:UpdateIPSet",
    "aws_wafv2_web_acl": "wafv2:CreateWebACL wafv2:GetWebACL wafv2:UpdateWebACL",
    "aws_wafv2_web_acl_association": "wafv2:AssociateWebACL wafv2:GetWebACLForResource",
    "aws_wafv2_web_acl_logging_configuration": "wafv2:PutLoggingConfiguration wafv2:GetLoggingConfiguration",
    "aws_xray_group": "xray:CreateGroup xray:GetGroup xray:UpdateGroup",
})  # fmt: skip
"""The main actions that the provider calls to make, read and change a resource of a type ("Actions, resources, and
condition keys" of each service in the Service Authorization Reference)."""

ARNS: Mapping[str, str] = MappingProxyType({
    "aws_backup_vault": "arn:aws:backup:{region}:{account}:backup-vault:{name}",
    "aws_budgets_budget": "arn:aws:budgets::{account}:budget/{name}",
    "aws_cloudtrail": "arn:aws:cloudtrail:{region}:{account}:trail/{name}",
    "aws_cloudwatch_composite_alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{alarm_name}",
    "aws_cloudwatch_dashboard": "arn:aws:cloudwatch::{account}:dashboard/{dashboard_name}",
    "aws_cloudwatch_event_bus": "arn:aws:events:{region}:{account}:event-bus/{name}",
    "aws_cloudwatch_event_rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "aws_cloudwatch_log_group": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws_cloudwatch_metric_alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{alarm_name}",
    "aws_dynamodb_table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws_ecr_repository": "arn:aws:ecr:{region}:{account}:repository/{name}",
    "aws_ecs_cluster": "arn:aws:ecs:{region}:{account}:cluster/{name}",
    "aws_ecs_task_definition": "arn:aws:ecs:{region}:{account}:task-definition/{family}:1",
    "aws_iam_role_policy": "arn:aws:iam::{account}:role/{role}",
    "aws_kms_alias": "arn:aws:kms:{region}:{account}:{name}",
    "aws_s3_bucket": "arn:aws:s3:::{bucket}",
    "aws_scheduler_schedule": "arn:aws:scheduler:{region}:{account}:schedule/{group_name}/{name}",
    "aws_scheduler_schedule_group": "arn:aws:scheduler:{region}:{account}:schedule-group/{name}",
    "aws_secretsmanager_secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-a1b2c3",
    "aws_sesv2_configuration_set": "arn:aws:ses:{region}:{account}:configuration-set/{configuration_set_name}",
    "aws_sesv2_email_identity": "arn:aws:ses:{region}:{account}:identity/{email_identity}",
    "aws_sns_topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws_sqs_queue": "arn:aws:sqs:{region}:{account}:{name}",
    "aws_ssm_document": "arn:aws:ssm:{region}:{account}:document/{name}",
    "aws_ssm_parameter": "arn:aws:ssm:{region}:{account}:parameter{name}",
    "aws_xray_group": "arn:aws:xray:{region}:{account}:group/{group_name}/1",
})  # fmt: skip
"""ARNs of types that have one of their name: the right must be to this resource, not to another of the kind."""

CALL = re.compile(r"\.((?:describe|get|list|start|stop)_\w+)\(")
PAGED = re.compile(r'get_paginator\("(\w+)"\)')
SERVICE = "arn:aws:ecs:{region}:{account}:service/bbws-orders-{environment}/bbws-orders-api-{environment}"
OF_THE_TOOL: Mapping[str, tuple[str, str]] = MappingProxyType({
    "describe_alarms": ("cloudwatch:DescribeAlarms", "any"),
    "describe_backup_job": ("backup:DescribeBackupJob", "any"),
    "describe_certificate": ("acm:DescribeCertificate", "any"),
    "describe_images": ("ecr:DescribeImages", "arn:aws:ecr:{region}:{account}:repository/bbws-orders"),
    "describe_service_deployments": ("ecs:DescribeServiceDeployments", SERVICE),
    "describe_service_revisions": ("ecs:DescribeServiceRevisions", SERVICE),
    "describe_services": ("ecs:DescribeServices", SERVICE),
    "describe_table": (
        "dynamodb:DescribeTable", "arn:aws:dynamodb:{region}:{account}:table/bbws-customer-portal-orders-{environment}"
    ),
    "describe_task_definition": ("ecs:DescribeTaskDefinition", "any"),
    "get_caller_identity": ("sts:GetCallerIdentity", "any"),  # needs no right
    "get_paginator": ("acm:ListCertificates", "any"),
    "get_queue_attributes": (
        "sqs:GetQueueAttributes", "arn:aws:sqs:{region}:{account}:bbws-order-creation-dlq-{environment}"
    ),
    "get_queue_url": ("sqs:GetQueueUrl", "arn:aws:sqs:{region}:{account}:bbws-order-creation-{environment}"),
    "list_certificates": ("acm:ListCertificates", "any"),
    "list_hosted_zones_by_name": ("route53:ListHostedZonesByName", "any"),
    "list_service_deployments": ("ecs:ListServiceDeployments", SERVICE),
    "start_backup_job": (
        "backup:StartBackupJob", "arn:aws:backup:{region}:{account}:backup-vault:bbws-orders-{environment}"
    ),
    "stop_service_deployment": (
        "ecs:StopServiceDeployment",
        "arn:aws:ecs:{region}:{account}:service-deployment/bbws-orders-{environment}/bbws-orders-api-{environment}/x",
    ),
})  # fmt: skip
"""What the release tool (`deploy/release`) asks AWS: the action, and an ARN that it is asked of."""


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def plan(request: pytest.FixtureRequest, planned: Callable[[str], EnvironmentPlan]) -> EnvironmentPlan:
    return planned(cast("str", request.param))


def test_a_release_may_make_read_and_change_what_is_planned(plan: EnvironmentPlan) -> None:
    granted = [
        statement
        for policy in plan.all("aws_iam_policy", "release_role")
        if policy["name"] != f"bbws-boundary-{plan.environment}"
        for statement in parse_policy(policy["policy"])
        if statement.effect == "Allow"
    ]
    missing = {
        (action, arn)
        for resource in resources(plan.raw["planned_values"]["root_module"])
        for arn in [_arn(plan, resource["type"], resource["values"])]
        for action in RIGHTS[resource["type"]].split()
        if not any(_grants(statement, action, arn) for statement in granted)
    }
    assert sorted(missing) == []


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_a_release_may_pull_from_where_its_images_come_from(
    planned: Callable[[str], EnvironmentPlan], environment: str
) -> None:
    variables = {name: planned(name).raw["variables"] for name in ENVIRONMENTS}
    here = variables[environment]
    before = here["repository"]["value"]["images_from"]
    (source,) = [name for name in ENVIRONMENTS if variables[name]["account"]["value"] == before]
    policy = _pulling(planned(source).one("aws_ecr_repository_policy")["policy"])
    role = planned(environment).all("aws_iam_role", "release_role")[0]["name"]
    assert policy == {f"arn:aws:iam::{here['account']['value']}:role/{role}"}


def test_the_release_tool_makes_the_calls_that_are_listed() -> None:
    files = sorted((ROOT / "deploy/release/aws").glob("*.py"))
    made = {found for file in files for found in CALL.findall(file.read_text(encoding="utf-8"))}
    paged = {found for file in files for found in PAGED.findall(file.read_text(encoding="utf-8"))}
    assert made | paged == set(OF_THE_TOOL)


def test_the_release_tool_may_make_its_calls(plan: EnvironmentPlan) -> None:
    granted = [
        statement
        for policy in plan.all("aws_iam_policy", "release_role")
        if policy["name"] != f"bbws-boundary-{plan.environment}"
        for statement in parse_policy(policy["policy"])
        if statement.effect == "Allow"
    ]
    account, region = (plan.raw["variables"][name]["value"] for name in ("account", "region"))
    known = {"account": account, "region": region, "environment": plan.environment}
    missing = [
        (action, arn)
        for action, pattern in OF_THE_TOOL.values()
        for arn in [pattern.format_map(known)]
        if action != "sts:GetCallerIdentity" and not any(_grants(statement, action, arn) for statement in granted)
    ]
    assert missing == []


def _pulling(text: str) -> set[str]:
    """Returns the principals that a repository's policy lets pull, by its condition."""
    return {
        principal
        for statement in json.loads(text)["Statement"]
        for given in [statement["Condition"]["ArnLike"]["aws:PrincipalArn"]]
        for principal in ([given] if isinstance(given, str) else given)
    }


def _arn(plan: EnvironmentPlan, kind: str, values: Values) -> str:
    """The ARN that a resource will have; ``any`` where its name does not tell."""
    variables = {name: plan.raw["variables"][name]["value"] for name in ("account", "region")}
    known = {name: value for name, value in {**values, **variables}.items() if isinstance(value, str)}
    try:
        return ARNS[kind].format_map(known)
    except KeyError:
        return "any"


def _grants(statement: Statement, action: str, arn: str) -> bool:
    # Conditions are not weighed: they bound where and what, and a plan does not have what comes with a request.
    return statement.names(action) and (arn == "any" or any(arn_like(pattern, arn) for pattern in statement.resources))
