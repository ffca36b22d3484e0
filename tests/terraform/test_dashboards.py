"""Dashboards are bodies that CloudWatch takes, show what the operating plan names, and can be drawn."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tests.terraform import watched
from tests.terraform.dashboard_schema import Body
from tests.terraform.plans import EnvironmentPlan
from tools.dashboard import dashboards, lines_of, page

Planned = Callable[[str], EnvironmentPlan]

SHOWN = {
    "order-service": {
        "requests", "errors", "request_seconds", "throttled_requests", "RunningTaskCount",
        "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "events_published",
        "event_publication_failures", "oldest_unpublished_event_seconds", "orders_processed", "message_seconds",
        "mails",
    },
    "order-executive": {"orders_created", "revenue", "orders_completed", "requests", "errors", "EstimatedCharges"},
}  # fmt: skip
"""What is to be seen on each: how requests, tasks, queues, events, orders and mails run; and what comes of it."""


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_bodies_are_as_cloudwatch_takes_them(planned: Planned, environment: str) -> None:
    found = watched.bodies(planned(environment))
    assert found
    for body in found.values():
        Body.model_validate(body)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("x", 24), ("x", 13), ("width", 25), ("height", 0), ("colour", "red"), ("properties.region", "Ireland"),
        ("properties.metrics", [["AWS/SQS"]]), ("properties.metrics", [["AWS/SQS", "Name", "QueueName"]]),
        ("properties.metrics", [["AWS/SQS", "Name", {"lable": "x"}]]), ("properties.stat", "Mean"),
        ("properties.metrics", [[{"expression": "a / b", "label": "share"}]]), ("properties.period", 45),
        ("properties.metrics", [["AWS/SQS", "Name", {"label": "x"}, {"region": "eu-west-1"}]]),
    ],
)  # fmt: skip
def test_a_body_that_cloudwatch_does_not_take_is_found(planned: Planned, path: str, wrong: Any) -> None:
    body = copy.deepcopy(watched.bodies(planned("sit"))["order-service-sit-dashboard"])
    *way, last = path.split(".")
    place = body["widgets"][0]
    for key in way:
        place = place[key]
    place[last] = wrong
    with pytest.raises(ValidationError):
        Body.model_validate(body)


@pytest.mark.parametrize(("environment", "names"), [("sit", ["order-service"]), ("prod", [*SHOWN])])
def test_each_shows_what_it_is_for(planned: Planned, environment: str, names: list[str]) -> None:
    bodies = watched.bodies(planned(environment))
    assert sorted(bodies) == sorted(f"{name}-{environment}-dashboard" for name in names)
    for name in names:
        widgets = bodies[f"{name}-{environment}-dashboard"]["widgets"]
        assert {each.name for widget in widgets for each in watched.of_widget(widget)} >= SHOWN[name]


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_widgets_are_beside_each_other_and_have_their_own_titles(planned: Planned, environment: str) -> None:
    for body in watched.bodies(planned(environment)).values():
        titles = [widget["properties"]["title"] for widget in body["widgets"]]
        assert len(set(titles)) == len(titles)
        for one, other in itertools.combinations(body["widgets"], 2):
            apart = [
                one[start] + one[size] <= other[start] or other[start] + other[size] <= one[start]
                for start, size in (("x", "width"), ("y", "height"))
            ]
            assert any(apart), (one["properties"]["title"], other["properties"]["title"])


def test_the_service_of_both_regions_is_on_one(planned: Planned) -> None:
    for widget in watched.bodies(planned("prod"))["order-service-prod-dashboard"]["widgets"]:
        properties = widget["properties"]
        regions = [line[-1].get("region", properties["region"]) for line in properties["metrics"]]
        assert set(regions) == {"af-south-1", "eu-west-1"}
        assert regions.count("af-south-1") == regions.count("eu-west-1")


def test_availability_has_its_target_as_a_line(planned: Planned) -> None:
    widgets = watched.bodies(planned("prod"))["order-executive-prod-dashboard"]["widgets"]
    [properties] = [each["properties"] for each in widgets if "Availability" in each["properties"]["title"]]
    assert properties["annotations"]["horizontal"] == [{"label": "target", "value": pytest.approx(99.9)}]
    assert properties["yAxis"]["left"]["min"] < 99.9 < properties["yAxis"]["left"]["max"] == 100
    [line] = lines_of(properties)
    assert all(each is not None and 99 < each <= 100 for each in line.values)


@pytest.mark.parametrize("environment", ["sit", "prod"])
def test_they_can_be_drawn(planned: Planned, environment: str) -> None:
    bodies = dashboards(planned(environment).raw)
    assert bodies == watched.bodies(planned(environment))
    drawn = page(bodies)
    titles = [widget["properties"]["title"] for body in bodies.values() for widget in body["widgets"]]
    assert [title for title in titles if title not in drawn] == []
    for body in bodies.values():
        for widget in body["widgets"]:
            assert all(len(line.values) > 1 for line in lines_of(widget["properties"]))
