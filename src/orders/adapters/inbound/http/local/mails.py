"""Serves sent mails and rendered PDFs, as they are and on pages."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from orders.adapters.inbound.http.console.shell import Page, Shell
from orders.adapters.inbound.http.page_policy import FILE_POLICY, MAIL_POLICY
from orders.adapters.inbound.http.representations.values import moment
from orders.adapters.wire import json_body
from orders.domain.identity import order_number
from orders.ports.local_archive import KeptDocuments, KeptMail, KeptMails, NotKept

SHOWN = 1000

_IN_OUR_FRAMES: Mapping[str, str] = MappingProxyType({"X-Frame-Options": "SAMEORIGIN"})


def mail_routes(
    shell: Shell, mails: KeptMails, documents: KeptDocuments, has_page: Callable[[str], Awaitable[bool]]
) -> list[HTTPRouteHandler]:
    """Makes the routes of mails and documents, below the console's root.

    ``has_page`` tells whether the order of a number has a page here. A dead letter's order may never have been placed,
    and mails outlive an emulator that was killed.
    """

    @get("/mails")
    async def kept_mails() -> Response[bytes]:
        """Lists the mails, newest first: recipients, subject, order number, attachments, bodies."""
        items = [_mail(shell.root, mail) for mail in await mails.newest(SHOWN)]
        return Response(json_body.encode({"items": items}), media_type="application/json")

    @get("/mails/{mail_id:str}")
    async def mail_page(mail_id: FromPath[str]) -> Response[str]:
        """Shows a mail with its headers, as HTML and as text."""
        mail = await _found(mails, mail_id)
        is_there = mail.order_number is not None and await has_page(mail.order_number)
        main = shell.render("local/mail.html", mail=mail, order_is_there=is_there)
        return shell.response(Page(mail.subject, main), here="")

    @get("/mails/{mail_id:str}/html")
    async def mail_html(mail_id: FromPath[str]) -> Response[str]:
        """Returns a mail's HTML as a mail program would show it, for a frame."""
        mail = await _found(mails, mail_id)
        headers = {"Content-Security-Policy": MAIL_POLICY, **_IN_OUR_FRAMES}
        return Response(mail.html, media_type="text/html", headers=headers)

    @get("/mails/{mail_id:str}/text")
    async def mail_text(mail_id: FromPath[str]) -> Response[str]:
        """Returns a mail's plain text."""
        mail = await _found(mails, mail_id)
        return Response(mail.text, media_type="text/plain")

    @get("/mails/{mail_id:str}/attachments/{index:int}")
    async def attachment(mail_id: FromPath[str], index: FromPath[int]) -> Response[bytes]:
        """Returns a mail's attachment."""
        try:
            filename, media_type, content = await mails.attachment(mail_id, index)
        except NotKept as error:
            raise NotFoundException(str(error)) from error
        return _file(content, filename, media_type)

    @get("/documents/{tenant_id:str}/{order_id:str}/{version:int}")
    async def kept_document(
        tenant_id: FromPath[str], order_id: FromPath[str], version: FromPath[int]
    ) -> Response[bytes]:
        """Returns an order's PDF."""
        try:
            content = await documents.content(tenant_id, order_id, version)
        except NotKept as error:
            raise NotFoundException(str(error)) from error
        return _file(content, f"{order_number(order_id)}.pdf", "application/pdf")

    return [kept_mails, mail_page, mail_html, mail_text, attachment, kept_document]


async def _found(mails: KeptMails, mail_id: str) -> KeptMail:
    try:
        return await mails.get(mail_id)
    except NotKept as error:
        raise NotFoundException(str(error)) from error


def _file(content: bytes, filename: str, media_type: str) -> Response[bytes]:
    # Shown in the browser, never run there: no policy here allows scripts.
    safe = "".join(character if character.isalnum() or character in "-._" else "_" for character in filename)
    headers = {"Content-Disposition": f'inline; filename="{safe}"'}
    if media_type == "application/pdf":
        headers |= {"Content-Security-Policy": FILE_POLICY, **_IN_OUR_FRAMES}
    return Response(content, media_type=media_type, headers=headers)


def _mail(root: str, mail: KeptMail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "sent_at": moment(mail.at),
        "sender": mail.sender,
        "recipients": list(mail.recipients),
        "subject": mail.subject,
        "order_number": mail.order_number,
        "template": mail.template,
        "attachments": [
            {
                "filename": each.filename,
                "media_type": each.media_type,
                "size_bytes": each.size_bytes,
                "href": f"{root}/mails/{mail.id}/attachments/{index}",
            }
            for index, each in enumerate(mail.attachments)
        ],
        "text": mail.text,
        "html": mail.html,
    }
