"""Which rules a caller's order has to keep about what things cost, and which shops take it at all ([SEC-10])."""

from orders.application.policy.caller import Caller
from orders.application.policy.errors import ShopNotReady
from orders.domain.pricing.price_rules import STRICTEST, PriceRules
from orders.ports.tenants import TenantDirectory


class PriceTerms:
    """Knows what a caller may say of prices, taxes and shipping."""

    def __init__(self, tenants: TenantDirectory, *, prices_must_be_settled: bool = False) -> None:
        """``prices_must_be_settled``: nobody checks prices, so each shop has to say that they need no check."""
        self._tenants = tenants
        self._must_be_settled = prices_must_be_settled

    async def rules(self, caller: Caller) -> PriceRules:
        """The rules of the caller's shop; nobody is asked about somebody who acts for it, whom none bind.

        Raises: TransientPortError.
        """
        if caller.acts_for_shop:
            return STRICTEST
        return (await self._tenants.profile(caller.tenant_id)).price_rules

    def check_ready(self, caller: Caller, rules: PriceRules) -> None:
        """Return when the shop takes prices of this caller: it has them checked, or says that it need not.

        Raises: ShopNotReady.
        """
        if self._must_be_settled and not rules.as_ordered and not caller.acts_for_shop:
            raise ShopNotReady(caller.tenant_id)
