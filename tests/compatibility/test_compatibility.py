"""This release reads what others store and send, as they meant it, and leaves alone what it doesn't understand."""

import importlib
import json
import pkgutil
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.outbound.dynamodb.items import schema
from orders.domain.events import EventType
from orders.domain.lifecycle import Status
from orders.domain.parts import DocumentStatus
from orders.domain.reports import ReportType
from orders.ports.acceptances import AcceptanceState
from orders.ports.errors import UnreadableItem
from orders.ports.mail import FeedbackKind, MailState, MailTemplate
from orders.ports.region_changes import ChangeKind
from orders.ports.regions import SwitchStep
from orders.ports.suppressions import SuppressionReason
from tests.compatibility import fixtures, messages
from tests.compatibility.fixtures import FOLDER, RELEASED, THIS, FixtureFault, check, freeze, samples, write
from tests.compatibility.meaning import holds
from tests.compatibility.stories import MINUTE, SHOP
from tests.compatibility.table import TENANT, Table, from_json, to_json
from tests.support.builders import NOON, a_stamp, an_order_id

KINDS_OF_ITEMS = 7
"""Orders, events, acceptances, claims, mails, suppressed addresses, the control table's; there may be more by now."""
VERSIONS = fixtures.versions()
STORED: Mapping[str, Any] = {name: each["stored"] for family, name, each in samples(THIS) if family == "items"}
SENT: Mapping[str, str] = {name: each["stored"] for family, name, each in samples(THIS) if family == "messages"}


# Releases before, and this one


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_a_release_stored_and_sent_still_means_the_same(version: str) -> None:
    assert await check(version) > 0


def test_every_release_before_this_one_is_here() -> None:
    assert THIS in VERSIONS
    assert fixtures.missing_versions() == [], (
        "closed minor versions have their fixtures in tests/compatibility, with their checksums in released.json: "
        "`make fixtures ARGS=--freeze` on the release's tag, before its successor's version is set"
    )


async def test_this_release_writes_what_its_fixtures_say() -> None:
    made = await fixtures.written()
    kept = [(family, name, sample) for family, name, sample in samples(THIS)]
    changed = [
        f"{family}: {name}" for family, name, sample in kept if not fixtures.same(made[family].get(name), sample)
    ]
    new = {(family, name) for family, each in made.items() for name in each} - {each[:2] for each in kept}
    assert (changed, new) == ([], set()), (
        "what is stored or sent has changed: `make fixtures` writes it anew, and an ADR says why and who reads it"
    )


@pytest.mark.parametrize(
    "every",
    [Status, EventType, DocumentStatus, ReportType, AcceptanceState, MailState, MailTemplate, FeedbackKind,
     SuppressionReason, SwitchStep, ChangeKind],
)  # fmt: skip
def test_the_fixtures_have_every_value_that_can_be_stored(every: Any) -> None:
    said = json.dumps([each["means"] for _, _, each in samples(THIS)])
    assert [each.name for each in every if f'"{each.name}"' not in said] == []


async def test_each_reader_of_items_reads_some_fixture() -> None:
    """A new kind of item gets a story, or a family of its own."""
    called: set[Any] = set()
    sys.setprofile(lambda frame, event, _: called.add(frame.f_code) if event == "call" else None)
    try:
        await check(THIS)
    finally:
        sys.setprofile(None)
    found = dict(readers())
    assert len(found) >= KINDS_OF_ITEMS
    assert [name for name, code in found.items() if code not in called] == []


def readers() -> Iterator[tuple[str, Any]]:
    """Every function that ``item_reader`` decorates, by its module and name: the code under the decoration."""
    package = importlib.import_module("orders.adapters.outbound.dynamodb")
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(each.name)
        for name, value in vars(module).items():
            code = getattr(value, "__code__", None)
            if code is not None and code.co_filename == schema.__file__ and hasattr(value, "__wrapped__"):
                yield f"{value.__module__}.{name}", value.__wrapped__.__code__


# The release after this one


async def test_attributes_and_members_that_the_next_release_adds_are_passed_over() -> None:
    assert await check(THIS, more=True) > 0


def test_more_fields_are_no_other_meaning_and_fewer_or_others_are() -> None:
    expected: dict[str, Any] = {"status": "PENDING", "document": None, "lines": [{"quantity": 2}]}
    assert holds(expected | {"added": 1, "lines": [{"quantity": 2, "added": None}]}, expected)
    others: list[dict[str, Any]] = [{"status": "REJECTED"}, {"document": {}}, {"lines": []}, {"lines": [{}]}]
    for other in others:
        assert not holds(expected | other, expected)
    assert not holds({"status": "PENDING", "lines": [{"quantity": 2}]}, expected)


async def test_an_order_that_this_release_changes_keeps_what_the_next_has_added() -> None:
    stored = [item | {"addedLater": {"S": "kept"}} for item in STORED["being worked on"]]
    table = Table(stored)
    order = await table.orders.get(TENANT, an_order_id(11))
    assert order is not None
    await table.orders.save(order.cancel("Ordered twice", a_stamp(NOON + 3 * MINUTE), SHOP))
    assert {item.get("addedLater", {}).get("S") for item in _items(table)} == {"kept"}


@pytest.mark.parametrize(
    ("story", "attribute"),
    [("being worked on", "status"), ("with mails", "state"), ("accepted", "state"), ("being worked on", "type")],
)
async def test_a_value_that_the_next_release_adds_makes_that_item_unreadable(story: str, attribute: str) -> None:
    with pytest.raises(UnreadableItem):
        await _altered(story, attribute, {"S": "of_the_next_release"}).meaning()


