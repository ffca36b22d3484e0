"""Finds the price rules that bind a caller's order, and refuses orders of shops without settled prices ([SEC-10])."""

from orders.application.policy.caller import Caller
from orders.application.policy.errors import ShopNotReady
from orders.domain.pricing.price_rules import STRICTEST, PriceRules
from orders.ports.tenants import TenantDirectory


class PriceTerms:
    """Looks up the shop's rules for prices, taxes and shipping."""

    def __init__(self, tenants: TenantDirectory, *, prices_must_be_settled: bool = False) -> None:
        """Sets the tenants' directory.

        Args:
            prices_must_be_settled: no service checks prices, so each shop must declare that they need no check.
        """
        self._tenants = tenants
        self._must_be_settled = prices_must_be_settled

    async def rules(self, caller: Caller) -> PriceRules:
        """Returns the rules of the caller's shop, without a look-up for a caller who acts for it: none bind them.

        Raises: TransientPortError.
        """
        if caller.acts_for_shop:
            return STRICTEST
        return (await self._tenants.profile(caller.tenant_id)).price_rules

    def check_ready(self, caller: Caller, rules: PriceRules) -> None:
        """Checks that the shop takes this caller's prices: they are checked, or the shop takes them as ordered.

        Raises: ShopNotReady.
        """
        if self._must_be_settled and not rules.as_ordered and not caller.acts_for_shop:
            raise ShopNotReady(caller.tenant_id)
