"""Mails from templates."""

from orders.adapters.outbound.rendering.environment import PackagedTemplates, TemplateSource
from orders.adapters.outbound.rendering.presenting import order_view, shop_view
from orders.adapters.outbound.rendering.text_columns import tidy
from orders.adapters.outbound.rendering.view import OrderView, ParcelView
from orders.adapters.outbound.rendering.wording import one_line
from orders.domain.order import Order
from orders.ports.errors import RenderingFailed
from orders.ports.mail import MailContent, MailTemplate
from orders.ports.tenants import TenantProfile

_MAX_SUBJECT_CHARS = 200


class JinjaMailComposer:
    """Composes mails (``ports.mail.MailComposer``) from ``<template>/subject.txt``, ``body.txt`` and ``body.html``.

    The packaged templates are used unless others are given. They see ``shop``, ``order`` and ``language``, bodies
    ``subject`` as well, and the shipping mail ``parcel``.
    """

    def __init__(self, templates: TemplateSource | None = None) -> None:
        self._templates = templates or PackagedTemplates()

    async def compose(
        self, template: MailTemplate, order: Order, tenant: TenantProfile, *, parcel_id: str | None = None
    ) -> MailContent:
        """The mail for an order; without ``parcel_id`` a shipping mail is about the latest parcel.

        Raises: RenderingFailed: a broken template, or a shipping mail without such a parcel.
        """
        locale = order.locale or tenant.locale
        renderer = await self._templates.renderer(tenant_id=tenant.tenant_id, locale=locale)
        view = order_view(order)
        context: dict[str, object] = {
            "shop": shop_view(tenant),
            "order": view,
            "language": renderer.language_tag(locale),
        }
        if template is MailTemplate.ORDER_SHIPPED:
            context["parcel"] = _parcel(view, parcel_id)
        subject = _header_line(renderer.render(f"{template}/subject.txt", context))
        context["subject"] = subject
        return MailContent(
            subject=subject,
            text=tidy(renderer.render(f"{template}/body.txt", context)),
            html=renderer.render(f"{template}/body.html", context),
        )


def _parcel(order: OrderView, parcel_id: str | None) -> ParcelView:
    for parcel in reversed(order.parcels):
        if parcel_id in {None, parcel.parcel_id}:
            return parcel
    raise RenderingFailed(f"order {order.number} has no parcel {parcel_id or 'at all'} to tell of")


def _header_line(text: str) -> str:
    """One line of bounded length without control characters: nothing in it can begin another header."""
    line = one_line(text)
    return line if len(line) <= _MAX_SUBJECT_CHARS else line[: _MAX_SUBJECT_CHARS - 1].rstrip() + "…"
