"""Mails kept on a developer's machine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from orders.adapters.outbound.aws.mail.mail_message import build_mime
from orders.adapters.outbound.local.mail_archive import ArchivingMailSender, MailArchive
from orders.adapters.outbound.memory.mail_sender import MemoryMailSender
from orders.ports.errors import MailRejected
from orders.ports.local_archive import KeptAttachment, NotKept
from orders.ports.mail import Attachment, Mail, MailContent
from tests.support.builders import NOON

PDF = b"%PDF-1.7 \x00\xff"


def mime(mail: Mail, at: datetime) -> bytes:
    return build_mime(mail, from_address="orders@shop.example", date=at).as_bytes()


def a_mail(subject: str = "Your order", **changes: object) -> Mail:
    given: dict[str, object] = {
        "recipient": "thandi@example.com",
        "sender_name": "Café",
        "content": MailContent(subject, "Hello Zoë\n", "<p>Hello Zoë</p>"),
        "attachments": (Attachment("BB-1.pdf", "application/pdf", PDF), Attachment("a.csv", "text/csv", b"1;2")),
        "tags": (("tenant", "tenant_a"), ("template", "order_confirmation")),
        "headers": (("X-Order-Number", "BB-7K3M-9QX2-4TPA-R"),),
    }
    return Mail(**(given | changes))  # type: ignore[arg-type]


class Times:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def mails_below(folder: Path) -> list[Path]:
    """The folders in which mails lie."""
    return [path.parent for path in folder.rglob("*.eml")]


@pytest.fixture
def inner() -> MemoryMailSender:
    return MemoryMailSender()


@pytest.fixture
def sender(inner: MemoryMailSender, tmp_path: Path) -> ArchivingMailSender:
    return ArchivingMailSender(inner, tmp_path / "mails", mime, now=Times())


@pytest.fixture
def archive(tmp_path: Path) -> MailArchive:
    return MailArchive(tmp_path / "mails")


async def test_a_sent_mail_can_be_read_again(sender: ArchivingMailSender, archive: MailArchive) -> None:
    assert await sender.send(a_mail("Ihre Bestellung ist unterwegs, Zoë")) == "memory-1"
    (mail,) = await archive.newest()
    assert mail.id == "20261122T120001000000Z-memory-1"
    assert mail.at == datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)
    assert mail.recipients == ("thandi@example.com",)
    assert mail.sender == "Café <orders@shop.example>"
    assert mail.subject == "Ihre Bestellung ist unterwegs, Zoë"
    assert mail.order_number == "BB-7K3M-9QX2-4TPA-R"
    assert mail.template == "order_confirmation"
    assert mail.text.splitlines() == ["Hello Zoë"]
    assert mail.html.strip() == "<p>Hello Zoë</p>"
    assert mail.attachments == (
        KeptAttachment("BB-1.pdf", "application/pdf", len(PDF)),
        KeptAttachment("a.csv", "text/csv", 3),
    )
    assert await archive.get(mail.id) == mail


async def test_attachments_come_byte_for_byte(sender: ArchivingMailSender, archive: MailArchive) -> None:
    await sender.send(a_mail())
    (mail,) = await archive.newest()
    assert await archive.attachment(mail.id, 0) == ("BB-1.pdf", "application/pdf", PDF)
    assert await archive.attachment(mail.id, 1) == ("a.csv", "text/csv", b"1;2")
    for index in (2, -1):
        with pytest.raises(NotKept):
            await archive.attachment(mail.id, index)


async def test_a_mail_without_marks_and_attachments_is_kept_as_well(
    sender: ArchivingMailSender, archive: MailArchive
) -> None:
    await sender.send(a_mail(attachments=(), tags=(), headers=()))
    (mail,) = await archive.newest()
    assert (mail.order_number, mail.template, mail.attachments) == (None, None, ())


async def test_the_newest_come_first_and_no_more_than_asked_for(
    sender: ArchivingMailSender, archive: MailArchive
) -> None:
    for number in range(5):
        await sender.send(a_mail(f"Mail {number}"))
    assert [mail.subject for mail in await archive.newest(3)] == ["Mail 4", "Mail 3", "Mail 2"]


async def test_the_mails_of_one_order_are_found_among_all(
    sender: ArchivingMailSender, archive: MailArchive, tmp_path: Path
) -> None:
    assert await archive.of_order("BB-1") == ()
    for number in ("BB-1", "BB-2", "BB-1"):
        await sender.send(a_mail(f"about {number}", headers=(("X-Order-Number", number),)))
    await sender.send(a_mail("about none", headers=()))
    (tmp_path / "mails" / "20261122T120009000000Z-broken.eml").write_bytes(b"\xff\xfe nothing")
    assert [mail.at.second for mail in await archive.of_order("BB-1")] == [1, 3]
    await sender.send(a_mail("the next one", headers=(("X-Order-Number", "BB-1"),)))
    assert [mail.subject for mail in await archive.of_order("BB-1")] == ["about BB-1", "about BB-1", "the next one"]


async def test_there_are_no_mails_before_the_first(archive: MailArchive) -> None:
    assert await archive.newest() == ()


async def test_what_was_not_accepted_is_not_kept(
    sender: ArchivingMailSender, inner: MemoryMailSender, archive: MailArchive
) -> None:
    inner.failures.append(MailRejected("no"))
    with pytest.raises(MailRejected):
        await sender.send(a_mail())
    assert await archive.newest() == ()


async def test_a_mail_that_cannot_be_kept_is_sent_all_the_same(inner: MemoryMailSender, tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("a file where the folder should be")
    with capture_logs() as logs:
        assert await ArchivingMailSender(inner, tmp_path / "mails", mime).send(a_mail()) == "memory-1"
    assert [log["event"] for log in logs] == ["mail sent but not archived"]


async def test_a_message_id_cannot_choose_the_place(inner: MemoryMailSender, tmp_path: Path) -> None:
    class Sly:
        async def send(self, mail: Mail) -> str:
            return "../../outside\x00" + "x" * 500

    folder = tmp_path / "a" / "b" / "mails"
    await ArchivingMailSender(Sly(), folder, mime).send(a_mail())
    assert len(await MailArchive(folder).newest()) == 1
    assert mails_below(tmp_path) == [folder]


@pytest.mark.parametrize(
    "mail_id", ["", "..", "../secret", "20261122T120001000000Z-../../secret", "x\n", "/etc/passwd"]
)
async def test_an_id_leads_nowhere_else(mail_id: str, archive: MailArchive, tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "secret.eml").write_bytes(mime(a_mail(), NOON))
    with pytest.raises(NotKept):
        await archive.attachment(mail_id, 0)
    with pytest.raises(NotKept):
        await archive.get(mail_id)


async def test_files_that_are_no_mails_are_passed_over_with_a_warning(
    sender: ArchivingMailSender, archive: MailArchive, tmp_path: Path
) -> None:
    await sender.send(a_mail())
    folder = tmp_path / "mails"
    (folder / "20261122T130000000000Z-empty.eml").write_bytes(b"")
    (folder / "20261322T130000000000Z-month-13.eml").write_bytes(mime(a_mail(), NOON))
    (folder / "notes.eml").write_bytes(mime(a_mail(), NOON))
    (folder / ".20261122T130000000000Z-half.part").write_bytes(b"From: x")
    with capture_logs() as logs:
        assert len(await archive.newest()) == 1
    assert sorted(log["file"] for log in logs) == [
        "20261122T130000000000Z-empty.eml",
        "20261322T130000000000Z-month-13.eml",
        "notes.eml",
    ]
    with pytest.raises(NotKept):
        await archive.get("20261122T130000000000Z-empty")
    with pytest.raises(NotKept):
        await archive.attachment("20261122T130000000000Z-empty", 0)
