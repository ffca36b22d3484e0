"""Each planned alarm stands for series that are bad, and does not for those that are well, late or absent."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

import pytest

from orders.bootstrap.resources.topology_file import packaged_topology
from tests.terraform import watched
from tests.terraform.alarm_states import Alarm, Missing, State, rule_holds, state_of, told
from tests.terraform.plans import EnvironmentPlan, Values
from tools.metric_math import Series

Planned = Callable[[str], EnvironmentPlan]
RETAINED = "Retain current state"
INSUFFICIENT = "Insufficient data"
WAYS: tuple[Missing, ...] = get_args(Missing)


# The evaluator against AWS's own examples


@pytest.mark.parametrize(
    ("points", "datapoints", "expected"),
    [
        ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
        ("0 - - - -", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - -", 3, (INSUFFICIENT, RETAINED, "ALARM", "OK")),
        ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - - - X", 3, (INSUFFICIENT, RETAINED, "ALARM", "OK")),
        ("X - - - -", 3, ("ALARM", RETAINED, "ALARM", "OK")),
        ("- - X - -", 3, ("ALARM", RETAINED, "ALARM", "OK")),
        ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - X", 2, (INSUFFICIENT, RETAINED, "ALARM", "OK")),
        ("- - - X -", 2, ("ALARM", RETAINED, "ALARM", "OK")),
    ],
)
def test_missing_data_is_treated_as_in_awss_tables(points: str, datapoints: int, expected: Sequence[str]) -> None:
    """The tables of alarms-and-missing-data.html: three periods of the last five points; X breaches, - is missing."""
    breaches = [{"0": False, "X": True, "-": None}[each] for each in points.split()]
    for missing, state in zip(WAYS, expected, strict=True):
        for now in State:
            found = state_of(breaches, periods=3, datapoints=datapoints, missing=missing, now=now)
            named = {RETAINED: now, INSUFFICIENT: State.INSUFFICIENT_DATA}
            assert found == named.get(state, state), (points, missing, now)


def test_an_alarm_follows_awss_figure() -> None:
    """The figure of alarm-evaluation.html: over three for three periods of three."""
    values = [1, 2, 4, 5, 4, 2, 2, 2, 5, 2]
    states = [
        state_of([each > 3 for each in values[: at + 1]], periods=3, datapoints=3, missing="missing", now=State.OK)
        for at in range(2, len(values))
    ]
    assert [at for at, state in enumerate(states, 2) if state == State.ALARM] == [4]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('ALARM("bad")', True),
        ('ALARM("well")', False),
        ('ALARM("bad") AND NOT ALARM("well")', True),
        ('ALARM("bad") AND NOT (ALARM("bad") OR OK("well"))', False),
        ('OK("bad") OR INSUFFICIENT_DATA("empty") AND OK("well")', True),
        ('NOT OK("empty") AND NOT ALARM("bad")', False),
    ],
)
def test_rules_of_composite_alarms(rule: str, expected: bool) -> None:
    """In the forms of PutCompositeAlarm's AlarmRule: API_PutCompositeAlarm.html."""
    states = {"bad": State.ALARM, "well": State.OK, "empty": State.INSUFFICIENT_DATA}
    assert rule_holds(rule, states) is expected


# What is planned


def constant(alarm: Alarm, **values: float | None) -> dict[str, Series]:
    """Returns series of one value each, for a whole evaluation."""
    return {name: (values[name],) * alarm.span for name in alarm.ids}


def shares(alarm: Alarm, bad: float, whole: float) -> dict[str, Series]:
    """Returns series of bad ones among all; where several metrics count bad ones, the first has them."""
    parts = [name for name in alarm.ids if name != "all"]
    return constant(alarm, **dict.fromkeys(parts), all=whole) | {parts[0]: (bad,) * alarm.span}


def beyond(alarm: Alarm, by: Literal[-1, 0, 1]) -> dict[str, Series]:
    """Returns series whose figure is at the threshold (0), on its bad side (1) or on its good one (-1).

    Of several metrics that are added up, the first has all. Percentiles are of a hundred.
    """
    threshold = float(alarm.planned["threshold"])
    way = -1 if alarm.planned["comparison_operator"].startswith("Less") else 1
    if "all" in alarm.ids:
        # A hundred thousand of a thing: the threshold is a whole number of them, and one more or less is beside it.
        share = threshold if way == 1 else 1 - threshold
        return shares(alarm, round(share * 100_000) + by, 100_000)
    value = threshold + way * by * max(threshold / 100, 0.01)
    if set(alarm.ids) == {"m", "n"}:
        return constant(alarm, m=value, n=100)
    return {name: ((value if place == 0 else 0.0),) * alarm.span for place, name in enumerate(alarm.ids)}


def alarms(planned: Planned) -> Iterator[tuple[str, Alarm]]:
    """Yields all alarms of both environments that have some."""
    for environment in ("sit", "prod"):
        for alarm in planned(environment).all("aws_cloudwatch_metric_alarm"):
            yield f"{environment} {alarm['address']}", Alarm(alarm)


