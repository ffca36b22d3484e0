"""What each release stores and sends, kept as files for the releases after it.

A folder here is a minor version; each of its files a family: what was stored or sent by name, and what it means. A
version is open until ``released.json`` has the checksums of its files: ``make fixtures`` writes the open one, and
``make fixtures ARGS=--freeze`` closes it, as part of its release.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from orders import __version__
from orders.adapters.outbound.aws.s3.tenant_file import parse_profile
from orders.adapters.outbound.dynamodb.erasure_ledger import DynamoErasureLedger
from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.items.control_items import control_to_item
from orders.adapters.outbound.dynamodb.regions.alone_confirmations import DynamoAloneConfirmations
from orders.adapters.outbound.dynamodb.regions.control_table import DynamoControlTable
from orders.adapters.outbound.dynamodb.regions.kept_changes import DynamoFindings
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.ports.erasure_ledger import LedgerEntry
from orders.ports.region_changes import ChangeKind, Fate, Finding, StoredChange
from orders.ports.regions import AloneConfirmation, ControlState, Switch, SwitchStep
from tests.compatibility import messages
from tests.compatibility.meaning import Json, holds, meaning_of
from tests.compatibility.stories import RECEIPT, STORIES
from tests.compatibility.table import NAME, TENANT, Table, from_json, to_json, unpacked
from tests.support.builders import NOON, an_order_id

FOLDER = Path(__file__).parent
RELEASED = "released.json"
THIS = ".".join(__version__.split(".")[:2])
"""The version that this code is: patches of a minor version store and send the same."""

Sample: TypeAlias = Mapping[str, Any]
"""``stored`` and what it ``means``."""


class FixtureFault(Exception):
    """Fixtures are missing, altered or unreadable; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Family:
    """One file of a version.

    Attributes:
        write: makes what this code stores or sends, by name.
        read: says what a stored one means to this code.
        more: adds to a stored one what this code doesn't know.
    """

    write: Callable[[], Awaitable[Mapping[str, Any]]]
    read: Callable[[str, Any], Awaitable[Json]]
    more: Callable[[Any], Any]


