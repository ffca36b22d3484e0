"""Rules of load balancers, the firewall, networks and DNS."""

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network

from tests.terraform.rules.rule import Everything, Resource, between, each, one_of, rule

ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest"
WAF = "https://docs.aws.amazon.com/waf/latest/APIReference"
EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference"
DNS = "https://docs.aws.amazon.com/Route53/latest/APIReference"

between("aws_lb", f"{ELB}/application/application-load-balancers.html", idle_timeout=(1, 4000))
one_of("aws_lb", f"{ELB}/APIReference/API_CreateLoadBalancer.html", "ip_address_type", "ipv4", "dualstack")
one_of("aws_lb", f"{ELB}/APIReference/API_CreateLoadBalancer.html", "load_balancer_type", "application")
one_of(
    "aws_lb",
    f"{ELB}/application/desync-mitigation-mode.html",
    "desync_mitigation_mode",
    "monitor",
    "defensive",
    "strictest",
)
one_of(
    "aws_lb",
    f"{ELB}/application/x-forwarded-headers.html",
    "xff_header_processing_mode",
    "append",
    "preserve",
    "remove",
)
between("aws_lb_listener", f"{ELB}/APIReference/API_CreateListener.html", port=(1, 65535))
one_of("aws_lb_listener", f"{ELB}/APIReference/API_CreateListener.html", "protocol", "HTTP", "HTTPS")
one_of(
    "aws_lb_listener",
    f"{ELB}/application/describe-ssl-policies.html",
    "ssl_policy",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
)
between("aws_lb_listener_rule", f"{ELB}/APIReference/API_CreateRule.html", priority=(1, 50_000))
between(
    "aws_lb_listener_rule",
    f"{ELB}/APIReference/API_TargetGroupTuple.html",
    action__forward__target_group__weight=(0, 999),
)
between(
    "aws_lb_target_group",
    f"{ELB}/APIReference/API_CreateTargetGroup.html",
    port=(1, 65535),
    health_check__interval=(5, 300),
    health_check__timeout=(2, 120),
    health_check__healthy_threshold=(2, 10),
    health_check__unhealthy_threshold=(2, 10),
    deregistration_delay=(0, 3600),
)
one_of("aws_lb_target_group", f"{ELB}/APIReference/API_CreateTargetGroup.html", "protocol", "HTTP", "HTTPS")
one_of(
    "aws_lb_target_group",
    f"{ELB}/APIReference/API_CreateTargetGroup.html",
    "protocol_version",
    "HTTP1",
    "HTTP2",
    "GRPC",
)
one_of(
    "aws_lb_target_group",
    f"{ELB}/APIReference/API_TargetGroupAttribute.html",
    "load_balancing_algorithm_type",
    "round_robin",
    "least_outstanding_requests",
    "weighted_random",
)


def _no_name_of_elb(name: str) -> bool:
    return re.fullmatch(r"(?!internal-)[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]", name) is None


@rule("aws_lb", ("name", "b" * 33), ("name", "internal-orders"), ("name", "orders-"))
def a_load_balancer_has_a_short_name(balancer: Resource, _: Everything) -> Iterator[str]:
    """At most 32 letters, digits and hyphens.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    """
    if _no_name_of_elb(balancer["name"]):
        yield f"name {balancer['name']}"


@rule("aws_lb_target_group", ("name", "b" * 33), ("name", "a.b"))
def a_target_group_has_a_short_name(group: Resource, _: Everything) -> Iterator[str]:
    """At most 32 letters, digits and hyphens.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    """
    if _no_name_of_elb(group["name"]):
        yield f"name {group['name']}"


