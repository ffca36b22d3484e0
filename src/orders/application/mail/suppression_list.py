"""Use cases of operators: lists a shop's suppressed addresses, and removes one ([PIPE-10])."""

from collections.abc import Sequence

from orders.application.policy.errors import ApplicationError
from orders.ports.clock import Clock
from orders.ports.errors import PassedOver
from orders.ports.mail import recipient_hash
from orders.ports.suppressions import Suppression, Suppressions


class NotSuppressed(ApplicationError):
    """The address is not on the shop's list."""

    def __init__(self, tenant_id: str) -> None:
        super().__init__(f"shop {tenant_id} has no such suppressed address; `orders suppressions list` has them all")


class SuppressionList:
    """A shop's suppressed addresses, stored as hashes: an operator who knows an address can look it up."""

    def __init__(self, suppressions: Suppressions, clock: Clock) -> None:
        self._suppressions = suppressions
        self._clock = clock

    async def list(
        self,
        tenant_id: str,
        *,
        address: str | None = None,
        after: str | None = None,
        limit: int = 100,
        passed_over: PassedOver | None = None,
    ) -> Sequence[Suppression]:
        """Returns a shop's suppressions by hash, behind ``after``; with an address only that one, if present.

        Raises: TransientPortError; UnreadableItem: an entry is unreadable and ``passed_over`` was not given.
        """
        if address is None:
            return await self._suppressions.of_tenant(tenant_id, after=after, limit=limit, passed_over=passed_over)
        found = await self._suppressions.find(tenant_id, recipient_hash(address.strip()))
        return [] if found is None else [found]

    async def remove(self, tenant_id: str, hashed: str, *, dry_run: bool = False) -> None:
        """Removes an address, so that the shop mails it again; with ``dry_run`` only looks whether it could.

        Raises: NotSuppressed, TransientPortError; UnreadableItem: with ``dry_run``, its entry is unreadable.
        """
        if dry_run:
            if await self._suppressions.find(tenant_id, hashed) is None:
                raise NotSuppressed(tenant_id)
            return
        if not await self._suppressions.remove(tenant_id, hashed, at=self._clock.now()):
            raise NotSuppressed(tenant_id)
