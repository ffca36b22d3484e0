"""Use cases of operators: lists, previews and checks a shop's templates ([PIPE-8])."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from orders.application.mail.sample_order import sample_order
from orders.application.policy.audit import about
from orders.application.policy.errors import ApplicationError, OrderNotFound
from orders.domain.as_it_was import as_it_was
from orders.domain.events import EventType
from orders.domain.order import Order
from orders.ports.errors import TransientPortError
from orders.ports.mail import MailTemplate
from orders.ports.order_repository import OrderQuery, OrderRepository
from orders.ports.templates import (
    DEFAULT_LOCALE,
    Part,
    Preview,
    ShopTemplate,
    TemplatePreviews,
    TemplateStore,
    TemplateTrouble,
)
from orders.ports.tenants import TenantDirectory, TenantProfile

PACKAGED = TenantProfile(
    tenant_id="sample",
    name="Sample Shop",
    reply_to="hello@sample.example",
    website="https://sample.example",
    address=("1 Market Square", "Cape Town 8001", "South Africa"),
    staff_addresses=("staff@sample.example",),
)
"""The shop of a preview for which none is named."""


_CALLED_OFF = frozenset({MailTemplate.ORDER_CANCELLED, MailTemplate.ORDER_REJECTED, MailTemplate.STAFF_ORDER_CANCELLED})
"""Templates of events that have a reason."""

_TOLD_OF: Mapping[str, EventType] = MappingProxyType(
    {
        MailTemplate.ORDER_CONFIRMATION: EventType.CREATED,
        MailTemplate.ORDER_SHIPPED: EventType.FULFILLED,
        MailTemplate.ORDER_CANCELLED: EventType.CANCELLED,
        MailTemplate.ORDER_REJECTED: EventType.REJECTED,
        MailTemplate.ORDER_COMPLETED: EventType.COMPLETED,
        MailTemplate.STAFF_NEW_ORDER: EventType.CREATED,
        MailTemplate.STAFF_ORDER_CANCELLED: EventType.CANCELLED,
    }
)


class UnknownTemplate(ApplicationError):
    """There is no such template or part; the message lists those that exist."""


@dataclass(frozen=True, slots=True)
class ListedPart:
    """A part of a template and the shop's overrides that it is made of, in any language."""

    template: str
    part: Part
    path: str
    files: tuple[ShopTemplate, ...]


class PreviewTemplates:
    """Previews templates for operators."""

    def __init__(
        self,
        repository: OrderRepository,
        tenants: TenantDirectory,
        store: TemplateStore,
        previews: TemplatePreviews,
    ) -> None:
        self._repository = repository
        self._tenants = tenants
        self._store = store
        self._previews = previews

    async def preview(
        self,
        template: str,
        part: Part | None,
        *,
        tenant_id: str | None,
        locale: str | None,
        order_id: str | None,
        order_number: str | None = None,
    ) -> Preview:
        """Renders one part of a template, for an order of the shop or a sample.

        Args:
            part: by default the template's text, or its PDF if it makes one.
            order_id, order_number: one of them selects the order; neither, a sample.

        Raises:
            UnknownTemplate: there is no such template or part.
            OrderNotFound: the shop has no such order.
            PermanentPortError: the order lacks what the template is about.
            TransientPortError: a dependency is unreachable.
        """
        part = self._part(template, part)
        tenant = PACKAGED if tenant_id is None else await self._tenants.profile(tenant_id)
        if order_number is not None:
            order_id = await self._id_of(tenant, order_number)
        order = await self._order(template, tenant, locale, order_id)
        return await self._previews.preview(template, part, order, tenant, locale or order.locale or tenant.locale)

    async def listing(self, tenant_id: str | None) -> Sequence[ListedPart]:
        """Returns every part of every template. Raises: TransientPortError: the shop's overrides are unknown."""
        files = () if tenant_id is None else await self._files(tenant_id)
        listed = []
        for template, parts in self._previews.parts.items():
            for part in parts:
                path = self._previews.path(template, part)
                taking_part = self._previews.takes_part(path)
                own = sorted((file for file in files if file.path in taking_part), key=lambda file: file.place)
                listed.append(ListedPart(template, part, path, tuple(own)))
        return listed

    async def check(self, tenant_id: str) -> Sequence[Preview]:
        """Renders every part with overrides for a sample, in each language that has some.

        Raises: TransientPortError: a dependency is unreachable.
        """
        tenant = await self._tenants.profile(tenant_id)
        found = []
        for listed in await self.listing(tenant_id):
            for locale in sorted({file.locale for file in listed.files}):
                wanted = tenant.locale if locale == DEFAULT_LOCALE else locale
                order = sample_order(tenant, wanted, called_off=listed.template in _CALLED_OFF)
                found.append(await self._previews.preview(listed.template, listed.part, order, tenant, wanted))
        return [*found, *await self._idle(tenant_id)]

    async def _idle(self, tenant_id: str) -> list[Preview]:
        """Returns files that are unreadable or unused because of where they are, such as a misspelt path."""
        known = {path for listed in await self.listing(None) for path in self._previews.takes_part(listed.path)}
        return [
            Preview(
                file.path,
                Part.HTML,
                file.locale,
                trouble=TemplateTrouble(file.path, None, file.fault, file.place),
            )
            for file in await self._files(tenant_id)
            if file.fault is not None and file.path not in known
        ]

    async def _files(self, tenant_id: str) -> tuple[ShopTemplate, ...]:
        templates = await self._store.of_tenant(tenant_id)
        if templates.fault is not None:
            raise TransientPortError("templates bucket", templates.fault)
        return templates.files

    def _part(self, template: str, part: Part | None) -> Part:
        known = self._previews.parts
        if template not in known:
            raise UnknownTemplate(f"there is no template {template[:80]!r}; there are {', '.join(known)}")
        if part is None:
            return Part.TEXT if Part.TEXT in known[template] else known[template][0]
        if part not in known[template]:
            raise UnknownTemplate(f"{template} makes {', '.join(known[template])}, and no {part}")
        return part

    async def _id_of(self, tenant: TenantProfile, order_number: str) -> str:
        query = OrderQuery(tenant.tenant_id, order_number=order_number, include_deleted=True, limit=1)
        page = await self._repository.page(query)
        if not page.orders:
            raise OrderNotFound(order_number)
        about(order_id=page.orders[0].order_id, tenant_id=tenant.tenant_id)
        return page.orders[0].order_id

    async def _order(self, template: str, tenant: TenantProfile, locale: str | None, order_id: str | None) -> Order:
        if order_id is None:
            return sample_order(tenant, locale or tenant.locale, called_off=template in _CALLED_OFF)
        order = await self._repository.get(tenant.tenant_id, order_id)
        if order is None:
            raise OrderNotFound(order_id)
        # As in a mail: the order as of the latest event that triggers the template.
        event = _TOLD_OF.get(template)
        return order if event is None else as_it_was(order, event, order.sequence)
