"""Use case of operators: which shops take no orders of customers, and why ([SEC-10])."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from orders.domain.identity import is_key
from orders.ports.clock import Clock
from orders.ports.tenants import OrderingTenants, TenantFile, TenantFiles


@dataclass(frozen=True, slots=True)
class TenantVerdict:
    """Whether a shop takes orders of customers in sit and prod.

    Attributes:
        why: what makes it so.
        fault: what is wrong with its profile, which then counts as none.
    """

    tenant_id: str
    ready: bool
    why: str
    fault: str | None = None


class CheckTenants:
    """Looks through the shops: those in the templates bucket, those with orders of late, and those named to it."""

    def __init__(
        self,
        files: TenantFiles,
        ordering: OrderingTenants,
        clock: Clock,
        *,
        prices_checked: bool,
        named: Collection[str] = (),
    ) -> None:
        """``prices_checked``: a product service checks all prices; ``named`` are shops that settings speak of."""
        self._files = files
        self._ordering = ordering
        self._clock = clock
        self._prices_checked = prices_checked
        self._named = frozenset(named)

    async def execute(self, *, days: int, also: Collection[str] = ()) -> Sequence[TenantVerdict]:
        """A verdict on each shop, by id.

        Args:
            days: shops with orders of so many days are looked at as well; 0 for none.
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
    """Of a slip in a name: whoever has put it there takes it for a shop's."""
    return TenantVerdict(name, False, "no shop can have this name; it is 1 to 64 of letters, digits, '_', '.' and '-'")
