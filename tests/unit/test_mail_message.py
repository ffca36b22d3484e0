"""Mails as messages: complete, readable again, and closed against smuggled headers."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP, compat32
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.adapters.outbound.aws.mail.mail_message import build_mime, envelope_address, one_line
from orders.ports.errors import MailRejected
from orders.ports.mail import Attachment, Mail, MailContent
from tests.support.builders import NOON

FROM = "orders@shop.example"
CONTENT = MailContent(
    subject="Your order BB-7K3M-9QX2-4TPA-R",
    text="Hello Zoë,\nthank you.\n",
    html="<p>Hello Zoë,</p><p>thank you.</p>",
)


def a_mail(**changes: object) -> Mail:
    given: dict[str, object] = {"recipient": "thandi@example.com", "sender_name": "Harbour & Sons", "content": CONTENT}
    return Mail(**(given | changes))  # type: ignore[arg-type]


def sent(mail: Mail) -> EmailMessage:
    """The mail as its recipient's program reads it."""
    return message_from_bytes(build_mime(mail, from_address=FROM, date=NOON).as_bytes(), policy=SMTP)


def shown_sender(mail: Mail) -> tuple[str, str]:
    """Name and address of the sender, read the older way: the newer parser puts blanks between encoded words."""
    message = message_from_bytes(build_mime(mail, from_address=FROM, date=NOON).as_bytes(), policy=compat32)
    name, address = parseaddr(message["From"])
    return str(make_header(decode_header(name))), address


def test_headers_name_sender_recipient_and_date() -> None:
    message = sent(a_mail(reply_to="hello@example.com", headers=(("X-Order-Number", "BB-7K3M-9QX2-4TPA-R"),)))
    assert message["From"].addresses[0].display_name == "Harbour & Sons"
    assert message["From"].addresses[0].addr_spec == FROM
    assert str(message["To"]) == "thandi@example.com"
    assert str(message["Reply-To"]) == "hello@example.com"
    assert message["Subject"] == CONTENT.subject
    assert message["Date"].datetime == NOON
    assert message["X-Order-Number"] == "BB-7K3M-9QX2-4TPA-R"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] is None
    assert message["Bcc"] is None


def test_text_and_html_are_alternatives_of_each_other() -> None:
    message = sent(a_mail())
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == CONTENT.text
    assert html.get_content().strip() == CONTENT.html


def test_attachments_come_with_name_type_and_bytes() -> None:
    content = bytes(range(256)) * 400
    message = sent(a_mail(attachments=(Attachment("Bestellung Ü-1.pdf", "application/pdf", content),)))
    assert message.get_content_type() == "multipart/mixed"
    (part,) = message.iter_attachments()
    assert part.get_filename() == "Bestellung Ü-1.pdf"
    assert part.get_content_type() == "application/pdf"
    assert part.get_content() == content
    assert message.get_body(("html",)) is not None


def test_the_message_is_seven_bit_with_short_lines_and_crlf() -> None:
    long = MailContent("Zoë’s " * 60, "ö" * 5_000 + "\nüber\n", "<p>" + "ß" * 5_000 + "</p>")
    attached = (Attachment("a.pdf", "application/pdf", b"\xff" * 5_000),)
    content = build_mime(a_mail(content=long, attachments=attached), from_address=FROM, date=NOON).as_bytes()
    assert content.isascii()
    assert b"\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_tags_travel_in_the_header_that_ses_reads() -> None:
    message = sent(a_mail(tags=(("tenant", "tenant_a"), ("template", "order_confirmation"))))
    assert message["X-SES-MESSAGE-TAGS"] == "tenant=tenant_a, template=order_confirmation"


@pytest.mark.parametrize("tags", [(("a b", "c"),), (("a", "c\n"),), (("a", "ü"),), (("", "c"),), (("a", "b=c"),)])
def test_what_is_no_tag_is_a_programming_error(tags: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="is no tag"):
        sent(a_mail(tags=tags))


@pytest.mark.parametrize("name", ["Bcc", "To", "X-SES-CONFIGURATION-SET", "X-A\r\nBcc", "X-A\n", "X-A: b", "X-", ""])
def test_a_mail_brings_along_its_own_headers_only(name: str) -> None:
    with pytest.raises(ValueError, match="is not a header"):
        sent(a_mail(headers=((name, "victim@example.com"),)))


