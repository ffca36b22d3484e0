"""What a bucket's life cycle leaves of its objects at a time, by rules as ``terraform show -json`` has them.

After https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html: days count from the creation of
an object, or for a version that is not the current one from that of its successor, and end at the next midnight UTC;
S3 acts some time after that, here after ``acts_after``. It knows expiration and filters, and refuses what it doesn't
know; where an object is moved to has no bearing on when it goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeAlias

Rules: TypeAlias = Sequence[Mapping[str, Any]]

_DAY = timedelta(days=1)
_KNOWN = frozenset(
    {
        "id", "status", "filter", "expiration", "noncurrent_version_expiration", "transition",
        "noncurrent_version_transition", "abort_incomplete_multipart_upload", "prefix",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an object, or with ``marker`` a delete marker, which has no content and no tags."""

    key: str
    created: datetime
    size: int = 30_000
    tags: Mapping[str, str] = field(default_factory=dict)
    marker: bool = False


@dataclass(slots=True)
class Bucket:
    """A bucket with its versions in the order of their creation; ``versioned`` or not.

    Attributes:
        acts_after: so long after midnight S3 comes to do what is due.
    """

    rules: Rules
    versions: list[Version] = field(default_factory=list)
    versioned: bool = True
    acts_after: timedelta = timedelta(minutes=1)
    _seen: datetime | None = None

    def put(self, version: Version) -> None:
        """Writes a version; without versioning it replaces the one before."""
        if not self.versioned:
            self.versions = [each for each in self.versions if each.key != version.key]
        self.versions.append(version)

    def live_until(self, now: datetime) -> list[Version]:
        """Carries out the rules at each midnight up to the time; returns the versions that are left."""
        while (due := min(self._due(), default=None)) is not None and due + self.acts_after <= now:
            self._carry_out(due)
            self._seen = due
        return self.versions

    def _due(self) -> Iterator[datetime]:
        """Yields the midnights at which something may have to be done that was not before."""
        for version in self.versions:
            midnights = {_midnight_after(version.created), *self._ends(version), *self._ends_of_replaced(version)}
            yield from (each for each in midnights if self._seen is None or each > self._seen)

    def _ends_of_replaced(self, version: Version) -> Iterator[datetime]:
        held = self._of(version.key)
        # By its own place: versions of one key can be equal.
        successors = [later for each, later in pairwise(held) if each is version]
        for rule in self._applying(version):
            for action in rule.get("noncurrent_version_expiration") or ():
                yield from (end_of(each.created, action["noncurrent_days"]) for each in successors)

    def current(self, key: str) -> Version | None:
        """Returns what a read of the key finds; ``None`` if there is nothing, or a delete marker."""
        latest = self._of(key)[-1:]
        return latest[0] if latest and not latest[0].marker else None

    def _of(self, key: str) -> list[Version]:
        return [version for version in self.versions if version.key == key]

    def _carry_out(self, now: datetime) -> None:
        for key in dict.fromkeys(version.key for version in self.versions):
            held = self._of(key)
            gone = list(self._deleted(held, now))
            for version in gone:
                self.versions.remove(version)
            latest = held[-1]
            if latest in gone or latest.created >= now:
                continue
            if latest.marker:
                if len(held) - len(gone) == 1 and self._removes_markers(latest, now):
                    self.versions.remove(latest)
            elif any(now >= end for end in self._ends(latest)):
                if self.versioned:
                    self.versions.append(Version(key, now + self.acts_after, marker=True))
                else:
                    self.versions.remove(latest)

    def _deleted(self, held: Sequence[Version], now: datetime) -> Iterator[Version]:
        """Yields the versions that are not current, and go."""
        for place, (version, successor) in enumerate(pairwise(held)):
            newer = len(held) - place - 2
            for rule in self._applying(version):
                for action in rule.get("noncurrent_version_expiration") or ():
                    kept = action.get("newer_noncurrent_versions") or 0
                    if newer >= kept and now >= end_of(successor.created, action["noncurrent_days"]):
                        yield version
                        break
                else:
                    continue
                break

    def _ends(self, version: Version) -> Iterator[datetime]:
        for rule in self._applying(version):
            for action in rule.get("expiration") or ():
                if action.get("date"):
                    yield datetime.fromisoformat(action["date"])
                elif action.get("days"):
                    yield end_of(version.created, action["days"])

    def _removes_markers(self, marker: Version, now: datetime) -> bool:
        return any(
            action.get("expired_object_delete_marker")
            # An age in days removes markers as well, as soon as they are that old.
            or (action.get("days") and now >= end_of(marker.created, action["days"]))
            for rule in self._applying(marker)
            for action in rule.get("expiration") or ()
        )

    def _applying(self, version: Version) -> Iterator[Mapping[str, Any]]:
        for rule in self.rules:
            unknown = {name for name, value in rule.items() if value} - _KNOWN
            if unknown:
                raise ValueError(f"rule {rule.get('id')}: {', '.join(sorted(unknown))} is not known here")
            if rule["status"] == "Enabled" and all(_holds(each, version) for each in rule.get("filter") or ()):
                yield rule


def end_of(created: datetime, days: int) -> datetime:
    """Returns the midnight at which so many days are over: a time that is not midnight is rounded up."""
    return _midnight_after(created + days * _DAY)


def _midnight_after(at: datetime) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == at else midnight + _DAY


def _holds(asked: Mapping[str, Any], version: Version) -> bool:
    """Returns whether all conditions of a filter hold; tags hold of no marker."""
    unknown = {name for name, value in asked.items() if value} - {
        "and", "prefix", "tag", "object_size_greater_than", "object_size_less_than", "tags",
    }  # fmt: skip
    if unknown:
        raise ValueError(f"filters by {', '.join(sorted(unknown))} are not known here")
    tags = {each["key"]: each["value"] for each in asked.get("tag") or ()} | dict(asked.get("tags") or {})
    above, below = asked.get("object_size_greater_than"), asked.get("object_size_less_than")
    size = 0 if version.marker else version.size
    return (
        version.key.startswith(asked.get("prefix") or "")
        and tags.items() <= version.tags.items()
        and (above in {None, ""} or size > int(str(above)))
        and (below in {None, ""} or size < int(str(below)))
        and all(_holds(each, version) for each in asked.get("and") or ())
    )
