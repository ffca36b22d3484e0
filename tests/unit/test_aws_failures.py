"""AWS failures that no emulator produces on request: refusals, partial successes, broken connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orders.adapters.outbound.aws.event_bridge import MAX_CALL_BYTES, EventBridgePublisher, entry_bytes
from orders.adapters.outbound.aws.mail.ses_mail import SesMailSender
from orders.adapters.outbound.aws.probes import MailProbe
from orders.adapters.outbound.aws.s3.documents import S3DocumentStore
from orders.adapters.outbound.aws.s3.tenants import S3TenantDirectory
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Role
from orders.ports.errors import (
    MailRejected,
    NotPermitted,
    PermanentPortError,
    PortError,
    QuotaReached,
    TransientPortError,
)
from orders.ports.mail import Mail, MailContent
from orders.ports.tenants import TenantProfile
from tests.contract.endpoints import Endpoint
from tests.support.builders import a_stamp, an_order, an_order_id

FROM = "orders@shop.example"


class Scripted:
    """A client whose every operation gives what the test says, and which remembers what it was asked."""

    def __init__(self, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._answer = answer
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        async def call(**arguments: Any) -> dict[str, Any]:
            self.calls.append(arguments)
            await asyncio.sleep(0)
            return self._answer(arguments)

        return call


def refusing(code: str, message: str = "") -> Any:
    """A client that refuses everything with one of the service's own codes."""

    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "Operation")

    return Scripted(answer)


def an_event(number: int = 1, note: str = "") -> OrderEvent:
    change = an_order(order_id=an_order_id(number)).process(a_stamp(role=Role.STAFF), [Role.STAFF])
    assert change.event is not None
    return replace(change.event, data={"note": note})


# -- the bus ---------------------------------------------------------------------------------------------------------


async def test_an_entry_failed_in_a_successful_call_is_that_event_s_failure() -> None:
    def answer(call: dict[str, Any]) -> dict[str, Any]:
        failed = {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
        entries = [failed if an_order_id(3) in entry["Detail"] else {"EventId": "1"} for entry in call["Entries"]]
        return {"FailedEntryCount": 1, "Entries": entries}

    client: Any = Scripted(answer)
    answers = await EventBridgePublisher(client, "bus").publish([an_event(number) for number in range(1, 5)])
    assert list(answers) == [None, None, "InternalFailure: try again", None]


async def test_a_failed_call_is_the_failure_of_its_own_entries_only() -> None:
    def answer(call: dict[str, Any]) -> dict[str, Any]:
        if an_order_id(15) in str(call):
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "PutEvents")
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}] * len(call["Entries"])}

    client: Any = Scripted(answer)
    answers = await EventBridgePublisher(client, "bus").publish([an_event(number) for number in range(25)])
    assert [answer is None for answer in answers] == [True] * 10 + [False] * 10 + [True] * 5
    assert "ThrottlingException" in str(answers[15])