@pytest.mark.parametrize("story", ["being worked on", "with mails", "accepted", "suppressed addresses"])
async def test_an_item_of_a_later_schema_is_unreadable(story: str) -> None:
    """Raised by a release whose items this one would misread."""
    with pytest.raises(UnreadableItem):
        await _altered(story, "schemaVersion", {"N": "3"}).meaning()


async def test_an_unreadable_item_is_not_overwritten() -> None:
    mails = [item | {"schemaVersion": {"N": "2"}} for item in STORED["with mails"]]
    table = Table(mails)
    before = table.stored()
    for key in table.client.items:
        if "#MAIL#" in key[0]:
            with pytest.raises(UnreadableItem):
                await table.mails.of_order(TENANT, key[0].rpartition("#")[2])
    with pytest.raises(UnreadableItem):
        await table.orders.get(TENANT, an_order_id(13))
    assert table.stored() == before


def test_an_event_of_the_next_release_is_dead_lettered_until_that_release_runs() -> None:
    content = json.loads(SENT["event created"])
    content["detail-type"] = content["detail"]["type"] = "io.bbws.orders.order.returned.v1"
    with pytest.raises(MessageRefused, match="no type of event that is known here"):
        messages.read("event returned", json.dumps(content))


@pytest.mark.parametrize("name", ["command render-document", "command scrub-order"])
def test_a_command_of_the_next_release_is_refused_where_another_is_known(name: str) -> None:
    content = json.loads(SENT[name]) | {"command": "burn-order"}
    with pytest.raises(MessageRefused, match="there is no command 'burn-order'"):
        messages.read(name, json.dumps(content))


# The check itself


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The fixtures of this version in a folder of their own, frozen."""
    shutil.copytree(FOLDER / THIS, tmp_path / THIS)
    (tmp_path / RELEASED).write_text("{}", encoding="utf-8")
    freeze(THIS, tmp_path)
    return tmp_path


async def test_a_released_version_is_not_written_again(copy: Path) -> None:
    before = (copy / THIS / "items.json").read_bytes()
    with pytest.raises(FixtureFault, match=f"{THIS} is released: .* raise the minor version"):
        await write(THIS, copy)
    with pytest.raises(FixtureFault, match="released already"):
        freeze(THIS, copy)
    assert (copy / THIS / "items.json").read_bytes() == before


async def test_a_file_of_a_released_version_that_is_removed_is_noticed(copy: Path) -> None:
    (copy / THIS / "messages.json").unlink()
    with pytest.raises(FixtureFault, match=r"its messages\.json are missing or altered"):
        await check(THIS, copy)


async def test_a_released_version_that_is_removed_whole_is_noticed(copy: Path) -> None:
    shutil.rmtree(copy / THIS)
    assert THIS in fixtures.versions(copy)
    with pytest.raises(FixtureFault, match="missing or altered"):
        await check(THIS, copy)
    (copy / RELEASED).write_text("{}", encoding="utf-8")
    major, minor = map(int, THIS.split("."))
    assert fixtures.missing_versions(f"{major}.{minor + 1}", copy)[-1] == THIS


async def test_a_released_version_that_is_altered_is_noticed(copy: Path) -> None:
    path = copy / THIS / "control.json"
    path.write_text(path.read_text(encoding="utf-8").replace("terraform", "nobody"), encoding="utf-8")
    with pytest.raises(FixtureFault, match=r"its control\.json are missing or altered"):
        await check(THIS, copy)


@pytest.mark.parametrize(
    ("family", "told", "instead", "said"),
    [
        ("items", '"processing"', '"in_progress"', "does not load any more: .*an unknown Status"),
        ("items", '"totals": {', '"sums": {', "does not load any more: .*missing attribute 'totals'"),
        ("items", '"N": "2999"', '"N": "3999"', "means something else now"),
        ("messages", '\\"specversion\\": \\"1.0\\"', '\\"specversion\\": \\"2.0\\"', "does not load any more"),
        ("control", '"eu-west-1"', '"eu-west-2"', "means something else now"),
    ],
)
async def test_what_does_not_load_or_means_something_else_is_noticed(
    copy: Path, family: str, told: str, instead: str, said: str
) -> None:
    """As if this code read the stored form otherwise: the form is altered, and frozen so."""
    path = copy / THIS / f"{family}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for sample in content.values():
        stored = json.dumps(sample["stored"])
        assert isinstance(stored, str)
        sample["stored"] = json.loads(stored.replace(told, instead))
    path.write_text(json.dumps(content), encoding="utf-8")
    (copy / RELEASED).write_text("{}", encoding="utf-8")
    freeze(THIS, copy)
    with pytest.raises(FixtureFault, match=said):
        await check(THIS, copy)


def test_stored_items_are_written_and_read_without_loss() -> None:
    for stored in STORED.values():
        assert [to_json(from_json(item)) for item in stored] == stored


def _altered(story: str, attribute: str, value: Mapping[str, str]) -> Table:
    assert any(attribute in item for item in STORED[story])
    return Table([item | ({attribute: value} if attribute in item else {}) for item in STORED[story]])


def _items(table: Table) -> list[Any]:
    return [item for item in table.stored() if isinstance(item, Mapping) and "lines" in item]
