"""Percentiles, figures over time, the report and its picture."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from random import Random

import pytest
import yaml

from orders.acceptance.load.figures import Observed, PhaseResult, percentile
from orders.acceptance.load.profile import LEVELS, MAX_ERROR_RATE, MIN_DELIVERY, Kind, Profile
from orders.acceptance.load.report import as_json, as_svg, passed

ENVIRONMENTS = Path(__file__).parents[4] / "deploy" / "environments.yaml"


def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert [percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([3.0], 0.99) == 3
    assert percentile([1.0, 2.0], 0.5) == 1
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)


def test_the_levels_are_those_of_the_environments() -> None:
    levels = yaml.safe_load(ENVIRONMENTS.read_text(encoding="utf-8"))["service_levels"]
    assert {kind: LEVELS[kind] for kind in Kind} == {
        Kind.CREATE: levels["create_seconds"],
        Kind.STATUS: levels["status_change_seconds"],
        Kind.GET: levels["read_seconds"],
        Kind.LIST: levels["read_seconds"],
    }
    assert (levels["error_rate"], levels["event_delivery"]) == (MAX_ERROR_RATE, MIN_DELIVERY)
    usual = Profile()
    assert levels["load_test"] == {"requests_per_second": usual.rate, "minutes": usual.minutes}


def observed() -> Observed:
    found, chance = Observed(seconds=60.0), Random(3)  # noqa: S311 - the same in every run
    for number in range(1_200):
        due = number / 20
        fault = "503" if 30 <= due < 31 else None
        found.add(Kind.GET if number % 4 else Kind.CREATE, due, 0.01 + chance.random() / 100, fault)
    return found


def test_figures_over_time_have_every_request_once_and_their_errors_where_they_were() -> None:
    points = observed().over_time(points=30)
    assert len(points) == 30
    assert sum(point.rate * 2.0 for point in points) == pytest.approx(1_200)
    assert [(point.at, point.errors) for point in points if point.errors] == [(30.0, 20)]
    assert all(0.01 <= point.p50 <= point.p95 <= point.p99 <= 0.02 for point in points)


def test_a_phase_of_nothing_has_no_figures() -> None:
    result = PhaseResult.of("steady", Observed(), judged=True)
    assert (result.requests, result.rate, result.error_rate, result.rows, result.points) == (0, 0.0, 0.0, (), ())


def test_the_report_is_json_and_says_what_was_held_against_what() -> None:
    steady = PhaseResult.of("steady", observed(), judged=True)
    report = json.loads(json.dumps(as_json(Profile(), "http://x", "sit", [steady])))
    assert report["passed"] is False
    assert not passed([steady])
    (phase,) = report["phases"]
    assert (phase["requests"], phase["error_rate"], phase["holds"]) == (1200, pytest.approx(20 / 1200, abs=1e-6), False)
    assert [each["name"] for each in phase["operations"]] == ["create", "get"]
    assert phase["faults"][0]["what"] in {"get: 503", "create: 503"}
    assert len(phase["over_time"]) == 60
    assert report["profile"]["mix"] == {"get": 60, "list": 25, "status": 12, "create": 3}


def test_the_picture_is_an_svg_with_a_line_for_each_percentile_and_marks_where_errors_were() -> None:
    steady = PhaseResult.of("steady <&>", observed(), judged=True)
    followed = PhaseResult("orders followed", 1, 0, 0, 0, (), ())
    root = ET.fromstring(as_svg("sit on http://x", [steady, followed]))  # noqa: S314 - our own
    name = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f".//{name}polyline")) == 3
    marks = [each.findtext(f"{name}title") for each in root.findall(f".//{name}rect") if len(each)]
    assert marks == ["20 errors"]
    texts = [each.text or "" for each in root.findall(f".//{name}text")]
    assert any(text.startswith("steady <&>: 20 requests/s") for text in texts)
    assert "20 ms" in texts, "the axis ends at the next round number"


def test_one_point_is_drawn_as_well() -> None:
    one = Observed(seconds=0.5)
    one.add(Kind.GET, 0.0, 2.0, None)
    assert as_svg("x", [PhaseResult.of("users", one, judged=False)]).count("<polyline") == 3