@rule("aws_lb_target_group", ("slow_start", 20), ("target_type", "instance"), ("health_check.timeout", 30))
def targets_are_tasks_and_asked_in_time(group: Resource, _: Everything) -> Iterator[str]:
    """Tasks with a network of their own are targets by address; an answer is in before the next question.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    if group["target_type"] != "ip":
        yield "tasks of Fargate are targets by ip"
    if group["slow_start"] and not 30 <= group["slow_start"] <= 900:
        yield f"slow_start {group['slow_start']}: 0, or from 30 to 900"
    (check,) = group["health_check"]
    if check["timeout"] >= check["interval"]:
        yield "health_check: timeout must be below interval"


@rule("aws_lb_listener", ("ssl_policy", None), ("protocol", "HTTP"))
def https_has_a_policy_and_http_has_none(listener: Resource, _: Everything) -> Iterator[str]:
    """A policy of TLS belongs to HTTPS.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
    """
    if (listener["protocol"] == "HTTPS") != bool(listener.get("ssl_policy")):
        yield f"{listener['protocol']} with ssl_policy {listener.get('ssl_policy')}"


FORWARD = "action.forward.target_group"


@rule("aws_lb_listener_rule", (FORWARD, [{"weight": 0}]), (FORWARD, []), (FORWARD, [{"weight": 1}] * 6), ("action", []))
def requests_are_forwarded_by_weight(one: Resource, _: Everything) -> Iterator[str]:
    """One action forwards to one to five groups, of which one has a weight.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ForwardActionConfig.html
    """
    weights = each(one, f"{FORWARD}.weight")
    if len(one["action"]) != 1 or not 1 <= len(weights) <= 5 or not sum(weights):
        yield f"{len(one['action'])} actions with weights {weights}"


between(
    "aws_wafv2_web_acl",
    f"{WAF}/API_RateBasedStatement.html",
    rule__statement__rate_based_statement__limit=(10, 2_000_000_000),
)
one_of(
    "aws_wafv2_web_acl",
    f"{WAF}/API_RateBasedStatement.html",
    "rule.statement.rate_based_statement.evaluation_window_sec",
    60,
    120,
    300,
    600,
)
one_of(
    "aws_wafv2_web_acl",
    f"{WAF}/API_RateBasedStatement.html",
    "rule.statement.rate_based_statement.aggregate_key_type",
    "IP",
    "FORWARDED_IP",
    "CUSTOM_KEYS",
    "CONSTANT",
)
one_of("aws_wafv2_web_acl", f"{WAF}/API_CreateWebACL.html", "scope", "REGIONAL")
one_of("aws_wafv2_ip_set", f"{WAF}/API_CreateIPSet.html", "ip_address_version", "IPV4", "IPV6")


@rule("aws_wafv2_web_acl", ("rule", lambda now: [*now, now[0]]))
def rules_of_the_firewall_have_an_order_and_names(acl: Resource, _: Everything) -> Iterator[str]:
    """Priorities and names are each rule's own.

    https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html
    """
    for key in ("priority", "name"):
        twice = [value for value, count in Counter(each(acl, f"rule.{key}")).items() if count > 1]
        if twice:
            yield f"{key} {twice} more than once"


@rule("aws_wafv2_web_acl", ("rule.override_action", [{"none": [{}]}] * 2), ("rule.action", []))
def a_rule_of_the_firewall_does_one_thing(acl: Resource, _: Everything) -> Iterator[str]:
    """A rule has an action; a group of rules has an override instead.

    https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html
    """
    for one in acl["rule"]:
        grouped = bool(
            each(one, "statement.managed_rule_group_statement") + each(one, "statement.rule_group_reference_statement")
        )
        if (len(one["action"]), len(one["override_action"])) != ((0, 1) if grouped else (1, 0)):
            yield f"rule {one['name']}: action for a statement, override_action for a group"


@rule(
    "aws_wafv2_web_acl_logging_configuration",
    ("log_destination_configs", ["arn:aws:logs:eu-west-1:1:log-group:orders"]),
)
def logs_of_the_firewall_have_a_name_that_it_knows(logging: Resource, everything: Everything) -> Iterator[str]:
    """The log group's name begins with ``aws-waf-logs-``; a name that is known only later is that of a planned group.

    https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
    """
    for arn in each(logging, "log_destination_configs"):
        if ":log-group:aws-waf-logs-" not in arn:
            yield f"log group {arn}"
    if not any(group["name"].startswith("aws-waf-logs-") for group in everything["aws_cloudwatch_log_group"]):
        yield "no log group aws-waf-logs-"


@rule("aws_vpc_security_group_ingress_rule", ("from_port", 70_000), ("to_port", 1), ("ip_protocol", "-1"))
def ports_let_in_are_a_range(one: Resource, _: Everything) -> Iterator[str]:
    """A range of ports, and none with all protocols.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
    """
    yield from _ports(one)


@rule("aws_vpc_security_group_egress_rule", ("from_port", -2), ("to_port", 1), ("ip_protocol", "-1"))
def ports_let_out_are_a_range(one: Resource, _: Everything) -> Iterator[str]:
    """A range of ports, and none with all protocols.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html
    """
    yield from _ports(one)


def _ports(one: Resource) -> Iterator[str]:
    first, last = one.get("from_port"), one.get("to_port")
    if one["ip_protocol"] == "-1":
        if (first, last) != (None, None):
            yield "all protocols have no ports"
    elif first is None or last is None or not 0 <= first <= last <= 65_535:
        yield f"ports from {first} to {last}"


@rule("aws_subnet", ("cidr_block", "192.168.0.0/24"), ("cidr_block", "10.0.0.0/29"))
def a_subnet_lies_in_its_network(subnet: Resource, everything: Everything) -> Iterator[str]:
    """From /16 to /28, within the VPC's range.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    own = ip_network(subnet["cidr_block"])
    vpcs = [ip_network(vpc["cidr_block"]) for vpc in everything["aws_vpc"] if vpc["region"] == subnet["region"]]
    if not 16 <= own.prefixlen <= 28 or not any(own.subnet_of(vpc) for vpc in vpcs):  # type: ignore[arg-type]
        yield f"{own} in {vpcs}"


