"""The local pages over a service in memory, with what they show of mails and PDFs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.console.live import LiveStreams
from orders.adapters.inbound.http.local.pages import Sources, local_pages, to_local_pages
from orders.adapters.outbound.aws.mail.mail_message import build_mime
from orders.adapters.outbound.local.mail_archive import ArchivingMailSender, MailArchive
from orders.adapters.outbound.memory.mail_sender import MemoryMailSender
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants, MemoryTenantFiles
from orders.application.operations.find_shops import FindShops
from orders.application.operations.known_shops import KnownShops
from orders.application.operations.read_overview import ReadOverview
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.placing import Draft
from orders.ports.local_archive import KeptDocument, NotKept
from orders.ports.mail import Mail, MailContent, MailTemplate
from orders.ports.tenants import TenantFile
from tests.support.builders import NOON, a_draft
from tests.support.http_api import anything
from tests.support.service import Service, a_caller

LOCAL = "http://127.0.0.1:8080"
SHOPS = ("tenant_a", "tenant_b")


class Shelf:
    """A ``KeptDocuments`` of what was put there."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, int], bytes] = {}

    def put(self, order: Order, version: int = 1, content: bytes = b"%PDF-1.7") -> None:
        self.kept[order.tenant_id, order.order_id, version] = content

    async def of_order(self, tenant_id: str, order_id: str) -> Sequence[KeptDocument]:
        found = sorted((key for key in self.kept if key[:2] == (tenant_id, order_id)), reverse=True)
        return [KeptDocument(*key, at=NOON, size_bytes=len(self.kept[key])) for key in found]

    async def content(self, tenant_id: str, order_id: str, version: int) -> bytes:
        try:
            return self.kept[tenant_id, order_id, version]
        except KeyError:
            raise NotKept("there is none") from None

    async def shops(self) -> set[str]:
        return {tenant_id for tenant_id, _, _ in self.kept}


class Pages:
    """The pages, and what they are about."""

    def __init__(self, directory: Path) -> None:
        self.service = Service()
        self.documents = Shelf()
        self.mails = MailArchive(directory)
        self.stop = asyncio.Event()
        self.streams = LiveStreams(self.stop, limit=20, every_seconds=0.01)
        self.client: Any = None
        self._sent_at = NOON
        self._sender = ArchivingMailSender(
            MemoryMailSender(),
            directory,
            lambda mail, at: build_mime(mail, from_address="orders@shop.example", date=at).as_bytes(),
            now=self._later,
        )

    def _later(self) -> Any:
        self._sent_at += timedelta(seconds=1)
        return self._sent_at

    def routes(self, overview: ReadOverview | None = None) -> list[Any]:
        service = self.service
        ordering = MemoryOrderingTenants(service.table)
        files = MemoryTenantFiles(TenantFile(each) for each in SHOPS)
        shops = KnownShops(FindShops(files, ordering), ordering, service.clock, more=self.documents.shops)
        sources = Sources(
            list_orders=service.list_orders,
            open_order=service.open_order,
            read_history=service.read_history,
            place_order=service.place_order,
            shops=shops.execute,
            sample_shops=SHOPS,
            mails=self.mails,
            documents=self.documents,
            suppressions=service.suppressions,
            overview=overview,
        )
        return [*local_pages(sources, self.streams), to_local_pages]

    async def get(self, path: str, status: int = 200, **headers: str) -> Any:
        answer = await self.client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return answer

    async def text(self, path: str, status: int = 200) -> str:
        text: str = (await self.get(path, status)).text
        return text

    async def place(self, draft: Draft | None = None, tenant_id: str = "tenant_a") -> Order:
        caller = a_caller(Role.STAFF, tenant_id=tenant_id)
        return await self.service.place_order.execute(caller, draft or a_draft())

    async def mail(
        self, order: Order, template: MailTemplate = MailTemplate.ORDER_CONFIRMATION, **content: Any
    ) -> None:
        given = MailContent(**({"subject": "Your order", "text": "Hello", "html": "<p>Hello</p>"} | content))
        mail = Mail(
            recipient="thandi@example.com",
            sender_name="Harbour & Sons",
            content=given,
            tags=(("template", str(template)),),
            headers=(("X-Order-Number", order.order_number),),
        )
        await self._sender.send(mail)


def address_of(order: Order) -> str:
    return f"/local/orders/{order.order_id}?shop={order.tenant_id}"


@asynccontextmanager
async def the_pages(directory: Path, overview: ReadOverview | None = None) -> AsyncIterator[Pages]:
    pages = Pages(directory)
    app = create_app(anything(lambda _: None), extra_routes=pages.routes(overview))
    async with AsyncTestClient(app, base_url=LOCAL) as client:
        pages.client = client
        yield pages
