"""Shops' custom templates in memory. Contract: ports/templates.py."""

from hashlib import sha256

from orders.ports.templates import ShopTemplate, ShopTemplates, locale_folder


class MemoryTemplateStore:
    """``TemplateStore`` in a dictionary; set ``reachable`` to false for an outage with nothing cached yet."""

    def __init__(self) -> None:
        self.reachable = True
        self._files: dict[tuple[str, str, str], ShopTemplate] = {}

    def put(self, tenant_id: str, path: str, source: str, *, locale: str = "default") -> None:
        """Adds a template."""
        folder = locale_folder(locale)
        self._files[tenant_id, folder, path] = ShopTemplate(
            locale=folder,
            path=path,
            place=f"tenants/{tenant_id}/templates/{folder}/{path}",
            etag=sha256(source.encode()).hexdigest()[:12],
            size_bytes=len(source.encode()),
            source=source,
        )

    def put_fault(self, tenant_id: str, path: str, fault: str) -> None:
        """Adds an unusable template."""
        place = f"tenants/{tenant_id}/templates/default/{path}"
        self._files[tenant_id, "default", path] = ShopTemplate("default", path, place, fault, 0, fault=fault)

    def remove(self, tenant_id: str, path: str, *, locale: str = "default") -> None:
        """Removes a template."""
        del self._files[tenant_id, locale_folder(locale), path]

    async def of_tenant(self, tenant_id: str) -> ShopTemplates:
        """See ``TemplateStore.of_tenant``."""
        if not self.reachable:
            return ShopTemplates(fault="out of reach")
        return ShopTemplates(tuple(file for (tenant, _, _), file in self._files.items() if tenant == tenant_id))
