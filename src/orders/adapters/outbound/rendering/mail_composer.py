"""Composes mails from templates."""

from orders.adapters.outbound.rendering.overrides import PackagedTemplates, Templates, Wish
from orders.adapters.outbound.rendering.presenting import order_view, shop_view
from orders.adapters.outbound.rendering.text_columns import tidy
from orders.adapters.outbound.rendering.troubles import sample_trouble, trouble_view
from orders.adapters.outbound.rendering.view import OrderView, ParcelView
from orders.adapters.outbound.rendering.wording import one_line
from orders.domain.order import Order
from orders.ports.errors import RenderingFailed
from orders.ports.mail import MailContent, MailTemplate, OrderTrouble
from orders.ports.tenants import TenantProfile

SUBJECT, TEXT, HTML = "subject.txt", "body.txt", "body.html"
"""A mail's parts, by the files that they are made of."""

_MAX_SUBJECT_CHARS = 200


class JinjaMailComposer:
    """Composes mails (``ports.mail.MailComposer``) from ``<template>/subject.txt``, ``body.txt`` and ``body.html``.

    Uses the packaged templates unless given others. Their context has ``shop``, ``order`` and ``language``, for bodies
    also ``subject``, for the shipping mail also ``parcel``; the dead-letter mail has ``trouble`` instead of ``order``.
    """

    def __init__(self, templates: Templates | None = None) -> None:
        self._templates = templates or PackagedTemplates()

    async def compose(
        self, template: MailTemplate, order: Order, tenant: TenantProfile, *, parcel_id: str | None = None
    ) -> MailContent:
        """Returns the mail for an order; without ``parcel_id`` a shipping mail is about the latest parcel.

        Raises: RenderingFailed: a broken template, or a shipping mail without such a parcel.
        """
        context = mail_context(template, order, tenant, parcel_id=parcel_id)
        return await self._composed(template, context, tenant, order.locale or tenant.locale)

    async def compose_trouble(self, trouble: OrderTrouble, tenant: TenantProfile) -> MailContent:
        """See ``MailComposer.compose_trouble``."""
        context: dict[str, object] = {"shop": shop_view(tenant), "trouble": trouble_view(trouble)}
        return await self._composed(MailTemplate.STAFF_ORDER_STUCK, context, tenant, tenant.locale)

    async def _composed(
        self, template: MailTemplate, context: dict[str, object], tenant: TenantProfile, locale: str
    ) -> MailContent:
        async def part(name: str) -> str:
            return (await self._templates.render(Wish(f"{template}/{name}", context, tenant, locale))).text

        context["subject"] = subject = header_line(await part(SUBJECT))
        return MailContent(subject=subject, text=tidy(await part(TEXT)), html=await part(HTML))


def mail_context(
    template: MailTemplate, order: Order, tenant: TenantProfile, *, parcel_id: str | None = None
) -> dict[str, object]:
    """Returns the context of a mail's subject; bodies get ``subject`` as well. Raises: RenderingFailed."""
    if template is MailTemplate.STAFF_ORDER_STUCK:
        return {"shop": shop_view(tenant), "trouble": trouble_view(sample_trouble(order))}
    view = order_view(order)
    context: dict[str, object] = {"shop": shop_view(tenant), "order": view}
    if template is MailTemplate.ORDER_SHIPPED:
        context["parcel"] = _parcel(view, parcel_id)
    return context


def _parcel(order: OrderView, parcel_id: str | None) -> ParcelView:
    for parcel in reversed(order.parcels):
        if parcel_id in {None, parcel.parcel_id}:
            return parcel
    # Without its id, which comes from a message and is not trusted.
    raise RenderingFailed(f"order {order.number} has no {'such ' if parcel_id else ''}parcel to tell of")


def header_line(text: str) -> str:
    """Returns one line of bounded length without control characters, which prevents header injection."""
    line = one_line(text)
    return line if len(line) <= _MAX_SUBJECT_CHARS else line[: _MAX_SUBJECT_CHARS - 1].rstrip() + "…"
