"""The evaluator of policies, by the examples of the IAM User Guide (the page is named beside each)."""

import json
from typing import Any

import pytest

from tests.iam.policy import Request, UnknownToEvaluator, is_allowed, parse_policy

KEYS = "dynamodb:LeadingKeys"


def a_statement(**changes: Any) -> dict[str, Any]:
    return {"Sid": "It", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"} | changes


def allowed(request: Request, *statements: dict[str, Any]) -> bool:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return is_allowed(parse_policy(json.dumps(policy)), request)


def a_read(resource: str = "arn:aws:s3:::b/key", **context: str | tuple[str, ...] | None) -> Request:
    named = {name.replace("__", ":"): value for name, value in context.items()}
    given = {name: (value,) if isinstance(value, str) else value for name, value in named.items() if value is not None}
    return Request("s3:GetObject", resource, given, frozenset(named.keys() - given.keys()))


def test_nothing_is_allowed_unless_a_statement_says_so_and_a_deny_wins() -> None:
    # reference_policies_evaluation-logic
    assert not allowed(a_read())
    assert allowed(a_read(), a_statement())
    assert not allowed(a_read(), a_statement(), a_statement(Effect="Deny"))
    assert not allowed(a_read(), a_statement(Action="s3:PutObject"))


@pytest.mark.parametrize(
    ("pattern", "action", "matches"),
    [
        ("s3:Get*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("*", "s3:GetObject", True),
        ("s3:getobject", "s3:GetObject", True),
        ("s3:GetObject?", "s3:GetObject", False),
        ("iam:*AccessKey*", "iam:UpdateAccessKey", True),
        ("iam:*AccessKey*", "iam:GetUser", False),
    ],
)
def test_actions_may_have_wildcards_and_have_no_case(pattern: str, action: str, *, matches: bool) -> None:
    # reference_policies_elements_action
    request = Request(action, "arn:aws:iam::123456789012:user/a")
    assert allowed(request, a_statement(Action=pattern, Resource="*")) is matches


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("arn:aws:sqs:us-east-2:account-ID-without-hyphens:queue1", "arn:aws:sqs:us-east-2:1:queue1", False),
        ("arn:aws:sqs:us-east-2:1:queue1", "arn:aws:sqs:us-east-2:1:queue1", True),
        ("arn:aws:sqs:us-east-2:1:queue1", "arn:aws:sqs:us-east-2:1:Queue1", False),
        ("arn:aws:iam::1:user/Development/product_1234/*", "arn:aws:iam::1:user/Development/product_1234/a/b", True),
        ("arn:aws:s3:::amzn-s3-demo-bucket/*/test/*", "arn:aws:s3:::amzn-s3-demo-bucket/1/2/test/3/object.jpg", True),
        ("arn:aws:s3:::amzn-s3-demo-bucket/*/test/*", "arn:aws:s3:::amzn-s3-demo-bucket/test/object.jpg", False),
        ("arn:aws:s3:::amzn-s3-demo-bucket/????/*", "arn:aws:s3:::amzn-s3-demo-bucket/2026/a", True),
        ("arn:aws:sqs:*:1:queue1", "arn:aws:sqs:eu-west-1:1:queue1", True),
        # A wildcard stays within its part.
        ("arn:aws:sqs:*:queue1", "arn:aws:sqs:eu-west-1:1:queue1", None),
        ("arn:aws:secretsmanager:r:1:secret:n-??????", "arn:aws:secretsmanager:r:1:secret:n-a1b2c3", True),
        ("arn:aws:secretsmanager:r:1:secret:n-??????", "arn:aws:secretsmanager:r:1:secret:n-other-a1b2c3", False),
        ("*", "*", True),
        ("arn:aws:sqs:us-east-2:1:queue1", "*", False),
    ],
)
def test_resources_are_compared_part_by_part(pattern: str, resource: str, matches: bool | None) -> None:
    # reference_policies_elements_resource
    request, statement = Request("s3:GetObject", resource), a_statement(Resource=pattern)
    if matches is None:
        with pytest.raises(UnknownToEvaluator, match="not both are ARNs"):
            allowed(request, statement)
    else:
        assert allowed(request, statement) is matches