def _with_more_attributes(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    added = {"addedLater": {"M": {"by": {"S": "the next release"}}}}
    return [item | added for item in items]


def _with_more_members(body: str) -> str:
    content = json.loads(body)
    content["added_later"] = {"by": "the next release"}
    for part in (content.get("detail"), content.get("detail", {}).get("data")):
        if isinstance(part, dict):
            part["added_later"] = True
    return json.dumps(content)


def _as_it_is(stored: Any) -> Any:
    return stored


async def _stories() -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, story in STORIES.items():
        table = Table()
        await story(table)
        told[name] = table.stored()
    return told


async def _read_items(_: str, stored: Any) -> Json:
    return await Table(stored).meaning()


async def _read_message(name: str, body: Any) -> Json:
    return messages.read(name, body)


class _OneItem:
    """A client of a table with one item."""

    def __init__(self, item: Any) -> None:
        self._item = from_json(item)

    async def get_item(self, **_: Any) -> Any:
        return {"Item": self._item}


async def _read_control(_: str, stored: Any) -> Json:
    clients: Any = [_OneItem(item) for item in stored]
    return [meaning_of(await DynamoControlTable({"eu-west-1": client}, NAME).read()) for client in clients]


async def _read_answer(_: str, answer: Any) -> Json:
    return meaning_of(KeyedAnswer.decode(answer.encode()))


async def _read_confirmation(region: str, stored: Any) -> Json:
    return meaning_of(await DynamoAloneConfirmations(_client_of(stored), NAME).read(region))


async def _read_profile(_: str, body: Any) -> Json:
    return meaning_of(parse_profile(body.encode(), tenant_id="tenant_a"))


async def _findings() -> dict[str, Any]:
    """One of each kind, as ``orders dr reconcile`` keeps them; the last was dealt with."""
    table = Table()
    client: Any = table.client
    findings = DynamoFindings(client, NAME, AlwaysWriter())
    for number, kind in enumerate(ChangeKind, start=1):
        change = StoredChange(kind, TENANT, an_order_id(number), number, 1, "created", "2026-11-22T12:00:00.000Z")
        fate = Fate.MISSING if number % 2 else Fate.OVERWRITTEN
        found = Finding(change, fate, "af-south-1", NOON)
        await findings.add(found)
    await findings.acknowledge(found.finding_id, by="operator@example.com", at=NOON)
    return {"of a reconciliation": table.stored()}


async def _read_findings(_: str, stored: Any) -> Json:
    return meaning_of(await DynamoFindings(_client_of(stored), NAME, AlwaysWriter()).all())


async def _erasures() -> dict[str, Any]:
    table = Table()
    client: Any = table.client
    await DynamoErasureLedger(client, NAME, AlwaysWriter()).enter(
        LedgerEntry(TENANT, an_order_id(1), at=NOON, by="operator@example.com")
    )
    return {"of one order": table.stored()}


async def _read_erasures(_: str, stored: Any) -> Json:
    return meaning_of((await DynamoErasureLedger(_client_of(stored), NAME).page(tenant_id=TENANT)).entries)


async def _control() -> dict[str, Any]:
    """As Terraform makes the item, as a takeover leaves it, and at each step of one."""
    first: dict[str, Any] = {"PK": "WRITER", "epoch": 1, "writer": "af-south-1", "evacuated": [], "by": "terraform"}
    made: dict[str, Any] = {"first": first | {"at": "2026-11-22T12:00:00.000Z"}}
    for step in SwitchStep:
        switch = Switch(
            target="eu-west-1", source="af-south-1", planned=True, failback=False, step=step, epoch=2,
            before=frozenset(), by="operator@example.com", at=NOON,
        )  # fmt: skip
        evacuated = frozenset({"af-south-1"})
        state = ControlState(2, "eu-west-1", evacuated, "operator@example.com", NOON, revision=3, switch=switch)
        made[f"a switch at {step}"] = {"PK": "WRITER"} | control_to_item(state)
    made["after a takeover"] = {"PK": "WRITER"} | control_to_item(replace(state, switch=None))
    return {name: [to_json(to_wire(item))] for name, item in made.items()}


async def _confirmations() -> dict[str, Any]:
    """By the region that may write alone."""
    told: dict[str, Any] = {}
    for region, second in {"af-south-1": "second@example.com", "eu-west-1": None}.items():
        client = _client_of([])
        confirmation = AloneConfirmation(region, 2, "first@example.com", second, NOON)
        await DynamoAloneConfirmations(client, NAME, AlwaysWriter()).keep(confirmation, seen=None)
        told[region] = [to_json(item) for item in client.items.values()]
    return told


def _client_of(stored: list[Any]) -> Any:
    return Table(stored).client


async def _answers() -> dict[str, Any]:
    return {"of a placed order": RECEIPT.answer.decode(), "without a body": KeyedAnswer(204).encode().decode()}


async def _profiles() -> dict[str, Any]:
    content = {
        "name": "Harbour & Sons",
        "staff_addresses": ["staff@example.com"],
        "reply_to": "hello@example.com",
        "website": "https://shop.example.com",
        "phone": "+27 21 555 0199",
        "address": ["Harbour & Sons (Pty) Ltd", "3 Dock Road"],
        "tax_number": "4012345678",
    }
    return {"of a shop": json.dumps(content), "with a name only": json.dumps({"name": "Harbour & Sons"})}


FAMILIES: Mapping[str, Family] = {
    "items": Family(_stories, _read_items, _with_more_attributes),
    "control": Family(_control, _read_control, _with_more_attributes),
    "findings": Family(_findings, _read_findings, _with_more_attributes),
    "erasures": Family(_erasures, _read_erasures, _with_more_attributes),
    "confirmations": Family(_confirmations, _read_confirmation, _with_more_attributes),
    "messages": Family(messages.written, _read_message, _with_more_members),
    # Responses stored with idempotency keys: bytes that nothing is added to.
    "answers": Family(_answers, _read_answer, _as_it_is),
    # Written by people: a later release takes them as they are. What this one doesn't know is a mistake in them.
    "profiles": Family(_profiles, _read_profile, _as_it_is),
}


async def written() -> dict[str, dict[str, Sample]]:
    """Makes the samples of every family as this code writes and reads them."""
    return {
        name: {
            each: {"stored": stored, "means": await family.read(each, stored)}
            for each, stored in (await family.write()).items()
        }
        for name, family in FAMILIES.items()
    }


def same(one: Any, other: Any) -> bool:
    """Returns whether two samples are the same, however what they store is packed."""
    return bool(unpacked(one) == unpacked(other))


def versions(folder: Path = FOLDER) -> list[str]:
    """Returns the versions that have a folder or are released, oldest first."""
    folders = {each.name for each in folder.iterdir() if each.is_dir() and each.name[0].isdigit()}
    return sorted(folders | set(released(folder)), key=_by_number)


def released(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Returns the checksums of released versions' files."""
    found: dict[str, dict[str, str]] = json.loads((folder / RELEASED).read_text(encoding="utf-8"))
    return found


def samples(version: str, folder: Path = FOLDER) -> Iterator[tuple[str, str, Sample]]:
    """Reads a version's files: family, name and sample of each. Raises: FixtureFault: one is missing or altered."""
    files = {path.name: path.read_bytes() for path in (folder / version).glob("*.json")}
    sums = {name: sha256(content).hexdigest() for name, content in files.items()}
    kept = released(folder).get(version, sums)
    wrong = sorted(name for name in kept.keys() | sums.keys() if kept.get(name) != sums.get(name))
    if wrong or not files:
        raise FixtureFault(
            f"{version} is released, and its {', '.join(wrong) or 'fixtures'} are missing or altered: take them from "
            "its tag; what it stored is in tables, whatever later releases do"
        )
    for name, content in sorted(files.items()):
        for each, sample in json.loads(content).items():
            yield name.removesuffix(".json"), each, sample


async def check(version: str, folder: Path = FOLDER, *, more: bool = False) -> int:
    """Reads every sample of a version, with ``more`` after adding what this code doesn't know, and counts them.

    Raises: FixtureFault: one doesn't load, or means something else.
    """
    number = 0
    for family, name, sample in samples(version, folder):
        stored = FAMILIES[family].more(sample["stored"]) if more else sample["stored"]
        try:
            means = await FAMILIES[family].read(name, stored)
        except Exception as error:
            raise FixtureFault(f"{family} of {version}, {name!r}: it does not load any more: {error}") from error
        if not holds(means, sample["means"]):
            raise FixtureFault(f"{family} of {version}, {name!r}: it means something else now: {means}")
        number += 1
    return number


async def write(version: str = THIS, folder: Path = FOLDER) -> None:
    """Writes the files of a version. Raises: FixtureFault: it is released."""
    if version in released(folder):
        raise FixtureFault(
            f"{version} is released: its fixtures stay as they are. What is stored or sent has changed: raise the "
            "minor version in src/orders/__init__.py first"
        )
    (folder / version).mkdir(exist_ok=True)
    for name, made in (await written()).items():
        text = json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / version / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def freeze(version: str = THIS, folder: Path = FOLDER) -> None:
    """Records the checksums of a version's files: from now on they stay. Raises: FixtureFault: it has none."""
    known = released(folder)
    if version in known:
        raise FixtureFault(f"{version} is released already")
    files = sorted((folder / version).glob("*.json"))
    if not files:
        raise FixtureFault(f"{version} has no fixtures yet: `make fixtures` writes them")
    known[version] = {path.name: sha256(path.read_bytes()).hexdigest() for path in files}
    ordered = {each: known[each] for each in sorted(known, key=_by_number)}
    (folder / RELEASED).write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")


def missing_versions(this: str = THIS, folder: Path = FOLDER) -> list[str]:
    """Returns the minor versions before ``this``, of its major version and others at hand, that aren't released."""
    major, minor = map(int, this.split("."))
    before = {f"{major}.{each}" for each in range(minor)}
    before |= {each for each in versions(folder) if _by_number(each) < (major, minor)}
    return sorted(before - set(released(folder)), key=_by_number)


def _by_number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
