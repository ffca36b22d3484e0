"""The client of the campaigns service. Contracts: ports/campaigns.py inwards, docs/integrations outwards."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orders.adapters.outbound.catalog_http.client import HttpService
from orders.adapters.outbound.catalog_http.wire import Amount, AnswerModel, BrokenAnswer, money, read
from orders.domain.parts import Line
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.offer_checks import CampaignGranted, CampaignRefusalReason, CampaignRefused, CampaignVerdict
from orders.ports.campaigns import CampaignEnquiry

PATH = "/campaigns/evaluate"
MAX_MESSAGE_CHARACTERS = 200

_NOT_FOR_PEOPLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_REASONS: Mapping[str, CampaignRefusalReason] = {str(reason): reason for reason in CampaignRefusalReason}


class EvaluationAnswer(AnswerModel):
    """The evaluation of a code: ``discount`` if it is valid, else ``reason`` and ``message``."""

    valid: bool
    discount: Amount | None = None
    reason: str | None = None
    message: str | None = None


class HttpCampaigns:
    """``Campaigns`` over HTTP."""

    def __init__(self, service: HttpService) -> None:
        self._service = service

    async def judge(self, enquiry: CampaignEnquiry) -> CampaignVerdict:
        """See ``Campaigns.judge``."""
        currency = enquiry.totals.total.currency

        def answer(value: Any) -> CampaignVerdict:
            return _verdict(value, currency)

        return await self._service.ask(PATH, _question(enquiry), answer, traceparent=enquiry.traceparent)


def _question(enquiry: CampaignEnquiry) -> dict[str, Any]:
    totals = enquiry.totals
    return {
        "tenant_id": enquiry.tenant_id,
        "campaign_code": enquiry.code,
        "order_id": enquiry.order_id,
        "customer_id": enquiry.customer_id,
        "placed_at": None if enquiry.placed_at is None else _moment(enquiry.placed_at),
        "currency": totals.total.currency.code,
        "items": [_line(line) for line in enquiry.lines],
        "subtotal": totals.subtotal.to_decimal(),
        "tax": totals.tax.to_decimal(),
        "shipping": totals.shipping.to_decimal(),
        "discount": totals.discount.to_decimal(),
        "total": totals.total.to_decimal(),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "quantity": line.quantity,
        "price": line.price.to_decimal(),
        "discount": line.discount.to_decimal(),
        "net": line.net.to_decimal(),
        "tax": line.tax.to_decimal(),
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _verdict(value: Any, currency: Currency) -> CampaignVerdict:
    answer = read(EvaluationAnswer, value)
    if answer.valid:
        if answer.discount is None:
            raise BrokenAnswer("discount: missing with a valid code")
        return CampaignGranted(money(answer.discount, currency, of="discount"))
    # An unknown reason, added by a later release of the service, is still a refusal.
    reason = _REASONS.get(answer.reason or "", CampaignRefusalReason.NOT_APPLICABLE)
    return CampaignRefused(reason, _said(answer.message))


def _said(message: str | None) -> str | None:
    """Shortens a message to one line that can be shown to people."""
    text = " ".join(_NOT_FOR_PEOPLE.sub(" ", message or "").split())
    if len(text) > MAX_MESSAGE_CHARACTERS:
        text = text[: MAX_MESSAGE_CHARACTERS - 1] + "…"
    return text or None
