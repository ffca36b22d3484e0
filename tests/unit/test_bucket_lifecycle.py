"""The evaluator of life cycles against the worked examples of AWS's documentation."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.lifecycle import Bucket, Version, end_of

RULES_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html"
EXAMPLES_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html"
CONFLICTS_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html"
EXPIRING_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_rule(days: int | None = None, noncurrent: Mapping[str, int] | None = None, **more: Any) -> dict[str, Any]:
    """A rule as a plan has it, with what is not given left empty."""
    return {
        "id": "one",
        "status": "Enabled",
        "filter": [{"and": [], "prefix": "", "tag": [], "object_size_greater_than": None}],
        "expiration": [] if days is None else [{"days": days, "date": None, "expired_object_delete_marker": None}],
        "noncurrent_version_expiration": [] if noncurrent is None else [noncurrent],
        "transition": [],
        **more,
    }


def left(bucket: Bucket, now: str) -> list[tuple[str, bool]]:
    """Keys of what is left at that time, and whether each is a marker."""
    return [(version.key, version.marker) for version in bucket.live_until(at(now))]


def test_days_from_the_creation_end_at_the_next_midnight() -> None:
    """``RULES_PAGE``: created 1/15/2014 10:30 UTC, 3 days: 1/19/2014 00:00 UTC."""
    assert end_of(at("2014-01-15T10:30:00"), 3) == at("2014-01-19T00:00:00")
    bucket = Bucket([a_rule(3)], [Version("a", at("2014-01-15T10:30:00"))], versioned=False)
    assert left(bucket, "2014-01-19T00:00:00") == [("a", False)]
    assert left(bucket, "2014-01-19T00:01:00") == []


def test_days_of_a_version_count_from_its_successor() -> None:
    """``RULES_PAGE``: created 1/1/2014 10:30, replaced 1/15/2014 10:30, 3 days: 1/19/2014 00:00 UTC."""
    bucket = Bucket([a_rule(noncurrent={"noncurrent_days": 3})])
    bucket.put(Version("a", at("2014-01-01T10:30:00")))
    bucket.put(Version("a", at("2014-01-15T10:30:00")))
    assert len(left(bucket, "2014-01-19T00:00:00")) == 2
    assert len(left(bucket, "2014-01-19T00:01:00")) == 1


def test_a_version_that_is_replaced_the_next_day_goes_two_midnights_later() -> None:
    """As AWS answers at https://repost.aws/questions/QUvjf44qlYSMmQLyRUtTrevg: 1/2/2020 11:30, 1 day: 1/4/2020."""
    bucket = Bucket([a_rule(noncurrent={"noncurrent_days": 1})])
    bucket.put(Version("a", at("2020-01-01T10:30:00")))
    bucket.put(Version("a", at("2020-01-02T11:30:00")))
    assert len(left(bucket, "2020-01-04T00:00:00")) == 2
    assert len(left(bucket, "2020-01-04T00:01:00")) == 1


def test_a_current_version_that_expires_is_hidden_by_a_marker_and_goes_by_its_own_days() -> None:
    """``EXPIRING_PAGE``: a delete marker becomes the current version, and the object a noncurrent one."""
    bucket = Bucket([a_rule(60, {"noncurrent_days": 30})], [Version("a", at("2014-01-01T10:00:00"))])
    assert left(bucket, "2014-03-03T00:01:00") == [("a", False), ("a", True)]
    assert bucket.current("a") is None
    assert left(bucket, "2014-04-03T00:00:00")[0] == ("a", False)
    # The marker is younger than 60 days and stays; that it is alone does not matter to this rule.
    assert left(bucket, "2014-04-03T00:01:00") == [("a", True)]


