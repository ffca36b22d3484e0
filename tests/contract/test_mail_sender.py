"""The contract of ``MailSender``, and what arrives where an emulator lets one look."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.outbound.aws.mail.ses_mail import MAX_MESSAGE_BYTES, SesMailSender, form_of, quicken
from orders.adapters.outbound.memory.mail_sender import MemoryMailSender
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.errors import MailRejected, TransientPortError
from orders.ports.mail import Attachment, Mail, MailContent, MailSender
from tests.contract.aws_backends import ALL_BACKENDS, AWS_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.support.builders import NOON

FROM = "orders@shop.example"


def a_mail(recipient: str = "thandi@example.com", **changes: object) -> Mail:
    fields: dict[str, object] = {
        "recipient": recipient,
        "sender_name": "Café & Sons",
        "content": MailContent("Ihre Bestellung, Zoë", "Hello Zoë\n", "<p>Hello Zoë</p>"),
        "reply_to": "hello@example.com",
        "attachments": (Attachment("BB-1.pdf", "application/pdf", b"%PDF\x00\xff"),),
        "tags": (("tenant", "tenant_a"), ("template", "order_confirmation")),
        "headers": (("X-Order-Number", "BB-7K3M-9QX2-4TPA-R"),),
    }
    return Mail(**(fields | changes))  # type: ignore[arg-type]


@dataclass
class Ses:
    """A mail service that knows the sender, and what it has been given."""

    client: Any
    endpoint: Endpoint

    @property
    def sender(self) -> SesMailSender:
        return SesMailSender(self.client, FROM, AlwaysWriter(), now=lambda: NOON)

    async def delivered(self, recipient: str) -> dict[str, Any]:
        """The mail to an address, as the emulator shows it."""
        path = {"moto": "/moto-api/data.json", "localstack": "/_aws/ses", "ministack": "/_ministack/ses/messages"}
        async with (
            aiohttp.ClientSession() as browser,
            browser.get(self.endpoint.url + path[self.endpoint.name]) as page,
        ):
            shown = json.loads(await page.text())
        if self.endpoint.name == "moto":
            mails = shown["ses"]["RawMessage"]
        elif self.endpoint.name == "localstack":
            mails = shown["messages"]
        else:
            mails = [mail for account in shown["messages"].values() for mail in account]
        (found,) = [mail for mail in mails if recipient in json.dumps(mail)]
        return dict(found)


@pytest.fixture(params=AWS_BACKENDS)
async def ses(request: pytest.FixtureRequest) -> AsyncIterator[Ses]:
    endpoint = endpoint_of(request)
    async with endpoint.client("ses") as client:
        quicken(client)
        await client.verify_email_identity(EmailAddress=FROM)
        yield Ses(client, endpoint)


@pytest.fixture(params=ALL_BACKENDS)
async def sender(request: pytest.FixtureRequest) -> AsyncIterator[MailSender]:
    if request.param == MEMORY:
        yield MemoryMailSender()
        return
    async with endpoint_of(request).client("ses") as client:
        await client.verify_email_identity(EmailAddress=FROM)
        yield SesMailSender(client, FROM, AlwaysWriter())


@given(st.binary(max_size=300), st.text(max_size=40))
def test_a_form_has_the_bytes_that_the_sdk_would_write(message: bytes, source: str) -> None:
    members = {"Action": "SendRawEmail", "Source": source, "RawMessage.Data": b64encode(message).decode()}
    assert form_of(members) == urlencode(members)


async def test_each_mail_has_an_id_of_its_own(sender: MailSender) -> None:
    ids = {await sender.send(a_mail()) for _ in range(3)}
    assert len(ids) == 3
    assert all(ids)


async def test_an_address_that_no_mail_can_be_sent_to_is_rejected(sender: MailSender) -> None:
    with pytest.raises(MailRejected):
        await sender.send(a_mail("nobody at all"))


async def test_a_mail_arrives_complete(ses: Ses) -> None:
    recipient = f"thandi-{uuid4().hex[:8]}@example.com"
    await ses.sender.send(a_mail(recipient))
    shown = await ses.delivered(recipient)
    if ses.endpoint.name == "ministack":
        # It shows what it has parsed and not what it was given.
        assert shown["To"] == [recipient]
        assert "Hello Zo" in shown["BodyText"]
        assert "<p>Hello Zo" in shown["BodyHtml"]
        return
    raw = shown["raw_data"] if ses.endpoint.name == "moto" else shown["RawData"]
    message = message_from_string(raw, policy=SMTP)
    assert isinstance(message, EmailMessage)
    assert message["From"].addresses[0].display_name == "Café & Sons"
    assert message["From"].addresses[0].addr_spec == FROM
    assert str(message["To"]) == recipient
    assert str(message["Reply-To"]) == "hello@example.com"
    assert message["Subject"] == "Ihre Bestellung, Zoë"
    assert message["Date"].datetime == NOON
    assert message["X-Order-Number"] == "BB-7K3M-9QX2-4TPA-R"
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == b"%PDF\x00\xff"


async def test_a_configuration_set_is_named_where_one_is_set(ses: Ses) -> None:
    await ses.client.create_configuration_set(ConfigurationSet={"Name": f"set-{uuid4().hex[:8]}"})
    assert await SesMailSender(ses.client, FROM, AlwaysWriter(), "set").send(a_mail())


async def test_a_sender_not_verified_yet_is_waited_for(ses: Ses) -> None:
    sender = SesMailSender(ses.client, f"orders@{uuid4().hex[:8]}.example", AlwaysWriter())
    with pytest.raises(TransientPortError) as error:
        await sender.send(a_mail())
    assert not error.value.throttled


async def test_a_mail_too_large_is_rejected(ses: Ses) -> None:
    attachment = Attachment("a.pdf", "application/pdf", b"x" * (MAX_MESSAGE_BYTES * 3 // 4))
    with pytest.raises(MailRejected, match="the mail service takes"):
        await ses.sender.send(a_mail(attachments=(attachment,)))


async def test_a_mail_service_out_of_reach_is_a_passing_failure() -> None:
    async with Endpoint("nobody", "http://127.0.0.1:9").client("ses") as client:
        with pytest.raises(TransientPortError) as error:
            await SesMailSender(client, FROM, AlwaysWriter()).send(a_mail())
    assert error.value.dependency == "mail service"


async def test_the_one_in_memory_fails_as_it_is_told_to() -> None:
    sender = MemoryMailSender()
    sender.failures += [TransientPortError("mail service", "slower", throttled=True), MailRejected("no")]
    send: Callable[[Mail], Awaitable[str]] = sender.send
    with pytest.raises(TransientPortError):
        await send(a_mail())
    with pytest.raises(MailRejected):
        await send(a_mail())
    await send(a_mail())
    assert len(sender.to("thandi@example.com")) == 1
    assert sender.to("somebody@example.com") == []
