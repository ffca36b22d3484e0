"""Serves the pages of `orders dev` that show sent mails and rendered PDFs. Never part of a deployed API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from orders.adapters.inbound.http.local.loopback import asked_as_loopback
from orders.adapters.inbound.http.page_policy import MAIL_POLICY, page_policy
from orders.adapters.inbound.http.representations.values import moment
from orders.adapters.wire import json_body
from orders.domain.identity import order_number
from orders.ports.local_archive import KeptDocument, KeptDocuments, KeptMail, KeptMails, NotKept

SHOWN = 1000


def local_pages(mails: KeptMails, documents: KeptDocuments, *, top: bool = False) -> Router:
    """Makes the routes under ``/local``; ``top``: the index links to ``/local/top``."""
    template = Environment(
        loader=PackageLoader("orders", "templates/local"), autoescape=True, undefined=StrictUndefined
    ).get_template("index.html")

    @get("/")
    async def index() -> Response[str]:
        """Shows all orders with their mails and PDFs."""
        orders = _by_order(await mails.newest(SHOWN), await documents.newest(SHOWN))
        return html_page(template.render(orders=orders, top=top))

    @get("/mails")
    async def kept_mails() -> Response[bytes]:
        """Lists the mails, newest first: recipients, subject, order number, attachments, bodies."""
        items = [_mail(mail) for mail in await mails.newest(SHOWN)]
        return Response(json_body.encode({"items": items}), media_type="application/json")

    @get("/mails/{mail_id:str}")
    async def mail_html(mail_id: FromPath[str]) -> Response[str]:
        """Shows a mail as a mail program would."""
        mail = await _found(mails, mail_id)
        return Response(mail.html, media_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY})

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

    handlers = [index, kept_mails, mail_html, mail_text, attachment, kept_document]
    return Router(path="/local", route_handlers=handlers, guards=[asked_as_loopback])


def html_page(html: str) -> Response[str]:
    """Makes the response that shows a page of ours."""
    return Response(html, media_type="text/html", headers={"Content-Security-Policy": page_policy(html)})


@get("/", sync_to_thread=False)
def to_local_pages() -> Redirect:
    """Redirects from the bare address, which people open in a browser, to the pages."""
    return Redirect("/local/")


async def _found(mails: KeptMails, mail_id: str) -> KeptMail:
    try:
        return await mails.get(mail_id)
    except NotKept as error:
        raise NotFoundException(str(error)) from error


def _file(content: bytes, filename: str, media_type: str) -> Response[bytes]:
    # Shown in the browser, never run there: the security policy of every response forbids scripts.
    safe = "".join(character if character.isalnum() or character in "-._" else "_" for character in filename)
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'inline; filename="{safe}"'})


def _mail(mail: KeptMail) -> dict[str, Any]:
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
                "href": f"/local/mails/{mail.id}/attachments/{index}",
            }
            for index, each in enumerate(mail.attachments)
        ],
        "text": mail.text,
        "html": mail.html,
    }


def _by_order(mails: Sequence[KeptMail], documents: Sequence[KeptDocument]) -> list[dict[str, Any]]:
    newest: dict[str, datetime] = {}
    orders: dict[str, dict[str, Any]] = {}

    def entry(number: str, at: datetime) -> dict[str, Any]:
        newest[number] = max(at, newest.get(number, at))
        return orders.setdefault(number, {"number": number, "tenant": None, "pdf": None, "pdf_version": 0, "mails": []})

    for mail in mails:
        entry(mail.order_number or "without order", mail.at)["mails"].append(_row(mail))
    for document in documents:
        order = entry(order_number(document.order_id), document.at)
        order["tenant"] = document.tenant_id
        if document.version > order["pdf_version"]:
            order["pdf_version"] = document.version
            order["pdf"] = f"/local/documents/{document.tenant_id}/{document.order_id}/{document.version}"
    return sorted(orders.values(), key=lambda order: newest[order["number"]], reverse=True)


def _row(mail: KeptMail) -> dict[str, Any]:
    return {
        "at": f"{mail.at:%Y-%m-%d %H:%M:%S}",
        "subject": mail.subject,
        "recipients": ", ".join(mail.recipients),
        "html_href": f"/local/mails/{mail.id}",
        "text_href": f"/local/mails/{mail.id}/text",
        "attachments": [
            {
                "name": each.filename,
                "size": f"{max(1, round(each.size_bytes / 1024))} KiB",
                "href": f"/local/mails/{mail.id}/attachments/{index}",
            }
            for index, each in enumerate(mail.attachments)
        ],
    }
