"""An order's documents in a bucket, from long before its end to seven years after it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from orders.adapters.outbound.aws.s3.documents import retention_tags
from orders.domain.retention import kept_until
from orders.ports.retention import DAY_CLASSES, document_days
from tests.support.lifecycle import Bucket, Rules, Version

DAY = timedelta(days=1)
EARLIER, CURRENT = "orders/tenant_a/2023/03/ord_1/1.pdf", "orders/tenant_a/2023/03/ord_1/2.pdf"
ENDS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-03-01T00:00:00", "2026-03-01T00:00:01", "2026-11-30T12:00:00", "2027-12-31T23:59:59",
        "2028-02-28T23:59:00", "2028-02-29T12:00:00", "2028-03-01T06:00:00", "2096-02-29T18:30:00",
    )
)  # fmt: skip
"""Of 2,555, 2,556 and 2,557 days, at all times of a day."""
DATED_AFTER = (timedelta(0), timedelta(minutes=6), timedelta(hours=20), timedelta(days=4), timedelta(days=14))
"""How long the message may have waited that dates documents by the end."""
ACTS_AFTER = (timedelta(minutes=1), timedelta(hours=12), timedelta(hours=23))


def cases() -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Ends, delays of their dating, and how long after midnight S3 acts."""
    for number, end in enumerate(ENDS):
        for place, delay in enumerate(DATED_AFTER):
            yield end, delay, ACTS_AFTER[(number + place) % len(ACTS_AFTER)]


def tags_of(now: datetime, until: datetime) -> dict[str, str]:
    """The tags that a document of an order that goes at that time is written with now."""
    days = document_days(now, until)
    assert days is not None
    return dict(parse_qsl(retention_tags(days, until)))


def ended(rules: Rules, end: datetime, delay: timedelta, acts_after: timedelta) -> Bucket:
    """A bucket with the documents of an order that was open for three years, dated by its end."""
    bucket = Bucket(rules, acts_after=acts_after)
    bucket.put(Version(EARLIER, end - 1100 * DAY))
    bucket.put(Version(EARLIER, end - 1000 * DAY))
    bucket.put(Version(CURRENT, end - 900 * DAY))
    bucket.live_until(end)
    assert bucket.current(EARLIER), "a document goes before its order has ended"
    assert bucket.current(CURRENT), "a document goes before its order has ended"
    dated = end + delay
    for key in (EARLIER, CURRENT):
        bucket.put(Version(key, dated, tags=tags_of(dated, kept_until(end))))
    return bucket


def check(rules: Rules, end: datetime, delay: timedelta, acts_after: timedelta) -> None:
    """Looks at the bucket a day before the seven years are over, and a day after."""
    until, bucket = kept_until(end), ended(rules, end, delay, acts_after)
    held = contents(bucket, until - DAY)
    assert {version.key for version in held} == {EARLIER, CURRENT}, f"gone too early: ended {end}, dated {delay} later"
    # By then it is due, and S3 comes to it as late as it is.
    assert contents(bucket, until + DAY + acts_after) == [], (
        f"still there: ended {end}, dated {delay} later, S3 {acts_after} late"
    )
    assert bucket.live_until(until + 4 * DAY) == [], "a delete marker stays"


def contents(bucket: Bucket, now: datetime) -> list[Version]:
    """Versions with a content, current or not."""
    return [version for version in bucket.live_until(now) if not version.marker]


def rules_that_code_counts_on() -> list[dict[str, Any]]:
    """The rules of production's documents, as a plan has them, but for what moves objects or aborts uploads."""

    def rule(name: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "status": "Enabled", "filter": [{}]} | more

    earlier = [{"noncurrent_days": 30}]
    return [
        rule("documents", filter=[{"object_size_greater_than": 0}], noncurrent_version_expiration=earlier),
        *(
            rule(
                f"ended-orders-{days}",
                filter=[{"tag": [{"key": "retain-days", "value": str(days)}]}],
                expiration=[{"days": days}],
                noncurrent_version_expiration=[{"noncurrent_days": 1}],
            )
            for days in DAY_CLASSES
        ),
        rule(
            "markers-of-what-is-gone",
            expiration=[{"expired_object_delete_marker": True}],
            noncurrent_version_expiration=earlier,
        ),
    ]  # fmt: skip
