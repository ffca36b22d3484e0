"""The client of the product service. Contracts: ports/products.py inwards, docs/integrations outwards."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from orders.adapters.outbound.catalog_http.client import HttpService
from orders.adapters.outbound.catalog_http.wire import Amount, AnswerModel, BrokenAnswer, money, read
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import Offer
from orders.ports.products import ProductEnquiry

PATH = "/products/offers"


class OfferAnswer(AnswerModel):
    """A product's offer; ``price`` is absent or null if it isn't sold in the currency."""

    product_id: str
    price: Amount | None = None
    sellable: bool = True
    available: Annotated[int, Field(ge=0)] | None = None


class OffersAnswer(AnswerModel):
    """The offers of the known products, each once."""

    items: list[OfferAnswer]


class HttpProductCatalogue:
    """``ProductCatalogue`` over HTTP."""

    def __init__(self, service: HttpService) -> None:
        self._service = service

    async def offers(self, enquiry: ProductEnquiry) -> Mapping[str, Offer]:
        """See ``ProductCatalogue.offers``."""
        question = {
            "tenant_id": enquiry.tenant_id,
            "currency": enquiry.currency.code,
            "items": [{"product_id": product_id, "quantity": units} for product_id, units in enquiry.units.items()],
        }

        def answer(value: Any) -> dict[str, Offer]:
            return _offers(value, enquiry)

        return await self._service.ask(PATH, question, answer, traceparent=enquiry.traceparent)


def _offers(value: Any, enquiry: ProductEnquiry) -> dict[str, Offer]:
    offers: dict[str, Offer] = {}
    for each in read(OffersAnswer, value).items:
        if each.product_id not in enquiry.units:
            continue
        if each.product_id in offers:
            raise BrokenAnswer(f"items: {each.product_id} is there twice")
        offers[each.product_id] = Offer(
            product_id=each.product_id,
            price=_price(each, enquiry.currency),
            sellable=each.sellable,
            available=each.available,
        )
    return offers


def _price(offer: OfferAnswer, currency: Currency) -> Money | None:
    return None if offer.price is None else money(offer.price, currency, of=f"price of {offer.product_id}")
