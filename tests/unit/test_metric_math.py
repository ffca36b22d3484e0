"""Metric math gives what the tables of AWS's page give: of missing points, of IF, of arrays.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import pytest

from tools.metric_math import NotMetricMathError, Series, evaluate


def series(text: str) -> Series:
    """Reads a row of AWS's tables, where - is a point that is missing."""
    return tuple(None if each == "-" else float(each) for each in text.split())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(metric1 < metric2)", "0 0 1 0"),
        ("(metric1 >= 30)", "1 0 0 0"),
        ("(metric1 > 15 AND metric2 > 15)", "1 0 0 0"),
    ],
)
def test_comparisons(expression: str, expected: str) -> None:
    assert evaluate(expression, {"metric1": series("30 20 0 0"), "metric2": series("20 - 20 -")}) == series(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(metric1, metric2, metric3)", "30 0 20 - -"),
        ("IF(metric1, 5, metric3)", "5 5 20 - -"),
        ("IF(metric1, metric2, 5)", "30 0 5 5 -"),
        ("IF(metric1, metric2)", "30 0 - - -"),
    ],
)
def test_if(expression: str, expected: str) -> None:
    metrics = {"metric1": series("1 1 0 0 -"), "metric2": series("30 - 0 0 30"), "metric3": series("0 0 20 - 20")}
    assert evaluate(expression, metrics) == series(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", "3 1 2 -"),
        ("m1 / m2", "0.5 - 0 -"),
        ("5 * m1", "5 5 - -"),
        ("-m1", "-1 -1 - -"),
        ("1 - m1 / 2", "0.5 0.5 - -"),
        ("SUM(METRICS())", "3 1 2 -"),
        ("SUM([m1, m2])", "3 1 2 -"),
        ("SUM(FILL(METRICS(), 0))", "3 1 2 0"),
        ("SUM(METRICS() * 100)", "300 100 200 -"),
        ("FILL(m1, 10)", "1 1 10 10"),
        ("m1 - SUM(m1)", "-1 -1 - -"),
        ("m1 > 5 || m2 >= 2", "1 0 1 -"),
    ],
)
def test_arithmetic_takes_missing_points_as_0_and_drops_those_divided_by_0(expression: str, expected: str) -> None:
    assert evaluate(expression, {"m1": series("1 1 - -"), "m2": series("2 - 2 -")}) == series(expected)


@pytest.mark.parametrize(
    "expression",
    ["", "m1 +", "m1 m1", "m2", "AVG(m1)", "SUM(m1)", "3", "METRICS()", "IF(1, m1)", "FILL(m1, m1)", "m1 + 1 / 0",
     "(m1", "m1 ? 1", "FILL(3, 0)"],
)  # fmt: skip
def test_what_is_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(NotMetricMathError):
        evaluate(expression, {"m1": series("1 2")})