def test_each_alarm_stands_for_what_is_beyond_its_threshold_alone(planned: Planned) -> None:
    wrong = []
    for name, alarm in alarms(planned):
        answers = [alarm.answers(beyond(alarm, by)) for by in (1, 0, -1)]
        if answers != [State.ALARM, State.OK, State.OK]:
            wrong.append((name, alarm.expression, answers))
    assert wrong == []


def test_an_alarm_ends_when_all_is_well_again(planned: Planned) -> None:
    assert [name for name, alarm in alarms(planned) if alarm.answers(beyond(alarm, -1), State.ALARM) != State.OK] == []


def test_nothing_is_wrong_where_nothing_is_measured(planned: Planned) -> None:
    """But a health check that says nothing is a bad one, and so is a relay: it has an age to tell at all times.

    A standing replication alarm of DynamoDB's waits for data.
    """
    found: dict[str, set[tuple[State, State]]] = {}
    for _, alarm in alarms(planned):
        nothing = constant(alarm, **dict.fromkeys(alarm.ids))
        line = watched.alarm_name(alarm.planned).split(":")[0]
        found.setdefault(line, set()).add((alarm.answers(nothing), alarm.answers(nothing, State.ALARM)))
    assert found.pop("health check failed") == {(State.ALARM, State.ALARM)}
    assert found.pop("oldest unpublished event seconds") == {(State.ALARM, State.ALARM)}
    assert found.pop("table replication latency ms") == {(State.OK, State.ALARM)}
    assert {line: states for line, states in found.items() if states != {(State.OK, State.OK)}} == {}


def test_a_quiet_relay_is_well_and_one_that_is_replaced_too(planned: Planned) -> None:
    """No event waits, or no task says so for some minutes: it is an alarm when there is none that says anything."""
    for alarm in _of(planned, "oldest unpublished event seconds"):
        assert alarm.answers(constant(alarm, m=0.0)) == State.OK
        assert int(alarm.planned["evaluation_periods"]) == 5
        for silent in range(1, alarm.span + 1):
            points = (0.0,) * (alarm.span - silent) + (None,) * silent
            # It looks at more minutes than it takes, and takes those that there are first.
            expected = State.ALARM if silent == alarm.span else State.OK
            assert alarm.answers({"m": points}) == expected, points


def test_the_latest_minute_is_late_and_hides_nothing(planned: Planned) -> None:
    """The metric is minutes old when it arrives: all but the last data point are bad, and the last is not there yet."""
    late = {
        name: alarm.answers({each: (*series[:-1], None) for each, series in beyond(alarm, 1).items()})
        for name, alarm in alarms(planned)
    }
    assert {name for name, state in late.items() if state != State.ALARM} == set()


def test_throttles_of_any_minute_of_five_are_an_alarm_that_ends(planned: Planned) -> None:
    """DynamoDB sends nothing while it refuses nothing."""
    for _, alarm in alarms(planned):
        if watched.alarm_name(alarm.planned).split(":")[0] != "table throttles":
            continue
        for place in range(2, alarm.span):
            series = constant(alarm, **dict.fromkeys(alarm.ids))
            series[alarm.ids[-1]] = tuple(3.0 if each == place else None for each in range(alarm.span))
            assert alarm.answers(series) == State.ALARM
        series[alarm.ids[-1]] = (3.0, 3.0, *[None] * (alarm.span - 2))
        assert alarm.answers(series, State.ALARM) == State.OK


FAILURES = ("error rate", "order processing failures", "event publication failures")
SHARES = (*FAILURES, *(f"release: {name}" for name in FAILURES), "event delivery below")


@pytest.mark.parametrize("line", SHARES)
def test_shares_are_of_twenty_at_least_and_count_what_there_is_none_of(planned: Planned, line: str) -> None:
    for alarm in _of(planned, line):
        assert alarm.answers(shares(alarm, 19, 19)) == State.OK
        assert alarm.answers(shares(alarm, 20, 20)) == State.ALARM
        nothing_bad = constant(alarm, **dict.fromkeys(alarm.ids)) | {"all": (1000.0,) * alarm.span}
        assert alarm.answers(nothing_bad, State.ALARM) == State.OK
        assert alarm.answers({**shares(alarm, 50, 0), "all": (None,) * alarm.span}) == State.OK


SLOW = ("create p95 seconds", "status change p95 seconds", "read p95 seconds")


@pytest.mark.parametrize("line", [*SLOW, *(f"release: {name}" for name in SLOW[:2])])
def test_percentiles_are_of_twenty_at_least(planned: Planned, line: str) -> None:
    """Of fewer, the slowest request is the 95th percentile: one in each of some quiet minutes is no slow service."""
    for alarm in _of(planned, line):
        [slow] = {series[0] for name, series in beyond(alarm, 1).items() if name == "m"}
        assert alarm.answers(constant(alarm, m=slow, n=19)) == State.OK
        assert alarm.answers(constant(alarm, m=slow, n=20)) == State.ALARM
        # Both are of one series: nothing is taken of one metric by another's count.
        looked = list(watched.of_alarm(alarm.planned))
        assert {(each.namespace, each.name, tuple(sorted(each.dimensions.items()))) for each in looked} == {
            (looked[0].namespace, "request_seconds", tuple(sorted(looked[0].dimensions.items())))
        }
        assert {query["id"]: query["metric"][0]["stat"] for query in alarm.queries} == {"m": "p95", "n": "SampleCount"}


