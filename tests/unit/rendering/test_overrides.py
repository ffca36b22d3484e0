"""Shops' own templates: whatever is wrong with them, mails and documents are made, and operators can see why not so."""

import asyncio
import os
import signal
from collections.abc import Iterator
from io import BytesIO
from typing import Any, TypeAlias

import pytest
from pypdf import PdfReader
from structlog.testing import capture_logs

from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.template_store import MemoryTemplateStore
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.rendering.overrides import (
    LEFT_ALONE_SECONDS,
    OverridableTemplates,
    template_lane,
)
from orders.adapters.outbound.rendering.packaged import made_of
from orders.adapters.outbound.rendering.pdf.renderer import PDFS, PdfRenderer
from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import PdfJob, PrintedPdf
from orders.adapters.outbound.rendering.processes.process_lane import OutOfBounds, ProcessDied, ProcessLane
from orders.adapters.outbound.rendering.processes.template_process import TemplateFault, TemplateJob
from orders.domain.order import Order
from orders.ports.errors import TransientPortError
from orders.ports.mail import MailContent, MailTemplate
from orders.ports.metric_catalogue import TEMPLATE_FALLBACKS
from orders.ports.tenants import TenantProfile
from tests.support.builders import a_tenant, an_order

Lane: TypeAlias = ProcessLane[TemplateJob, str | TemplateFault]

SUBJECT = "order_confirmation/subject.txt"
TEXT = "order_confirmation/body.txt"
HTML = "order_confirmation/body.html"
DOCUMENT = "order_document/document.html"

ENDLESS = (
    "{% set x = 'ab' %}{% for a in order.addresses %}"
    + "{% set x = x ~ x %}" * 21
    + "{{ x | upper | lower }}" * 4000
    + "{% endfor %}"
)
"""Copies of four million characters, thousands of times over: no step of it is counted before the first output."""


class Shop:
    """A shop whose templates a test writes, and what mails are made of them."""

    def __init__(self, lane: Lane) -> None:
        self.store = MemoryTemplateStore()
        self.counters = MemoryMetrics()
        self.seconds = 0.0
        self.lane = lane
        self.templates = OverridableTemplates(self.store, self.counters, lane, monotonic=lambda: self.seconds)
        self.logs: list[Any] = []

    def put(self, path: str, source: str, *, locale: str = "default", tenant: str = "tenant_a") -> None:
        self.store.put(tenant, path, source, locale=locale)

    async def confirmation(self, order: Order | None = None, tenant: TenantProfile | None = None) -> MailContent:
        with capture_logs() as logs:
            content = await JinjaMailComposer(self.templates).compose(
                MailTemplate.ORDER_CONFIRMATION, order or an_order(), tenant or a_tenant()
            )
        self.logs = [each for each in logs if each["log_level"] == "warning"]
        return content

    def fallbacks(self, **labels: str) -> float:
        return self.counters.of(TEMPLATE_FALLBACKS, **labels)


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    """A process that the tests share, each of which takes it over in whatever state another has left it."""
    lane = template_lane(timeout_seconds=60, memory_limit_bytes=256 * 1024 * 1024)
    yield lane
    asyncio.run(lane.close())


@pytest.fixture
def shop(lane: Lane) -> Shop:
    return Shop(lane)


@pytest.fixture
def hasty(lane: Lane) -> Iterator[Shop]:
    """A shop whose templates have little time."""
    lane._timeout_seconds = 0.3
    yield Shop(lane)
    lane._timeout_seconds = 60


async def the_default() -> MailContent:
    return await JinjaMailComposer().compose(MailTemplate.ORDER_CONFIRMATION, an_order(), a_tenant())


async def test_each_part_is_replaced_on_its_own_and_escaped(shop: Shop) -> None:
    shop.put(HTML, "<p>{{ shop.name }}: {{ order.number }}</p>")
    content, default = await shop.confirmation(), await the_default()
    assert content.html == f"<p>Harbour &amp; Sons: {an_order().order_number}</p>"
    assert (content.subject, content.text) == (default.subject, default.text)
    assert shop.fallbacks() == 0
    assert shop.logs == []


async def test_language_goes_before_the_shops_default_and_that_before_the_packaged(shop: Shop) -> None:
    shop.put(SUBJECT, "default {{ language }}")
    shop.put(SUBJECT, "af {{ language }}", locale="af")
    shop.put(SUBJECT, "en-ZA {{ language }}", locale="en-ZA")
    subjects = [
        (await shop.confirmation(an_order(locale=locale))).subject for locale in ("en-ZA", "af-NA", "af", "fr", "en")
    ]
    assert subjects == ["en-ZA en-ZA", "af af-NA", "af af", "default en", "default en"]
    assert (await shop.confirmation(tenant=a_tenant(tenant_id="tenant_b"))).subject == (await the_default()).subject


