"""Shops' profiles in memory. Contract: ports/tenants.py."""

from collections.abc import Callable, Iterable

from orders.ports.errors import TransientPortError
from orders.ports.tenants import TenantProfile


def _named_after_id(tenant_id: str) -> TenantProfile:
    return TenantProfile(tenant_id=tenant_id, name=tenant_id)


class MemoryTenantDirectory:
    """``TenantDirectory`` in memory: ``profiles`` by tenant; set ``reachable`` to false for an outage."""

    def __init__(
        self,
        profiles: Iterable[TenantProfile] = (),
        default: Callable[[str], TenantProfile] = _named_after_id,
    ) -> None:
        self.profiles = {profile.tenant_id: profile for profile in profiles}
        self.reachable = True
        self._default = default

    async def profile(self, tenant_id: str) -> TenantProfile:
        """See ``TenantDirectory.profile``."""
        if not self.reachable:
            raise TransientPortError("templates bucket", "out of reach")
        return self.profiles.get(tenant_id) or self._default(tenant_id)
