"""The shops whose orders these are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.domain.pricing.price_rules import STRICTEST, PriceRules


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
        price_rules: what its customers' orders may say of prices, taxes and shipping.
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
    price_rules: PriceRules = STRICTEST


class TenantDirectory(Protocol):
    """Knows the shops."""

    async def profile(self, tenant_id: str) -> TenantProfile:
        """The shop's profile; one with the defaults for a shop that has not given any.

        Raises: TransientPortError.
        """
        ...


@dataclass(frozen=True, slots=True)
class TenantFile:
    """What a shop has given of its profile.

    Attributes:
        profile: ``None`` where it has given none, or none that can be used.
        fault: why it can't be used.
    """

    tenant_id: str
    profile: TenantProfile | None = None
    fault: str | None = None


class TenantFiles(Protocol):
    """What the shops have given, for whoever looks for what is wrong with it; what holds is ``TenantDirectory``'s."""

    async def tenants(self) -> Sequence[str]:
        """Every shop that has given anything, a template or a profile, by id.

        Names that no shop can have are among them, as they are: what lies there is used for nobody.

        Raises: TransientPortError.
        """
        ...

    async def inspect(self, tenant_id: str) -> TenantFile:
        """What the shop has given, as it is now. Raises: TransientPortError."""
        ...


class OrderingTenants(Protocol):
    """Knows which shops have orders."""

    async def since(self, begin: datetime, until: datetime) -> Sequence[str]:
        """The shops of all orders placed from the day of ``begin`` to that of ``until``, in UTC, by id.

        Reads all of them: what it costs goes by how many there are. Raises: TransientPortError.
        """
        ...
