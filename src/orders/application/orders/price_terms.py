"""Determines the price rules for a caller's order, and whether the shop accepts it at all ([SEC-10])."""

from orders.application.policy.caller import Caller
from orders.application.policy.errors import ShopNotReady
from orders.domain.pricing.price_rules import STRICTEST, PriceRules
from orders.ports.tenants import TenantDirectory


class PriceTerms:
    """Determines what a caller may state about prices, taxes and shipping."""

    def __init__(self, tenants: TenantDirectory, *, prices_must_be_settled: bool = False) -> None:
        """Sets up the terms.

        Args:
            prices_must_be_settled: prices are not checked, so each shop has to declare that they need no check.
        """
        self._tenants = tenants
        self._must_be_settled = prices_must_be_settled

    async def rules(self, caller: Caller) -> PriceRules:
        """Returns the rules of the caller's shop; callers who act for it are bound by none, so its profile isn't read.

        Raises: TransientPortError.
        """
        if caller.acts_for_shop:
            return STRICTEST
        return (await self._tenants.profile(caller.tenant_id)).price_rules

    def check_ready(self, caller: Caller, rules: PriceRules) -> None:
        """Checks that the shop accepts prices of this caller: it has them checked, or declares that it need not.

        Raises: ShopNotReady.
        """
        if self._must_be_settled and not rules.as_ordered and not caller.acts_for_shop:
            raise ShopNotReady(caller.tenant_id)
