"""Phrase, links, approvals and hours: what a release must have before it begins."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.release.model import Refused
from deploy.workflows import approvals, hours, request, settings

LINKS: Mapping[str, Mapping[str, str]] = {
    environment: {name: f"https://docs.bbws.example/{number}" for number, name in enumerate(names)}
    for environment, names in request.LINKS.items()
}
WANTED = ["prod-tech-lead", "prod-product-owner", "prod-devops-lead"]


def review(environment: str, login: str, state: str = "approved") -> dict[str, Any]:
    return {"environments": [{"name": environment}], "user": {"login": login}, "state": state, "comment": ""}


APPROVED = [review(name, login) for name, login in zip(WANTED, ["ann", "ben", "cem"], strict=True)]


@pytest.mark.parametrize(("environment", "phrase"), [("sit", "approve"), ("prod", "APPROVE-PROD")])
def test_the_phrase_with_every_link_is_a_request(environment: str, phrase: str) -> None:
    request.check(environment, phrase, LINKS[environment])


@pytest.mark.parametrize(
    "phrase", ["", "approve", "Approve-Prod", "APPROVE-PROD ", " APPROVE-PROD", "APPROVE_PROD", "APPROVE-PROD\n", "yes"]
)
def test_another_phrase_is_refused_for_production(phrase: str) -> None:
    with pytest.raises(Refused):
        request.check("prod", phrase, LINKS["prod"])


@pytest.mark.parametrize("phrase", ["APPROVE-PROD", "Approve", "approved", "approve "])
def test_another_phrase_is_refused_for_sit(phrase: str) -> None:
    with pytest.raises(Refused):
        request.check("sit", phrase, LINKS["sit"])


@pytest.mark.parametrize("name", request.LINKS["prod"])
@pytest.mark.parametrize(
    "address", [None, "", "later", "n/a", "http://docs.bbws.example/1", "https://", "https://a b", "https://a/`id`"]
)
def test_a_link_that_leads_nowhere_is_refused(name: str, address: str | None) -> None:
    links = {**LINKS["prod"], name: address}
    with pytest.raises(Refused, match=name):
        request.check("prod", "APPROVE-PROD", {each: value for each, value in links.items() if value is not None})


def test_production_needs_uat_and_a_rollback_plan_and_each_of_its_own() -> None:
    assert {"test results", "UAT", "rollback plan"} <= set(request.LINKS["prod"])
    same = dict.fromkeys(request.LINKS["prod"], "https://docs.bbws.example/1")
    with pytest.raises(Refused, match="same"):
        request.check("prod", "APPROVE-PROD", same)
    with pytest.raises(Refused, match="not more"):
        request.check("prod", "APPROVE-PROD", {**LINKS["prod"], "more": "https://docs.bbws.example/9"})


def test_dev_has_no_phrase() -> None:
    with pytest.raises(Refused):
        request.check("dev", "approve", {})


def test_what_approvers_read_has_digest_and_links() -> None:
    page = request.page("prod", "sha256:abc", LINKS["prod"])
    assert "sha256:abc" in page
    assert all(address in page for address in LINKS["prod"].values())


def test_three_people_have_approved() -> None:
    assert approvals.judge(WANTED, APPROVED, "dan") == dict(zip(WANTED, ["ann", "ben", "cem"], strict=True))


@pytest.mark.parametrize(
    ("reviews", "asker"),
    [
        ([], "dan"),
        (APPROVED[:2], "dan"),
        (APPROVED[1:], "dan"),
        (APPROVED, "ben"),
        (APPROVED, "Ben"),
        ([*APPROVED[:2], review(WANTED[2], "ann")], "dan"),
        ([*APPROVED[:2], review(WANTED[2], "Ann")], "dan"),
        ([*APPROVED[:2], review(WANTED[2], "cem", "rejected")], "dan"),
        ([*APPROVED[:2], review(WANTED[2], "cem", "pending")], "dan"),
        ([*APPROVED, review(WANTED[0], "eve", "rejected")], "dan"),
        ([*APPROVED[:2], review("prod-release", "cem")], "dan"),
        ([*APPROVED[:2], {**APPROVED[2], "user": None}], "dan"),
    ],
)
def test_an_approval_that_is_missing_or_ones_own_is_refused(reviews: list[dict[str, Any]], asker: str) -> None:
    with pytest.raises(Refused):
        approvals.judge(WANTED, reviews, asker)


def test_whom_to_ask_is_in_the_settings() -> None:
    assert settings.approver_environments("prod") == WANTED
    assert settings.approver_environments("sit") == ["sit-tech-lead", "sit-qa-lead"]


MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(("day", "at"), [(0, "07:00"), (0, "12:59"), (4, "12:59"), (2, "10:30")])
def test_business_hours_are_south_africas(day: int, at: str) -> None:
    hour, minute = map(int, at.split(":"))
    assert "in South Africa" in hours.check(MONDAY + timedelta(days=day, hours=hour, minutes=minute))


@pytest.mark.parametrize(
    ("day", "at"), [(0, "06:59"), (0, "13:00"), (4, "13:00"), (5, "10:00"), (6, "10:00"), (1, "23:00")]
)
def test_other_hours_are_refused(day: int, at: str) -> None:
    hour, minute = map(int, at.split(":"))
    with pytest.raises(Refused):
        hours.check(MONDAY + timedelta(days=day, hours=hour, minutes=minute))


def test_the_hours_are_looked_at_as_they_will_be_after_the_wait() -> None:
    ahead = timedelta(minutes=30)
    assert hours.check(MONDAY + timedelta(hours=6, minutes=30), ahead=ahead)
    with pytest.raises(Refused):
        hours.check(MONDAY + timedelta(hours=12, minutes=30), ahead=ahead)
