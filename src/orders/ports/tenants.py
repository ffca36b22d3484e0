"""The tenants: the shops whose orders these are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.domain.pricing.price_rules import STRICTEST, PriceRules


@dataclass(frozen=True, slots=True)
class TenantProfile:
    """A shop's profile, used in documents and mails and for defaults.

    Attributes:
        name: as customers know it.
        currency: ISO 4217, for orders that name none.
        locale: BCP 47, for orders that name none.
        staff_addresses: recipients of mails about new and cancelled orders.
        reply_to: address for customers' replies.
        address: the shop's own postal address, line by line.
        tax_number: as printed on documents.
        accent: CSS colour ``#rrggbb`` of headings and rules.
        logo: a ``data:`` URI with a PNG, JPEG or SVG picture.
        price_rules: which prices, taxes and shipping costs its customers' orders may state.
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
    """Looks up shops' profiles."""

    async def profile(self, tenant_id: str) -> TenantProfile:
        """Returns the shop's profile, or one with the defaults if the shop has provided none.

        Raises: TransientPortError.
        """
        ...


@dataclass(frozen=True, slots=True)
class TenantFile:
    """A shop's profile file as provided.

    Attributes:
        profile: ``None`` if there is none, or an invalid one.
        fault: why it is invalid.
    """

    tenant_id: str
    profile: TenantProfile | None = None
    fault: str | None = None


class TenantFiles(Protocol):
    """Inspects the files that shops have provided, to find errors in them; ``TenantDirectory`` has the profiles in
    effect.
    """

    async def tenants(self) -> Sequence[str]:
        """Returns every tenant id with a template or a profile, sorted.

        Includes names that are not valid tenant ids, unchanged: files there are ignored.

        Raises: TransientPortError.
        """
        ...

    async def inspect(self, tenant_id: str) -> TenantFile:
        """Returns the shop's file as it is now. Raises: TransientPortError."""
        ...


class OrderingTenants(Protocol):
    """Finds the shops that have orders."""

    async def since(self, begin: datetime, until: datetime) -> Sequence[str]:
        """Returns the sorted ids of shops with orders placed from the day of ``begin`` to that of ``until``, in UTC.

        Reads all those orders: the cost grows with their number. Raises: TransientPortError.
        """
        ...