def test_all_but_what_is_named() -> None:
    # reference_policies_elements_notaction, reference_policies_elements_notresource
    everything = a_statement(Action="*", Resource="*")
    only_reading = {"Sid": "No", "Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}
    assert allowed(a_read(), everything, only_reading)
    assert not allowed(Request("s3:PutObject", "arn:aws:s3:::b/key"), everything, only_reading)
    elsewhere = {"Sid": "No", "Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}
    assert allowed(a_read(), everything, elsewhere)
    assert not allowed(a_read("arn:aws:s3:::other/key"), everything, elsewhere)


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        # reference_policies_elements_condition_operators, "String condition operators"
        ("StringEquals", "johndoe", "johndoe", True),
        ("StringEquals", "johndoe", "JohnDoe", False),
        ("StringEquals", "johndoe", None, False),
        ("StringEqualsIgnoreCase", "johndoe", "JohnDoe", True),
        ("StringNotEquals", "johndoe", "janedoe", True),
        ("StringNotEquals", "johndoe", "johndoe", False),
        ("StringNotEquals", "johndoe", None, True),
        ("StringLike", ["HR", "PayrollSupport/*"], "PayrollSupport/2026", True),
        ("StringLike", "arn?", "arns", True),
        ("StringLike", "TENANT#*#MAIL#*", "TENANT#demo#MAIL#ord_1", True),
        ("StringLike", "TENANT#*#MAIL#*", "TENANT#demo#ORDER#ord_1", False),
        ("StringNotLike", "Payroll*", "HR", True),
        ("StringNotLike", ["Payroll*", "HR"], "HR", False),
        # "Boolean condition operators"
        ("Bool", "true", "true", True),
        ("Bool", "true", "false", False),
        ("Bool", "true", None, False),
        # There, under ARNs.
        ("ArnEquals", "arn:aws:sns:REGION:1:TOPIC-ID", "arn:aws:sns:REGION:1:TOPIC-ID", True),
        ("ArnLike", "arn:aws:sns:*:1:TOPIC-*", "arn:aws:sns:eu-west-1:1:TOPIC-ID", True),
        ("ArnNotLike", "arn:aws:sns:*:1:TOPIC-*", "arn:aws:sns:eu-west-1:2:TOPIC-ID", True),
        # "...IfExists condition operators"
        ("StringLikeIfExists", ["t1.*", "t2.*", "m3.*"], None, True),
        ("StringLikeIfExists", ["t1.*", "t2.*", "m3.*"], "t1.micro", True),
        ("StringLikeIfExists", ["t1.*", "t2.*", "m3.*"], "m5.large", False),
        # "Condition operator to check existence of condition keys"
        ("Null", "true", None, True),
        ("Null", "true", "anything", False),
        ("Null", "false", "anything", True),
        ("Null", "false", None, False),
    ],
)
def test_operators_compare_as_documented(
    operator: str, wanted: str | list[str], value: str | None, *, holds: bool
) -> None:
    statement = a_statement(Condition={operator: {"aws:Key": wanted}})
    assert allowed(a_read(aws__Key=value), statement) is holds


@pytest.mark.parametrize(
    ("operator", "values", "holds"),
    [
        # reference_policies_condition-single-vs-multi-valued-context-keys: the keys `environment` and `webserver`.
        ("ForAllValues:StringEquals", ("environment", "webserver"), True),
        ("ForAllValues:StringEquals", ("environment",), True),
        ("ForAllValues:StringEquals", ("environment", "costcenter"), False),
        ("ForAllValues:StringEquals", (), True),
        ("ForAllValues:StringEquals", None, True),
        ("ForAnyValue:StringEquals", ("environment", "costcenter"), True),
        ("ForAnyValue:StringEquals", ("costcenter",), False),
        ("ForAnyValue:StringEquals", (), False),
        ("ForAnyValue:StringEquals", None, False),
    ],
)
def test_sets_are_compared_as_documented(operator: str, values: tuple[str, ...] | None, *, holds: bool) -> None:
    statement = a_statement(Condition={operator: {"aws:TagKeys": ["environment", "webserver"]}})
    assert allowed(a_read(aws__TagKeys=values), statement) is holds


def test_a_null_check_keeps_for_all_values_from_holding_of_nothing() -> None:
    # specifying-conditions (DynamoDB Developer Guide), and the warning about ForAllValues with Allow
    keys = {"ForAllValues:StringLike": {KEYS: ["TENANT#*#MAIL#*"]}}
    request = Request("dynamodb:PutItem", "arn:aws:dynamodb:r:1:table/t", {}, frozenset({KEYS}))
    statement = a_statement(Action="dynamodb:PutItem", Resource="*")
    assert allowed(request, statement | {"Condition": keys})
    assert not allowed(request, statement | {"Condition": keys | {"Null": {KEYS: "false"}}})


def test_all_lines_of_a_condition_must_hold_and_keys_have_no_case() -> None:
    # reference_policies_condition-logic-multiple-context-keys-or-values
    both = a_statement(Condition={"StringEquals": {"AWS:A": "1", "aws:b": ["1", "2"]}})
    assert allowed(a_read(aws__a="1", aws__B="2"), both)
    assert not allowed(a_read(aws__a="2", aws__B="2"), both)


@pytest.mark.parametrize(
    "unknown",
    [
        {"Principal": "*"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Condition": {"StringEquals": {"aws:NobodySaid": "x"}}},
        {"Condition": {"ForAllValues:StringEqualsIfExists": {"aws:Key": "x"}}},
        {"Condition": {"ForSomeValues:StringEquals": {"aws:Key": "x"}}},
        {"Condition": {"StringEquals": {"aws:Several": "x"}}},
        {"Condition": {"Bool": {"aws:Key": "yes"}}},
        {"Resource": "arn:aws:s3:::b/${aws:username}/*"},
        {"NotAction": "s3:PutObject"},
        {"Effect": "Perhaps"},
    ],
)
def test_what_it_does_not_know_is_refused_and_not_passed_over(unknown: dict[str, Any]) -> None:
    with pytest.raises(UnknownToEvaluator):
        allowed(a_read(aws__Key="x", aws__Several=("x", "y")), a_statement(**unknown))


def test_an_earlier_version_of_the_language_is_refused() -> None:
    with pytest.raises(UnknownToEvaluator):
        parse_policy(json.dumps({"Version": "2008-10-17", "Statement": []}))