INJECTION = "x\r\nBcc: victim@example.com\r\n\r\nbody"


def test_line_breaks_in_texts_make_no_headers() -> None:
    attachment = Attachment(INJECTION, "application/pdf", b"x")
    content = MailContent(INJECTION, "text", "<p>html</p>")
    message = sent(
        a_mail(sender_name=INJECTION, content=content, headers=(("X-Note", INJECTION),), attachments=(attachment,))
    )
    assert message["Bcc"] is None
    assert message["Subject"] == "x Bcc: victim@example.com body"
    assert message["X-Note"] == "x Bcc: victim@example.com body"
    assert message["From"].addresses[0].addr_spec == FROM
    assert len(message["From"].addresses) == 1


BAD_ADDRESSES = [
    "",
    "thandi",
    "@example.com",
    "thandi@",
    "a b@example.com",
    "a@b@example.com",
    "a@example.com, b@example.com",
    "a@example.com\nBcc: b@example.com",
    "a@exa mple.com",
    "a@-example.com",
    "zoë@example.com",
    "<a@example.com>",
    '"a b"@example.com',
    "a" * 65 + "@example.com",
    "a@" + "b" * 64 + ".com",
    "a@\u2028.com",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_no_mail_can_be_sent_to_is_refused_and_not_told(address: str) -> None:
    with pytest.raises(MailRejected) as refused:
        sent(a_mail(recipient=address))
    assert not address or address not in str(refused.value)
    with pytest.raises(MailRejected):
        sent(a_mail(reply_to=address))


def test_an_international_domain_travels_in_its_ascii_form() -> None:
    assert envelope_address(" info@bücher.example ") == "info@xn--bcher-kva.example"
    assert str(sent(a_mail(recipient="info@bücher.example"))["To"]) == "info@xn--bcher-kva.example"


ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


@settings(deadline=None)
@given(name=ANY_TEXT, subject=ANY_TEXT, note=ANY_TEXT, filename=ANY_TEXT)
def test_whatever_is_typed_comes_back_and_adds_nothing(name: str, subject: str, note: str, filename: str) -> None:
    attachment = Attachment(filename, "application/pdf", b"x")
    mail = a_mail(
        sender_name=name,
        content=MailContent(subject, "text", "<p>html</p>"),
        headers=(("X-Note", note),),
        attachments=(attachment,),
    )
    assert shown_sender(mail) == (one_line(name)[:100].strip(), FROM)
    message = sent(mail)
    assert len(message["From"].addresses) == 1
    assert message["Subject"] == one_line(subject)
    assert sorted(message.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Auto-Submitted", "X-Note", "MIME-Version", "Content-Type"]
    )
    assert len(list(message.iter_attachments())) == 1


@pytest.mark.parametrize(
    "name",
    [
        "0000 00000000¡¡¡¡¡¡¡¡𐀀𐀀𐀀𐀀",
        'Say "hi", <you>; \\ or (not)',
        "=?utf-8?q?Bank?=",
        "x" * 100,
        "a, b, " * 16 + "c",
        "",
    ],
)
def test_names_that_are_long_or_hold_special_characters_come_back(name: str) -> None:
    assert shown_sender(a_mail(sender_name=name)) == (name, FROM)


def test_a_long_address_stays_in_one_piece() -> None:
    address = "l" * 64 + "@" + ".".join(["d" * 60] * 2 + ["d" * 59]) + ".example"
    assert len(address) == 254, "as long as one may be"
    assert str(sent(a_mail(recipient=address))["To"]) == address


def lines(text: str) -> list[str]:
    """The lines; a mail's last one always ends in a line break, whether typed or not."""
    return text.rstrip("\r\n").splitlines()


@settings(deadline=None)
@given(text=ANY_TEXT, html=ANY_TEXT, at=st.datetimes(datetime(1970, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001 - a bound is naive
def test_bodies_come_back_as_they_were(text: str, html: str, at: datetime) -> None:
    mail = a_mail(content=MailContent("Subject", text, html))
    message = message_from_bytes(build_mime(mail, from_address=FROM, date=at).as_bytes(), policy=SMTP)
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    for part, typed in zip(bodies, (text, html), strict=True):
        assert isinstance(part, EmailMessage)
        assert lines(part.get_content()) == lines(typed)
