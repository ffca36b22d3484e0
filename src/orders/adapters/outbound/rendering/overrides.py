"""Shops' template overrides, which never prevent a mail or a document from being made.

The unit of rendering is a part (``order_confirmation/body.html``): it uses the shop's files where they exist and
packaged ones otherwise, in a process that can be killed. If that fails, the whole part is rendered again from packaged
templates only; other parts of the same mail keep their overrides.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import structlog

from orders.adapters.outbound.rendering.environment import language_tag
from orders.adapters.outbound.rendering.packaged import made_of, packaged_renderer
from orders.adapters.outbound.rendering.processes.process_lane import OutOfBounds, ProcessLane
from orders.adapters.outbound.rendering.processes.template_process import TEMPLATES, TemplateFault, TemplateJob
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import TEMPLATE_FALLBACKS
from orders.ports.metrics import Counters
from orders.ports.templates import ShopTemplate, TemplateStore, locale_folders
from orders.ports.tenants import TenantProfile

MAX_OUTPUT_CHARS = 2_000_000
"""A confirmation of 500 lines has 700,000."""

LEFT_ALONE_SECONDS = 600.0
"""A template that ran out of time or memory is not tried again so long, unless it changes."""

JOBS_PER_PROCESS = 2_000
START_SECONDS = 30.0

_log = structlog.get_logger(__name__)


class Cause(StrEnum):
    """Reasons for not using a shop's template."""

    BUCKET = "bucket"
    FILE = "file"
    TEMPLATE = "template"
    BOUNDS = "bounds"
    PROCESS = "process"
    DOCUMENT = "document"


class TemplateBroken(Exception):
    """A shop's template can't be used.

    Attributes:
        path: the part to render.
        template: path of the failing file: that part, or a file that it includes.
        place: storage location of the failing file; ``None`` if it is not the shop's.
    """

    def __init__(
        self,
        path: str,
        reason: str,
        *,
        cause: Cause,
        template: str | None = None,
        line: int | None = None,
        place: str | None = None,
    ) -> None:
        self.path = path
        self.template = template or path
        self.line = line
        self.place = place
        self.reason = reason
        self.cause = cause
        super().__init__(f"{self.template}{'' if line is None else f', line {line}'}: {reason}")

    @classmethod
    def in_document(cls, made_of: Sequence[ShopTemplate], reason: str) -> "TemplateBroken":
        """Creates the error for output of these files that can't be printed."""
        file = made_of[0]
        return cls(file.path, reason, cause=Cause.DOCUMENT, template=file.path, place=file.place)


@dataclass(frozen=True, slots=True)
class Wish:
    """A rendering request: template path, context, shop and language."""

    path: str
    context: Mapping[str, object] = field(repr=False)
    tenant: TenantProfile
    locale: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendering result.

    Attributes:
        made_of: the shop's files that contributed; empty for the packaged default.
    """

    text: str = field(repr=False)
    made_of: tuple[ShopTemplate, ...] = ()


class Templates(Protocol):
    """Renders parts with the best available templates."""

    async def render(self, wish: Wish) -> Rendered:
        """Renders the shop's override if it is usable, else the default. Raises: TemplateFailed."""
        ...

    def refused(self, wish: Wish, rendered: Rendered, reason: str, *, for_its_bounds: bool = False) -> None:
        """Reports that the output of a shop's override is unusable; the caller then uses the default."""
        ...


class PackagedTemplates:
    """``Templates`` without overrides."""

    async def render(self, wish: Wish) -> Rendered:
        """See ``Templates.render``."""
        return default(wish)

    def refused(self, wish: Wish, rendered: Rendered, reason: str, *, for_its_bounds: bool = False) -> None:
        """See ``Templates.refused``: there are no overrides."""


def default(wish: Wish) -> Rendered:
    """Renders the request from packaged templates. Raises: TemplateFailed: a bug in them."""
    renderer = packaged_renderer()
    return Rendered(renderer.render(wish.path, {**wish.context, "language": renderer.language_tag(wish.locale)}))


def template_lane(
    *, timeout_seconds: float, memory_limit_bytes: int | None
) -> ProcessLane[TemplateJob, str | TemplateFault]:
    """Creates the process lane for shops' templates with its limits of time and address space."""
    return ProcessLane(
        TEMPLATES,
        documents_per_process=JOBS_PER_PROCESS,
        memory_limit_bytes=memory_limit_bytes,
        timeout_seconds=timeout_seconds,
        start_seconds=START_SECONDS,
    )


