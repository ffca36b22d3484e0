"""Shops' custom templates, which override the packaged ones ([PIPE-8])."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from orders.domain.order import Order
from orders.ports.tenants import TenantProfile

DEFAULT_LOCALE = "default"
"""The folder of templates that are for every language."""


@dataclass(frozen=True, slots=True)
class ShopTemplate:
    """A shop's template file that overrides a packaged one, or that its other templates include.

    Attributes:
        locale: a lower-case language tag such as ``en-za`` or ``en``, or ``DEFAULT_LOCALE``.
        path: as packaged, such as ``order_confirmation/body.html``.
        place: its storage location, for people.
        etag: changes with the content.
        source: its text; ``None`` if ``fault`` says why it is unavailable.
    """

    locale: str
    path: str
    place: str
    etag: str
    size_bytes: int
    source: str | None = field(default=None, repr=False)
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ShopTemplates:
    """All custom templates of one shop; ``fault`` says why it is unknown which there are."""

    files: tuple[ShopTemplate, ...] = ()
    fault: str | None = None


NONE = ShopTemplates()


class TemplateStore(Protocol):
    """Reads the shops' templates."""

    async def of_tenant(self, tenant_id: str) -> ShopTemplates:
        """Returns all templates of a shop. Never raises: failures are faults in the result.

        While the store is unreachable, the previous result stays in effect.
        """
        ...


class Part(StrEnum):
    """The parts a template consists of, each rendered separately."""

    SUBJECT = "subject"
    TEXT = "text"
    HTML = "html"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class TemplateTrouble:
    """An error in a shop's template, for the shop to correct; holds no order data.

    Attributes:
        template: path of the failing file.
        line: line number in it, if known.
        place: storage location of the failing file; ``None`` if it is not the shop's.
        source: its text, if it could be read.
    """

    template: str
    line: int | None
    reason: str
    place: str | None = None
    source: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """One rendered part of a template as a shop receives it.

    Attributes:
        content: the result; ``None`` if ``trouble`` says why there is none.
        made_of: the shop's files that contributed; empty for the packaged default.
    """

    template: str
    part: Part
    locale: str
    content: bytes | None = field(default=None, repr=False)
    made_of: tuple[ShopTemplate, ...] = ()
    trouble: TemplateTrouble | None = None


class TemplatePreviews(Protocol):
    """Renders templates for preview, as for mails and documents, but reports a broken one instead of falling back."""

    @property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """The existing templates, and the parts of each."""
        ...

    def path(self, template: str, part: Part) -> str:
        """Returns the path of a part, which is also that of a shop's override in its folder."""
        ...

    def takes_part(self, path: str) -> frozenset[str]:
        """Returns the packaged files that a part is made of, itself included; a shop can override each."""
        ...

    async def preview(self, template: str, part: Part, order: Order, tenant: TenantProfile, locale: str) -> Preview:
        """Renders one part for an order.

        Raises:
            RenderingFailed: a packaged template is broken, or the order lacks what the template is about.
            TransientPortError: PDFs can't be rendered at the moment.
        """
        ...


def locale_folder(locale: str) -> str:
    """Returns the folder for a language tag: ``en-za`` for ``en_ZA``."""
    return locale.replace("_", "-").lower()


def locale_folders(locale: str) -> tuple[str, ...]:
    """Returns the folders to search for a language tag, first match wins: ``en-za``, ``en``, ``default``."""
    parts = locale_folder(locale).split("-")
    return (*("-".join(parts[:count]) for count in range(len(parts), 0, -1)), DEFAULT_LOCALE)
