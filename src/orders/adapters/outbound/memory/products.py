"""A product catalogue in memory. Contract: ports/products.py."""

from collections.abc import Mapping
from dataclasses import dataclass

from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import Offer
from orders.ports.errors import TransientPortError
from orders.ports.products import ProductEnquiry

DEPENDENCY = "product service"


@dataclass(frozen=True, slots=True)
class Product:
    """A shop's product with a price in each currency that it is sold in; ``stock`` ``None`` means unlimited."""

    product_id: str
    prices: tuple[Money, ...]
    sellable: bool = True
    stock: int | None = None


class MemoryProductCatalogue:
    """``ProductCatalogue`` in a dictionary; set ``reachable`` to false for an outage; ``asked`` records all calls."""

    def __init__(self) -> None:
        self.reachable = True
        self.asked: list[ProductEnquiry] = []
        self._products: dict[tuple[str, str], Product] = {}

    def put(self, tenant_id: str, *products: Product) -> None:
        """Adds products, replacing those with the same ids."""
        for product in products:
            self._products[tenant_id, product.product_id] = product

    async def offers(self, enquiry: ProductEnquiry) -> Mapping[str, Offer]:
        """See ``ProductCatalogue.offers``."""
        self.asked.append(enquiry)
        if not self.reachable:
            raise TransientPortError(DEPENDENCY, "out of reach")
        found = {product_id: self._products.get((enquiry.tenant_id, product_id)) for product_id in enquiry.units}
        return {
            product_id: Offer(
                product_id=product_id,
                price=next((price for price in product.prices if price.currency == enquiry.currency), None),
                sellable=product.sellable,
                available=product.stock,
            )
            for product_id, product in found.items()
            if product is not None
        }
