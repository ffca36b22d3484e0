"""The product service: current prices and stock of products ([DOM-7])."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.offer_checks import Offer


@dataclass(frozen=True, slots=True)
class ProductEnquiry:
    """A request for the offers of the products in an order.

    Attributes:
        currency: the order's currency, in which prices are requested.
        units: quantity to take from stock by product id; 0 where only the price is needed.
        traceparent: W3C trace context of the request or message.
    """

    tenant_id: str
    currency: Currency
    units: Mapping[str, int]
    traceparent: str | None = None


class ProductCatalogue(Protocol):
    """Reads a shop's current product offers. A request changes and reserves nothing."""

    async def offers(self, enquiry: ProductEnquiry) -> Mapping[str, Offer]:
        """Returns the offers by product id; an id that is missing is unknown to the service.

        All products are requested in one call. Prices are exact, in the requested currency.

        Raises:
            TransientPortError: unreachable, too slow, overloaded or a malformed response; raised within a set time
                limit,
                however long the service takes.
        """
        ...
