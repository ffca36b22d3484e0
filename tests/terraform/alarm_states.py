"""What an alarm answers to series of its metrics, as CloudWatch evaluates it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html (periods, datapoints),
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html (what is missing),
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html (composite alarms).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from tests.terraform.plans import Values
from tools.metric_math import Series, evaluate

MORE = 2
"""How many data points beyond its periods an alarm looks at: the documentation's example has five for three."""
ALWAYS_IGNORE = ("AWS/DynamoDB",)
"""Namespaces whose missing data an alarm ignores, whatever it says: API_PutMetricAlarm.html, TreatMissingData."""


class State(StrEnum):
    """What an alarm says."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


Missing = Literal["missing", "ignore", "breaching", "notBreaching"]


def compared(value: float, comparison: str, threshold: float) -> bool:
    """Tells whether a value breaches."""
    return {
        "GreaterThanThreshold": value > threshold,
        "GreaterThanOrEqualToThreshold": value >= threshold,
        "LessThanThreshold": value < threshold,
        "LessThanOrEqualToThreshold": value <= threshold,
    }[comparison]


def state_of(breaches: Sequence[bool | None], *, periods: int, datapoints: int, missing: Missing, now: State) -> State:
    """Returns an alarm's next state.

    Args:
        breaches: data points of the evaluation range, oldest first: whether they breach; None for one that is missing.
        periods: how many of them are evaluated.
        datapoints: how many of those have to breach.
        missing: what is taken for one that is missing, as few times as possible.
        now: its state.
    """
    real = [each for each in breaches if each is not None][-periods:]
    lacking = periods - len(real)
    if lacking and missing in ("missing", "ignore"):
        return _without_enough(breaches, real, datapoints, missing, now)
    bad = sum(real) + (lacking if missing == "breaching" else 0)
    return State.ALARM if bad >= datapoints else State.OK


def _without_enough(
    breaches: Sequence[bool | None], real: list[bool], datapoints: int, missing: Missing, now: State
) -> State:
    if not all(real):
        return State.ALARM if sum(real) >= datapoints else State.OK
    if missing == "ignore":
        return now
    # Only bad ones: it is an alarm once the oldest is as old as the number of those that it takes.
    oldest = next((len(breaches) - place for place, each in enumerate(breaches) if each), 0)
    return State.ALARM if oldest >= datapoints else State.INSUFFICIENT_DATA


@dataclass(frozen=True, slots=True)
class Alarm:
    """A planned alarm, to be fed."""

    planned: Values

    @property
    def span(self) -> int:
        """How many data points it looks at."""
        return int(self.planned["evaluation_periods"]) + MORE

    @property
    def queries(self) -> list[Values]:
        """Its metrics by id."""
        return [each for each in self.planned.get("metric_query") or [] if each["metric"]]

    @property
    def ids(self) -> list[str]:
        """Ids of its metrics; that of its only one, where it has no query."""
        return [each["id"] for each in self.queries] or ["m"]

    @property
    def expression(self) -> str:
        """What it makes of its metrics."""
        found = [each["expression"] for each in self.planned.get("metric_query") or [] if each["expression"]]
        return found[0] if found else self.ids[0]

    @property
    def missing(self) -> Missing:
        """What it takes for data that are missing."""
        namespaces = {each["metric"][0]["namespace"] for each in self.queries} or {self.planned["namespace"]}
        if any(each in ALWAYS_IGNORE for each in namespaces):
            return "ignore"
        given: Missing = self.planned["treat_missing_data"]
        return given

    def answers(self, series: Mapping[str, Series], now: State = State.OK) -> State:
        """Returns its state after series of its metrics."""
        values = evaluate(self.expression, series)
        comparison, threshold = self.planned["comparison_operator"], float(self.planned["threshold"])
        periods = int(self.planned["evaluation_periods"])
        return state_of(
            [None if each is None else compared(each, comparison, threshold) for each in values],
            periods=periods,
            datapoints=int(self.planned["datapoints_to_alarm"] or periods),
            missing=self.missing,
            now=now,
        )


TERM = re.compile(r'\s*(ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\)|\s*(AND|OR|NOT|\(|\))')


def rule_holds(rule: str, states: Mapping[str, State]) -> bool:
    """Tells whether a composite alarm's rule holds; NOT binds before AND, and AND before OR."""
    words: list[str | bool] = []
    place = 0
    while place < len(rule.rstrip()):
        term = TERM.match(rule, place)
        assert term is not None, rule[place:]
        words.append(term[3] or states[term[2]] == term[1])
        place = term.end()
    found = _either(words)
    assert words == [], rule
    return found


def _either(words: list[str | bool]) -> bool:
    found = _both(words)
    while words[:1] == ["OR"]:
        words.pop(0)
        found = _both(words) or found
    return found


def _both(words: list[str | bool]) -> bool:
    found = _one(words)
    while words[:1] == ["AND"]:
        words.pop(0)
        found = _one(words) and found
    return found


def _one(words: list[str | bool]) -> bool:
    word = words.pop(0)
    if word == "NOT":
        return not _one(words)
    if word == "(":
        found = _either(words)
        assert words.pop(0) == ")"
        return found
    assert isinstance(word, bool)
    return word


def told(composite: Values, states: Mapping[str, State]) -> bool:
    """Tells whether a composite alarm acts, once its suppressor has had its time to wait for."""
    suppressors = [each["alarm"] for each in composite["actions_suppressor"]]
    return rule_holds(composite["alarm_rule"], states) and all(states[each] != State.ALARM for each in suppressors)
