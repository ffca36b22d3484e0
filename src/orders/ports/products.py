"""The product service: what products are sold, at what price, and how many there are ([DOM-7])."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.offer_checks import Offer


@dataclass(frozen=True, slots=True)
class ProductEnquiry:
    """Products that somebody wants to order.

    Attributes:
        currency: of the order; prices are wanted in it.
        units: by product id, how many would come out of stock; 0 where only the price is a question.
        traceparent: W3C trace context of the request or message.
    """

    tenant_id: str
    currency: Currency
    units: Mapping[str, int]
    traceparent: str | None = None


class ProductCatalogue(Protocol):
    """Knows a shop's products as they are now. Asking changes nothing there, and reserves nothing."""

    async def offers(self, enquiry: ProductEnquiry) -> Mapping[str, Offer]:
        """What there is of the products asked for, by product id; one that isn't among them is unknown.

        All of them are asked about at once. Prices are exact, in the currency asked for.

        Raises:
            TransientPortError: out of reach, too slow, overloaded, or its answer is none. It says so within a time
                that is set, however long the service would take.
        """
        ...
