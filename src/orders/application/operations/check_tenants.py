"""Use case of operators: finds the shops that take no customers' orders, and why ([SEC-10])."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from orders.domain.identity import is_key
from orders.ports.clock import Clock
from orders.ports.tenants import OrderingTenants, TenantFile, TenantFiles


@dataclass(frozen=True, slots=True)
class TenantVerdict:
    """The verdict on whether a shop takes customers' orders in sit and prod.

    Attributes:
        why: the reason.
        fault: the error in its profile, which then counts as missing.
    """

    tenant_id: str
    ready: bool
    why: str
    fault: str | None = None


class CheckTenants:
    """Checks the shops in the templates bucket, those with recent orders, and those named to it."""

    def __init__(
        self,
        files: TenantFiles,
        ordering: OrderingTenants,
        clock: Clock,
        *,
        prices_checked: bool,
        named: Collection[str] = (),
    ) -> None:
        """``prices_checked``: a product service checks all prices; ``named`` are the tenants in settings."""
        self._files = files
        self._ordering = ordering
        self._clock = clock
        self._prices_checked = prices_checked
        self._named = frozenset(named)

    async def execute(self, *, days: int, also: Collection[str] = ()) -> Sequence[TenantVerdict]:
        """Returns a verdict on each shop, by id.

        Args:
            days: also check shops with orders of that many days; 0 for none.
            also: further shops.

        Raises: TransientPortError.
        """
        tenants = {*await self._files.tenants(), *self._named, *also}
        if days:
            now = self._clock.now()
            tenants.update(await self._ordering.since(now - timedelta(days=days - 1), now))
        return [
            self._verdict(await self._files.inspect(tenant)) if is_key(tenant) else _nobodys(tenant)
            for tenant in sorted(tenants)
        ]

    def _verdict(self, file: TenantFile) -> TenantVerdict:
        if self._prices_checked:
            return TenantVerdict(file.tenant_id, True, "the product service checks prices", file.fault)
        if file.fault is not None:
            return TenantVerdict(file.tenant_id, False, "its profile can't be used", file.fault)
        if file.profile is None:
            return TenantVerdict(file.tenant_id, False, "it has no profile")
        if file.profile.price_rules.as_ordered:
            return TenantVerdict(file.tenant_id, True, "its profile says prices: as_ordered")
        return TenantVerdict(file.tenant_id, False, "its profile says nothing of prices")


def _nobodys(name: str) -> TenantVerdict:
    """Makes the verdict on a name that is no valid tenant id, probably misspelt."""
    return TenantVerdict(name, False, "no shop can have this name; it is 1 to 64 of letters, digits, '_', '.' and '-'")