async def test_a_shared_file_changes_all_that_is_made_of_it(shop: Shop) -> None:
    shop.put("shared/layout.html", "<main>{% block content %}{% endblock %}</main>{% include 'shared/claim.html' %}")
    shop.put("shared/claim.html", "<p>Roasted on Tuesdays</p>")
    content = await shop.confirmation()
    assert content.html.startswith("<main>")
    assert content.html.endswith("<p>Roasted on Tuesdays</p>")
    assert "Thank you for your order" in content.html
    assert content.text == (await the_default()).text


def test_what_a_part_is_made_of() -> None:
    assert made_of(HTML) == {HTML, "shared/layout.html", "shared/parts.html"}
    assert made_of(DOCUMENT) == {DOCUMENT, "order_document/document.css"}
    assert made_of(SUBJECT) == {SUBJECT}


BROKEN: dict[str, tuple[str, int | None, str]] = {
    "syntax": ("<p>\n{% if %}", 2, "Expected an expression, got 'end of statement block'"),
    "missing": ("\n\n{% include 'shared/missing.html' %}", 3, "there is no template shared/missing.html"),
    "undefined": ("{{ order.number }}\n{{ order.nummer }}", 2, "'order' has no attribute 'nummer'"),
    "empty": ("{# nothing #}\n", None, "it comes out empty"),
    "steps": ("{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}", None, "it calls itself without end"),
    "output": ("{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 21 + "{{ x }}", None, "more than 2000000 characters"),
    "unsafe": ("{{ order.__class__ }}", None, "SecurityError"),
}


@pytest.mark.parametrize(("source", "line", "why"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_template_is_told_of_and_the_default_used(
    shop: Shop, source: str, line: int | None, why: str
) -> None:
    shop.put(HTML, source)
    assert await shop.confirmation() == await the_default()
    assert shop.fallbacks(template="order_confirmation", part="body.html", cause="template") == 1
    (log,) = shop.logs
    assert (log["tenant_id"], log["template"], log["part"]) == ("tenant_a", "order_confirmation", "body.html")
    assert log["file"] == f"tenants/tenant_a/templates/default/{HTML}"
    assert why in log["fault"]
    if line is not None:
        assert log["line"] == line


async def test_a_broken_shared_file_is_found_where_it_is_broken(shop: Shop) -> None:
    shop.put("shared/parts.txt", "{% macro letterhead() %}\n{{ nothing }}\n{% endmacro %}")
    content = await shop.confirmation()
    assert content == await the_default()
    (log,) = shop.logs
    assert (log["part"], log["at"], log["line"]) == ("body.txt", "shared/parts.txt", 2)
    assert log["file"] == "tenants/tenant_a/templates/default/shared/parts.txt"


@pytest.mark.parametrize("part", [SUBJECT, TEXT, HTML])
async def test_a_file_that_cannot_be_had_leaves_the_default(shop: Shop, part: str) -> None:
    shop.store.put_fault("tenant_a", part, "it has 10485760 bytes; a template has 262144 at most")
    assert await shop.confirmation() == await the_default()
    assert shop.fallbacks(cause="file") == 1
    assert "10485760 bytes" in shop.logs[0]["fault"]


async def test_without_the_bucket_every_part_is_the_default(shop: Shop) -> None:
    shop.put(SUBJECT, "never seen")
    shop.store.reachable = False
    assert await shop.confirmation() == await the_default()
    assert shop.fallbacks(cause="bucket") == 3


async def test_an_endless_one_is_ended_while_others_go_on_and_then_left_alone_until_it_changes(hasty: Shop) -> None:
    hasty.put(TEXT, ENDLESS)
    others = asyncio.create_task(_turns_of_the_loop(during := asyncio.Event()))
    assert await hasty.confirmation() == await the_default()
    during.set()
    assert await others > 10
    assert hasty.lane.process_id is None
    assert "longer than 0.3 s" in hasty.logs[0]["fault"]
    assert hasty.fallbacks(cause="bounds", part="body.txt") == 1

    assert await hasty.confirmation() == await the_default()
    assert hasty.lane.process_id is None  # none is started for it any more
    assert "not tried again" in hasty.logs[0]["fault"]

    hasty.lane._timeout_seconds = 60
    hasty.put(TEXT, "Mended, {{ order.number }}")
    assert (await hasty.confirmation()).text.startswith("Mended")


async def test_one_left_alone_is_tried_again_after_a_while(hasty: Shop) -> None:
    hasty.put(TEXT, ENDLESS)
    await hasty.confirmation()
    hasty.seconds = LEFT_ALONE_SECONDS + 1
    await hasty.confirmation()
    assert "not tried again" not in hasty.logs[0]["fault"]
    assert hasty.fallbacks(cause="bounds") == 2


async def test_memory_is_bounded(shop: Shop) -> None:
    shop.put(TEXT, "{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 40)
    assert await shop.confirmation() == await the_default()
    assert "more memory" in shop.logs[0]["fault"]
    shop.put(TEXT, "{{ order.number }}")
    assert (await shop.confirmation()).text.strip() == an_order().order_number


async def test_a_process_that_was_killed_is_replaced(shop: Shop) -> None:
    shop.put(SUBJECT, "Own {{ order.number }}")
    await shop.confirmation()
    process = shop.lane.process_id
    assert process is not None
    os.kill(process, signal.SIGKILL)
    subjects = [(await shop.confirmation()).subject for _ in range(2)]
    assert subjects[1] == f"Own {an_order().order_number}"
    assert shop.lane.process_id not in {process, None}


async def test_without_templates_of_its_own_no_process_is_started() -> None:
    shop = Shop(template_lane(timeout_seconds=1, memory_limit_bytes=None))
    await shop.confirmation()
    assert shop.lane.process_id is None


async def test_a_document_of_the_shops_own_is_the_same_each_time_and_fetches_nothing(
    shop: Shop, renderer: PdfRenderer
) -> None:
    shop.put(DOCUMENT, f"{_HEAD}<h1>Invoice {{{{ order.number }}}}</h1><img src='https://x.example/a.png' alt=picture>")
    first = await renderer.render(an_order(), a_tenant())
    page = PdfReader(BytesIO(first)).pages[0]
    assert f"Invoice {an_order().order_number}" in page.extract_text()
    assert await renderer.render(an_order(), a_tenant()) == first
    assert shop.fallbacks() == 0


async def test_a_document_that_cannot_be_printed_is_printed_of_the_default(shop: Shop, renderer: PdfRenderer) -> None:
    default = await renderer.render(an_order(), a_tenant())
    shop.put(DOCUMENT, _HEAD + "<div>" * 1000)
    assert await renderer.render(an_order(), a_tenant()) == default
    assert shop.fallbacks(template="order_document", cause="document") == 1


@pytest.mark.parametrize(
    ("how", "attempts"),
    [
        (OutOfBounds("document renderer", "a document took longer than 60 s"), 1),
        (ProcessDied("document renderer", "the process was killed"), 2),
    ],
)
async def test_one_that_takes_its_process_with_it_is_printed_of_the_default_and_left_alone(
    shop: Shop, renderer: PdfRenderer, how: TransientPortError, attempts: int
) -> None:
    default = await renderer.render(an_order(), a_tenant())
    lane = renderer._lanes[0] = Ending(renderer._lanes[0], marked="pathological", how=how)
    renderer._idle.get_nowait()
    renderer._idle.put_nowait(lane)
    shop.put(DOCUMENT, _HEAD + "pathological")
    assert await renderer.render(an_order(), a_tenant()) == default
    assert lane.ended == attempts
    assert await renderer.render(an_order(), a_tenant()) == default
    assert lane.ended == attempts
    assert shop.fallbacks(cause="document") == 1
    assert shop.fallbacks(cause="bounds") == 1


class Ending(ProcessLane[PdfJob, PrintedPdf]):
    """A lane that is ended by documents that are marked."""

    def __init__(self, lane: ProcessLane[PdfJob, PrintedPdf], *, marked: str, how: TransientPortError) -> None:
        self._inner = lane
        self._marked = marked
        self._how = how
        self.ended = 0

    async def render(self, job: PdfJob) -> PrintedPdf:
        if self._marked in job.html:
            self.ended += 1
            raise self._how
        return await self._inner.render(job)

    async def close(self) -> None:
        await self._inner.close()


@pytest.fixture
async def renderer(shop: Shop, pdf_lane: ProcessLane[PdfJob, PrintedPdf]) -> PdfRenderer:
    made = PdfRenderer(processes=0, templates=shop.templates)
    made._lanes.append(pdf_lane)
    made._idle.put_nowait(pdf_lane)
    return made


@pytest.fixture(scope="module")
def pdf_lane() -> Iterator[ProcessLane[PdfJob, PrintedPdf]]:
    lane = ProcessLane(PDFS, documents_per_process=100, memory_limit_bytes=None, timeout_seconds=120)
    yield lane
    asyncio.run(lane.close())


_HEAD = "<!doctype html><html lang=en><title>x</title>"


async def _turns_of_the_loop(over: asyncio.Event) -> int:
    turns = 0
    while not over.is_set():
        await asyncio.sleep(0.005)
        turns += 1
    return turns