class OverridableTemplates:
    """``Templates`` with shops' overrides, which fall back to the packaged ones."""

    def __init__(
        self,
        store: TemplateStore,
        counters: Counters,
        lane: ProcessLane[TemplateJob, str | TemplateFault],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """The lane's process starts with the first override to render; ``monotonic`` is in seconds."""
        self._store = store
        self._counters = counters
        self._lane = lane
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._left_alone: dict[tuple[str, ...], tuple[float, str]] = {}

    async def render(self, wish: Wish) -> Rendered:
        """See ``Templates.render``; a broken override is logged and counted."""
        try:
            own = await self.own(wish)
        except TemplateBroken as broken:
            self._complain(wish, broken)
        else:
            if own is not None:
                return own
        return await asyncio.to_thread(default, wish)

    async def own(self, wish: Wish) -> Rendered | None:
        """Renders the shop's override; ``None`` if it has none for this part. Raises: TemplateBroken."""
        templates = await self._store.of_tenant(wish.tenant.tenant_id)
        if templates.fault is not None:
            raise TemplateBroken(wish.path, templates.fault, cause=Cause.BUCKET)
        chosen = chosen_for(templates.files, wish.locale)
        taking_part = [chosen[path] for path in sorted(made_of(wish.path) & chosen.keys())]
        if not taking_part:
            return None
        for file in taking_part:
            if file.fault is not None:
                raise TemplateBroken(wish.path, file.fault, cause=Cause.FILE, template=file.path, place=file.place)
        usable = {path: file for path, file in chosen.items() if file.source is not None}
        text = await self._rendered(wish, usable, _language(taking_part, wish))
        return Rendered(text, tuple(taking_part))

    def refused(self, wish: Wish, rendered: Rendered, reason: str, *, for_its_bounds: bool = False) -> None:
        """See ``Templates.refused``."""
        if for_its_bounds:
            self._leave_alone(_identity(wish.path, rendered.made_of), reason)
        self._complain(wish, TemplateBroken.in_document(rendered.made_of, reason))

    async def close(self) -> None:
        """Stops the process."""
        await self._lane.close()

    async def _rendered(self, wish: Wish, usable: Mapping[str, ShopTemplate], language: str) -> str:
        identity = _identity(wish.path, usable.values())
        place = usable[wish.path].place if wish.path in usable else None
        self._check_left_alone(wish, identity, place)
        job = TemplateJob(
            path=wish.path,
            sources=tuple((path, file.source or "") for path, file in sorted(usable.items())),
            context={**wish.context, "language": language},
            max_output_chars=MAX_OUTPUT_CHARS,
        )
        try:
            async with self._turn:
                # A concurrent call may have found this out meanwhile.
                self._check_left_alone(wish, identity, place)
                await self._lane.warm_up()
                made = await self._lane.render(job)
        except OutOfBounds as error:
            self._leave_alone(identity, error.detail)
            raise TemplateBroken(wish.path, error.detail, cause=Cause.BOUNDS, place=place) from error
        except TransientPortError as error:
            raise TemplateBroken(wish.path, error.detail, cause=Cause.PROCESS, place=place) from error
        if isinstance(made, TemplateFault):
            at = usable.get(made.template)
            raise TemplateBroken(
                wish.path,
                made.reason,
                cause=Cause.TEMPLATE,
                template=made.template,
                line=made.line,
                place=place if at is None else at.place,
            )
        if not made.strip():
            raise TemplateBroken(wish.path, "it comes out empty", cause=Cause.TEMPLATE, place=place)
        return made

    def _check_left_alone(self, wish: Wish, identity: tuple[str, ...], place: str | None) -> None:
        until, why = self._left_alone.get(identity, (0.0, ""))
        if self._monotonic() < until:
            reason = f"{why}; not tried again until {LEFT_ALONE_SECONDS / 60:g} minutes after that, unless it changes"
            raise TemplateBroken(wish.path, reason, cause=Cause.BOUNDS, place=place)

    def _leave_alone(self, identity: tuple[str, ...], why: str) -> None:
        now = self._monotonic()
        self._left_alone = {each: kept for each, kept in self._left_alone.items() if kept[0] > now}
        self._left_alone[identity] = (now + LEFT_ALONE_SECONDS, why)

    def _complain(self, wish: Wish, broken: TemplateBroken) -> None:
        template, _, part = wish.path.partition("/")
        self._counters.count(TEMPLATE_FALLBACKS, template=template, part=part, cause=broken.cause)
        _log.warning(
            "a shop's template is broken, the default is used",
            tenant_id=wish.tenant.tenant_id,
            template=template,
            part=part,
            file=broken.place,
            at=broken.template,
            line=broken.line,
            cause=broken.cause,
            # Not as "reason", which is masked in logs, since it holds customers' words elsewhere.
            fault=broken.reason,
        )


def chosen_for(files: tuple[ShopTemplate, ...], locale: str) -> dict[str, ShopTemplate]:
    """Selects, for each path, the shop's file for a language."""
    found = {(file.locale, file.path): file for file in files}
    chosen: dict[str, ShopTemplate] = {}
    for folder in locale_folders(locale):
        for (at, path), file in found.items():
            if at == folder:
                chosen.setdefault(path, file)
    return chosen


def _language(taking_part: list[ShopTemplate], wish: Wish) -> str:
    """Returns the output's language tag: the requested one if the files are for it, else the shop's default."""
    folders = {file.locale.split("-")[0] for file in taking_part}
    wished = language_tag(wish.locale)
    if wished is not None and wished.split("-")[0].lower() in folders:
        return wished
    return language_tag(wish.tenant.locale) or packaged_renderer().language


def _identity(path: str, files: Iterable[ShopTemplate]) -> tuple[str, ...]:
    return (path, *sorted(f"{file.place} {file.etag}" for file in files))