async def test_what_the_answer_does_not_speak_of_is_not_published() -> None:
    client: Any = Scripted(lambda _: {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    answers = await EventBridgePublisher(client, "bus").publish([an_event(1), an_event(2)])
    assert [answer is None for answer in answers] == [True, False]


async def test_calls_keep_both_limits_of_the_bus() -> None:
    client: Any = Scripted(lambda call: {"Entries": [{"EventId": "1"}] * len(call["Entries"])})
    events = [an_event(number, "é" * size) for number, size in enumerate([10] * 11 + [60_000] * 5 + [10])]
    answers = await EventBridgePublisher(client, "bus").publish(events)
    assert set(answers) == {None}
    sizes = [[entry_bytes(entry) for entry in call["Entries"]] for call in client.calls]
    assert [len(call) for call in sizes] == [10, 3, 2, 2]
    assert all(sum(call) <= MAX_CALL_BYTES for call in sizes)


# -- the mail service ------------------------------------------------------------------------------------------------


def a_mail() -> Mail:
    return Mail(
        recipient="thandi@example.com", sender_name="Shop", content=MailContent("Subject", "text", "<p>html</p>")
    )


@pytest.mark.parametrize(
    ("code", "message", "expected", "throttled"),
    [
        ("Throttling", "Maximum sending rate exceeded.", TransientPortError, True),
        ("Throttling", "Daily message quota exceeded.", QuotaReached, True),
        ("AccountSendingPausedException", "paused", TransientPortError, False),
        ("ConfigurationSetDoesNotExist", "no set", TransientPortError, False),
        ("MailFromDomainNotVerified", "no domain", TransientPortError, False),
        ("ServiceUnavailable", "later", TransientPortError, False),
        ("MessageRejected", f"Email address is not verified: {FROM}", TransientPortError, False),
        ("MessageRejected", "Email address is not verified: thandi@example.com", MailRejected, False),
        ("InvalidParameterValue", "Domain contains illegal character", MailRejected, False),
    ],
)
async def test_refusals_of_the_mail_service(
    code: str, message: str, expected: type[PortError], throttled: bool
) -> None:
    with pytest.raises(expected) as refused:
        await SesMailSender(refusing(code, message), FROM, AlwaysWriter()).send(a_mail())
    assert "thandi@" not in str(refused.value)
    if isinstance(refused.value, TransientPortError):
        assert refused.value.throttled is throttled


async def test_a_refusal_that_nobody_expected_is_not_hidden() -> None:
    with pytest.raises(ClientError):
        await SesMailSender(refusing("SomethingNew"), FROM, AlwaysWriter()).send(a_mail())


async def test_a_permission_that_is_missing_gives_up_no_mail_and_no_event() -> None:
    with pytest.raises(NotPermitted):
        await SesMailSender(refusing("AccessDenied"), FROM, AlwaysWriter()).send(a_mail())
    with pytest.raises(NotPermitted):
        await EventBridgePublisher(refusing("AccessDeniedException"), "bus").publish([an_event(1)])


@pytest.mark.parametrize(("allowed", "sent", "usable"), [(200, 199, True), (200, 200, False), (-1, 10**6, True)])
async def test_a_day_s_quota_used_up_is_found_by_the_probe(allowed: float, sent: float, usable: bool) -> None:
    client: Any = Scripted(lambda _: {"Max24HourSend": allowed, "SentLast24Hours": sent, "MaxSendRate": 1})
    if usable:
        await MailProbe(client).check()
        return
    with pytest.raises(TransientPortError) as fault:
        await MailProbe(client).check()
    assert fault.value.throttled


# -- buckets ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def answering_with(response: bytes) -> AsyncIterator[Endpoint]:
    """A server that answers everything with these bytes and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield Endpoint("broken", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        server.close()


async def test_a_document_that_breaks_off_is_a_passing_failure() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: application/pdf\r\n\r\n%PDF"
    async with answering_with(half) as endpoint, endpoint.client("s3") as client:
        with pytest.raises(TransientPortError) as error:
            await S3DocumentStore(client, "documents", AlwaysWriter()).get("orders/x.pdf")
    assert error.value.dependency == "documents bucket"


async def test_a_document_that_came_garbled_is_a_passing_failure() -> None:
    # The checksum is another content's.
    garbled = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nx-amz-checksum-crc32: jNwWgw==\r\n\r\n%PDF"
    async with answering_with(garbled) as endpoint, endpoint.client("s3") as client:
        with pytest.raises(TransientPortError):
            await S3DocumentStore(client, "documents", AlwaysWriter()).get("orders/x.pdf")


async def test_a_permission_that_is_missing_is_not_taken_for_a_missing_document() -> None:
    store = S3DocumentStore(refusing("AccessDenied"), "documents", AlwaysWriter())
    with pytest.raises(NotPermitted):
        await store.get("orders/x.pdf")
    with pytest.raises(NotPermitted):
        await store.exists("orders/x.pdf")


@pytest.mark.parametrize(
    ("head", "readable"),
    [
        ({}, True),
        ({"StorageClass": "INTELLIGENT_TIERING"}, True),
        ({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"}, False),
        ({"StorageClass": "GLACIER"}, False),
        ({"StorageClass": "GLACIER", "Restore": 'ongoing-request="true"'}, False),
        ({"StorageClass": "GLACIER", "Restore": 'ongoing-request="false", expiry-date="x"'}, True),
    ],
)
async def test_an_archived_document_is_there_when_a_restored_copy_is(head: dict[str, str], readable: bool) -> None:
    client: Any = Scripted(lambda _: head)
    assert await S3DocumentStore(client, "documents", AlwaysWriter()).exists("orders/x.pdf") is readable


class Bucket:
    """A client of a bucket with so many versions of one document, which answers each DeleteObjects as told."""

    def __init__(self, versions: int, *errors: dict[str, str]) -> None:
        self._versions = [{"Key": "folder/1.pdf", "VersionId": str(number)} for number in range(versions)]
        self._errors = list(errors)
        self.asked: list[int] = []

    def get_paginator(self, _: str) -> "Bucket":
        return self

    async def paginate(self, **_: Any) -> AsyncIterator[dict[str, Any]]:
        for first in range(0, len(self._versions), 700):
            yield {"Versions": self._versions[first : first + 700]}

    async def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - S3's own names
        self.asked.append(len(Delete["Objects"]))
        return {"Errors": self._errors} if self._errors else {}


@pytest.mark.parametrize(
    ("code", "kind", "throttled"),
    [("SlowDown", TransientPortError, True), ("InternalError", TransientPortError, False),
     ("AccessDenied", PermanentPortError, False)],
)  # fmt: skip
async def test_a_version_that_is_not_deleted_fails_although_the_call_succeeds(
    code: str, kind: type[PortError], throttled: bool
) -> None:
    client: Any = Bucket(3, {"Key": "folder/1.pdf", "VersionId": "2", "Code": code})
    with pytest.raises(kind, match=code) as failure:
        await S3DocumentStore(client, "documents", AlwaysWriter()).purge("folder/", keep="folder/2.pdf")
    assert getattr(failure.value, "throttled", False) is throttled


async def test_a_thousand_versions_are_deleted_at_once_and_never_more() -> None:
    client: Any = Bucket(2_500)
    await S3DocumentStore(client, "documents", AlwaysWriter()).purge("folder/", keep="folder/2.pdf")
    assert client.asked == [1000, 1000, 500]


async def test_many_who_ask_for_a_profile_at_once_cost_one_call() -> None:
    client: Any = refusing("NoSuchKey")
    default, ttl = (lambda id_: TenantProfile(id_, "Shop")), timedelta(minutes=1)
    directory = S3TenantDirectory(client, "templates", default, ttl, MemoryMetrics())
    profiles = await asyncio.gather(*(directory.profile("tenant_a") for _ in range(50)))
    assert {profile.name for profile in profiles} == {"Shop"}
    assert len(client.calls) == 1
