"""Templates of shops' own, which take the place of packaged ones ([PIPE-8])."""

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
    """A file that a shop has put in place of a packaged one, or beside them for its own to include.

    Attributes:
        locale: what it is for: a language tag in small letters such as ``en-za`` or ``en``, or ``DEFAULT_LOCALE``.
        path: as packaged, such as ``order_confirmation/body.html``.
        place: where it lies, for people.
        etag: another one, another content.
        source: its text; ``None`` where ``fault`` says why it can't be had.
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
    """All templates of one shop; ``fault`` says why nobody knows whether there are any."""

    files: tuple[ShopTemplate, ...] = ()
    fault: str | None = None


NONE = ShopTemplates()


class TemplateStore(Protocol):
    """Knows the shops' templates."""

    async def of_tenant(self, tenant_id: str) -> ShopTemplates:
        """All templates of a shop. Never fails: what can't be read is a fault in what is returned.

        While the store is out of reach, what was there before holds.
        """
        ...


class Part(StrEnum):
    """What a template makes, each on its own."""

    SUBJECT = "subject"
    TEXT = "text"
    HTML = "html"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class TemplateTrouble:
    """What is wrong with a shop's template, for the one who is to mend it; says nothing of any order.

    Attributes:
        template: the path of what is at fault.
        line: where in it, as far as that is known.
        place: where the file at fault lies; ``None`` where it is no file of the shop's.
        source: its text, if it could be read.
    """

    template: str
    line: int | None
    reason: str
    place: str | None = None
    source: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """One part of a template as a shop gets it.

    Attributes:
        content: what came of it; ``None`` where ``trouble`` says why nothing did.
        made_of: the shop's files that it is made of; none where it is the default.
    """

    template: str
    part: Part
    locale: str
    content: bytes | None = field(default=None, repr=False)
    made_of: tuple[ShopTemplate, ...] = ()
    trouble: TemplateTrouble | None = None


class TemplatePreviews(Protocol):
    """Renders templates to be looked at: as mails and documents do, but a broken one is told of and not replaced."""

    @property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """The templates there are, and what each makes."""
        ...

    def path(self, template: str, part: Part) -> str:
        """The path of a part, which is also that of a shop's own in its folder."""
        ...

    def takes_part(self, path: str) -> frozenset[str]:
        """The packaged files that a part is made of, itself included: whose place a shop's own can take."""
        ...

    async def preview(self, template: str, part: Part, order: Order, tenant: TenantProfile, locale: str) -> Preview:
        """One part for an order.

        Raises:
            RenderingFailed: a packaged template is broken, or the order has nothing that the template could tell of.
            TransientPortError: no PDF can be made at the moment.
        """
        ...


def locale_folder(locale: str) -> str:
    """The folder for a language tag: ``en-za`` for ``en_ZA``."""
    return locale.replace("_", "-").lower()


def locale_folders(locale: str) -> tuple[str, ...]:
    """Where to look for a language tag's templates, the first that has one wins: ``en-za``, ``en``, ``default``."""
    parts = locale_folder(locale).split("-")
    return (*("-".join(parts[:count]) for count in range(len(parts), 0, -1)), DEFAULT_LOCALE)