one_of("aws_vpc_endpoint", f"{EC2}/API_CreateVpcEndpoint.html", "vpc_endpoint_type", "Interface", "Gateway")
one_of("aws_flow_log", f"{EC2}/API_CreateFlowLogs.html", "traffic_type", "ACCEPT", "REJECT", "ALL")
one_of("aws_flow_log", f"{EC2}/API_CreateFlowLogs.html", "max_aggregation_interval", 60, 600)
between("aws_route53_health_check", f"{DNS}/API_HealthCheckConfig.html", failure_threshold=(1, 10))
one_of("aws_route53_health_check", f"{DNS}/API_HealthCheckConfig.html", "request_interval", 10, 30)
one_of("aws_route53_health_check", f"{DNS}/API_HealthCheckConfig.html", "type", "HTTPS", "HTTP", "TCP", "CALCULATED")
one_of("aws_route53_record", f"{DNS}/API_ResourceRecordSet.html", "type", "A", "AAAA", "CNAME", "MX", "TXT", "CAA")
one_of(
    "aws_route53_record", f"{DNS}/API_ResourceRecordSet.html", "failover_routing_policy.type", "PRIMARY", "SECONDARY"
)


@rule("aws_route53_record", ("alias", []), ("ttl", None))
def a_record_is_an_alias_or_has_a_time(record: Resource, _: Everything) -> Iterator[str]:
    """An alias has no time to live of its own; what is no alias has one.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
    """
    if bool(record["alias"]) == (record.get("ttl") is not None):
        yield "alias or ttl"


@rule("aws_route53_record", ("failover_routing_policy.type", "PRIMARY"), ("failover_routing_policy.type", "SECONDARY"))
def a_failover_has_two_sides(record: Resource, everything: Everything) -> Iterator[str]:
    """A name that fails over has one first and one second record.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html
    """
    if record["failover_routing_policy"]:
        same = [
            one
            for one in everything["aws_route53_record"]
            if (one.get("name"), one.get("type")) == (record["name"], record["type"])
        ]
        if sorted(each(same, "failover_routing_policy.type")) != ["PRIMARY", "SECONDARY"]:
            yield f"{record['name']}: PRIMARY and SECONDARY"