def test_a_marker_that_is_alone_is_removed_by_a_rule_that_says_so() -> None:
    """``EXAMPLES_PAGE``, example 7: ExpiredObjectDeleteMarker removes markers without noncurrent versions."""
    markers = a_rule(expiration=[{"days": None, "date": None, "expired_object_delete_marker": True}])
    bucket = Bucket([markers, a_rule(noncurrent={"noncurrent_days": 30}, id="two")])
    bucket.put(Version("a", at("2014-01-01T10:00:00")))
    bucket.put(Version("a", at("2014-01-02T10:00:00"), marker=True))
    bucket.put(Version("b", at("2014-01-02T10:00:00")))
    assert left(bucket, "2014-02-01T12:00:00") == [("a", False), ("a", True), ("b", False)]
    assert left(bucket, "2014-02-02T00:01:00") == [("b", False)]


def test_so_many_newer_versions_are_kept() -> None:
    """``EXAMPLES_PAGE``, example 6: a version goes when it is old enough and so many noncurrent ones are newer."""
    bucket = Bucket([a_rule(noncurrent={"noncurrent_days": 1, "newer_noncurrent_versions": 2})])
    for day in range(1, 7):
        bucket.put(Version("a", at(f"2014-01-0{day}T10:00:00")))
    found = bucket.live_until(at("2014-02-01T00:00:00"))
    assert [version.created.day for version in found] == [4, 5, 6]


@pytest.mark.parametrize(
    ("rule_filter", "goes"),
    [
        ({"prefix": "tax/"}, {"tax/small", "tax/large"}),
        ({"tag": [{"key": "k1", "value": "v1"}]}, {"tax/small"}),
        ({"object_size_greater_than": "500"}, {"tax/large"}),
        ({"object_size_less_than": "64000"}, {"tax/small", "logs/both"}),
        ({"and": [{"prefix": "tax/", "object_size_greater_than": 500, "object_size_less_than": 64_000}]}, set()),
        ({"and": [{"prefix": "logs/", "tags": {"k1": "v1", "k2": "v2"}}]}, {"logs/both"}),
        ({}, {"tax/small", "tax/large", "logs/both"}),
    ],
)
def test_a_rule_is_for_what_its_whole_filter_holds_of(rule_filter: dict[str, Any], goes: set[str]) -> None:
    """``EXAMPLES_PAGE``, example 1, and the filters of https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html."""
    created = at("2014-01-15T10:30:00")
    versions = [
        Version("tax/small", created, size=500, tags={"k1": "v1"}),
        Version("tax/large", created, size=64_000),
        Version("logs/both", created, size=500, tags={"k1": "v1", "k2": "v2"}),
    ]
    if rule_filter.get("tag"):
        versions[2] = Version("logs/both", created, size=500, tags={"k1": "v2"})
    bucket = Bucket([a_rule(1, filter=[rule_filter])], versions, versioned=False)
    gone = {"tax/small", "tax/large", "logs/both"} - {key for key, _ in left(bucket, "2014-02-01T00:00:00")}
    assert gone == goes


def test_of_two_rules_the_shorter_one_counts() -> None:
    """``CONFLICTS_PAGE``, example 1: overlapping prefixes with different days: the earlier expiry."""
    rules = [a_rule(365), a_rule(30, id="two", filter=[{"prefix": "logs/"}])]
    bucket = Bucket(rules, [Version("logs/a", at("2014-01-01T10:00:00"))], versioned=False)
    assert left(bucket, "2014-02-01T00:01:00") == []


def test_a_rule_that_is_off_does_nothing() -> None:
    bucket = Bucket([a_rule(1, status="Disabled")], [Version("a", at("2014-01-01T10:00:00"))])
    assert left(bucket, "2024-01-01T00:00:00") == [("a", False)]


def test_what_it_does_not_know_it_refuses() -> None:
    for wrong in (a_rule(1, surprise=[1]), a_rule(1, filter=[{"owner": "me"}])):
        with pytest.raises(ValueError, match="not known here"):
            Bucket([wrong], [Version("a", at("2014-01-01T10:00:00"))]).live_until(at("2014-02-01T00:00:00"))
