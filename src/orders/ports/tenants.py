"""The shops whose orders these are."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TenantProfile:
    """What documents, mails and defaults need to know of a shop.

    Attributes:
        name: as customers know it.
        currency: ISO 4217, for orders that name none.
        locale: BCP 47, for orders that name none.
        staff_addresses: who hears of new and cancelled orders.
        reply_to: where customers' answers go.
        address: the shop's own postal address, line by line.
        tax_number: as printed on documents.
        accent: CSS colour ``#rrggbb`` of headings and rules.
        logo: a ``data:`` URI with a PNG, JPEG or SVG picture.
    """

    tenant_id: str
    name: str
    currency: str = "ZAR"
    locale: str = "en"
    staff_addresses: tuple[str, ...] = field(default=(), repr=False)
    reply_to: str | None = field(default=None, repr=False)
    website: str | None = None
    phone: str | None = field(default=None, repr=False)
    address: tuple[str, ...] = field(default=(), repr=False)
    tax_number: str | None = None
    accent: str = "#1f4f82"
    logo: str | None = None


class TenantDirectory(Protocol):
    """Knows the shops."""

    async def profile(self, tenant_id: str) -> TenantProfile:
        """The shop's profile; one with the defaults for a shop that has not given any.

        Raises: TransientPortError.
        """
        ...