def test_what_any_rule_did_not_deliver_counts(planned: Planned) -> None:
    """Each of the bus's rules by itself, and all together; by AWS's count, which no number of tasks multiplies."""
    rules = {f"{rule.name}-prod" for rule in packaged_topology().rules}
    for alarm in _of(planned, "event delivery below"):
        looked = [each for each in watched.of_alarm(alarm.planned) if not each.own]
        assert {each.name for each in looked} == {"InvocationsSentToDlq"}
        assert {each.dimensions["RuleName"] for each in looked} == rules
        assert {each.dimensions["EventBusName"] for each in looked} == {f"{packaged_topology().bus}-prod"}
        parts = [name for name in alarm.ids if name != "all"]
        for part in parts:
            series = shares(alarm, 0, 1000) | {parts[0]: (None,) * alarm.span}
            assert alarm.answers(series | {part: (2.0,) * alarm.span}) == State.ALARM
        together = constant(alarm, **dict.fromkeys(parts, 1.0), all=1000.0 * len(parts))
        assert alarm.answers(together) == State.OK
        assert alarm.answers(together | {parts[-1]: (2.0,) * alarm.span}) == State.ALARM


def test_throttles_of_the_table_and_of_each_index_are_looked_at(planned: Planned) -> None:
    """For reads and for writes: a table's metric has none of its indexes', and throttled reads of a list are theirs.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html, ReadThrottleEvents.
    """
    [table] = [each for each in packaged_topology().tables if each.key == "orders"]
    wanted = {
        (f"{kind}ThrottleEvents", index)
        for kind in ("Read", "Write")
        for index in (None, *(each.name for each in table.indexes))
    }
    for name in ("sit", "prod"):
        plan = planned(name)
        for place in plan.places:
            found = {
                (each.name, each.dimensions.get("GlobalSecondaryIndexName"))
                for alarm in plan.all("aws_cloudwatch_metric_alarm", place)
                for each in watched.of_alarm(alarm)
                if each.by.startswith("table throttles:")
            }
            assert found == wanted


@pytest.mark.parametrize("line", ["error rate", "create p95 seconds", "oldest message seconds"])
def test_one_bad_minute_is_none(planned: Planned, line: str) -> None:
    for alarm in _of(planned, line):
        good, bad = beyond(alarm, -1), beyond(alarm, 1)
        once = {name: (*good[name][:-1], bad[name][-1]) for name in good}
        assert alarm.answers(once) == State.OK


@pytest.mark.parametrize(("line", "metric"), [("release: dead letters", "queue"), ("table throttles", "index")])
def test_what_is_added_up_counts_wherever_it_is(planned: Planned, line: str, metric: str) -> None:
    for alarm in _of(planned, line):
        threshold = float(alarm.planned["threshold"])
        names = [name for name in alarm.ids if name.startswith(metric)]
        assert len(names) > 1
        for name in names:
            series = {**constant(alarm, **dict.fromkeys(alarm.ids)), name: (threshold + 1,) * alarm.span}
            assert alarm.answers(series) == State.ALARM


def _of(planned: Planned, line: str) -> list[Alarm]:
    found = [alarm for _, alarm in alarms(planned) if watched.alarm_name(alarm.planned).split(":")[0] == line]
    found += [alarm for _, alarm in alarms(planned) if watched.alarm_name(alarm.planned) == line and ":" in line]
    assert found
    return found


# Two lines that meet


@pytest.mark.parametrize(("depth", "tickets", "pages"), [(0, 0, 0), (1, 1, 0), (5, 1, 0), (6, 0, 1), (500, 0, 1)])
def test_a_dead_letter_queue_tells_once(planned: Planned, depth: int, tickets: int, pages: int) -> None:
    plan = planned("prod")
    for place in plan.places:
        of_queues: dict[str, list[Values]] = {}
        for alarm in plan.all("aws_cloudwatch_metric_alarm", place):
            line, _, queue = watched.alarm_name(alarm).partition(":")
            if line.startswith("dead-letter depth"):
                of_queues.setdefault(queue, []).append(alarm)
        composites = plan.all("aws_cloudwatch_composite_alarm", place)
        assert len(of_queues) == len(composites) == 13
        for queue, both in of_queues.items():
            states = {
                each["alarm_name"]: Alarm(each).answers({"m": (float(depth),) * Alarm(each).span}) for each in both
            }
            composite = next(each for each in composites if each["address"].endswith(f'depth:{queue}"]'))
            by_itself = [each for each in both if each["alarm_actions"] and states[each["alarm_name"]] == State.ALARM]
            assert [told(composite, states), len(by_itself)] == [bool(tickets), pages], queue
            [suppressor] = composite["actions_suppressor"]
            # Longer than the two alarms can be apart, which are evaluated each minute.
            assert suppressor["wait_period"] > 60
            assert suppressor["extension_period"] > 60
