"""Previews of templates: rendered as for mails and documents, with every error reported."""

from collections.abc import Mapping
from types import MappingProxyType

from orders.adapters.outbound.rendering.mail_composer import HTML, SUBJECT, TEXT, header_line, mail_context
from orders.adapters.outbound.rendering.overrides import OverridableTemplates, Rendered, TemplateBroken, Wish, default
from orders.adapters.outbound.rendering.packaged import made_of
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.adapters.outbound.rendering.processes.process_lane import OutOfBounds, ProcessDied
from orders.adapters.outbound.rendering.text_columns import tidy
from orders.domain.order import Order
from orders.ports.errors import RenderingFailed
from orders.ports.mail import MailTemplate
from orders.ports.templates import Part, Preview, ShopTemplate, TemplateStore, TemplateTrouble
from orders.ports.tenants import TenantProfile

_DOCUMENT_TEMPLATE = DOCUMENT.partition("/")[0]
_FILES = MappingProxyType(
    {Part.SUBJECT: SUBJECT, Part.TEXT: TEXT, Part.HTML: HTML, Part.PDF: DOCUMENT.partition("/")[2]}
)
_MAIL_PARTS = (Part.SUBJECT, Part.TEXT, Part.HTML)
PARTS: Mapping[str, tuple[Part, ...]] = MappingProxyType(
    {str(template): _MAIL_PARTS for template in MailTemplate} | {_DOCUMENT_TEMPLATE: (Part.PDF,)}
)
"""What each packaged template makes."""


class JinjaPreviews:
    """``TemplatePreviews`` with the renderers of mails and documents."""

    def __init__(self, templates: OverridableTemplates, store: TemplateStore, pdfs: PdfRenderer) -> None:
        self._templates = templates
        self._store = store
        self._pdfs = pdfs

    @property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """See ``TemplatePreviews.parts``."""
        return PARTS

    def path(self, template: str, part: Part) -> str:
        """See ``TemplatePreviews.path``."""
        return f"{template}/{_FILES[part]}"

    def takes_part(self, path: str) -> frozenset[str]:
        """See ``TemplatePreviews.takes_part``."""
        return made_of(path)

    async def preview(self, template: str, part: Part, order: Order, tenant: TenantProfile, locale: str) -> Preview:
        """See ``TemplatePreviews.preview``."""
        context = await self._context(template, part, order, tenant, locale)
        wish = Wish(self.path(template, part), context, tenant, locale)
        try:
            rendered = await self._templates.own(wish) or default(wish)
            content = await self._finished(part, rendered, order, tenant)
        except TemplateBroken as broken:
            return Preview(template, part, locale, trouble=await self._trouble(broken, tenant))
        return Preview(template, part, locale, content, rendered.made_of)

    async def _context(
        self, template: str, part: Part, order: Order, tenant: TenantProfile, locale: str
    ) -> dict[str, object]:
        if part is Part.PDF:
            return document_context(order, tenant)
        context = mail_context(MailTemplate(template), order, tenant)
        if part is not Part.SUBJECT:
            wish = Wish(self.path(template, Part.SUBJECT), dict(context), tenant, locale)
            context["subject"] = header_line((await self._templates.render(wish)).text)
        return context

    async def _finished(self, part: Part, rendered: Rendered, order: Order, tenant: TenantProfile) -> bytes:
        """Prints or checks one part. Raises: TemplateBroken: a shop's override is; RenderingFailed,
        TransientPortError.
        """
        if part is Part.SUBJECT:
            return header_line(rendered.text).encode()
        if part is Part.TEXT:
            return tidy(rendered.text).encode()
        if part is Part.HTML:
            return rendered.text.encode()
        try:
            return await self._pdfs.printed(order, tenant, rendered.text)
        except (RenderingFailed, OutOfBounds, ProcessDied) as error:
            if not rendered.made_of:
                raise
            raise TemplateBroken.in_document(rendered.made_of, error.detail) from error

    async def _trouble(self, broken: TemplateBroken, tenant: TenantProfile) -> TemplateTrouble:
        files: tuple[ShopTemplate, ...] = (await self._store.of_tenant(tenant.tenant_id)).files
        source = next((file.source for file in files if file.place == broken.place), None)
        return TemplateTrouble(broken.template, broken.line, broken.reason, broken.place, source)
