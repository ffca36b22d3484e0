"""Renders HTML as PDF/A-3a with WeasyPrint; runs only inside the renderer's processes.

WeasyPrint and its libraries are imported by functions, never by the module, so that the service's own process can name
these functions without loading them.
"""

import gc
import logging
import os
import re
import signal
import warnings
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher


@dataclass(frozen=True, slots=True)
class PdfJob:
    """A document to render.

    Attributes:
        html: complete, with its style sheet; its ``lang`` and ``title`` become the document's.
        dated: UTC; creation and modification time of document and attachment.
        identifier: 32 hexadecimal digits derived from the content.
        attachment: the content as JSON, embedded under ``attachment_name``.
    """

    html: str = field(repr=False)
    dated: datetime
    identifier: bytes
    attachment_name: str
    attachment: bytes = field(repr=False)


NICENESS = 10
"""Added to the priority of rendering processes: requests on the same processor go first."""

_WARMING = """<!doctype html><html lang="en"><title>Warm</title>
<style>html { font-family: Inter, Placeholder } th { font-weight: 600 } p { float: left }</style>
<h1>Warm</h1><p>1</p><table><thead><tr><th>A</th></tr></thead><tr><td>1</td></tr></table>"""
"""Something of all that an order's document has: floats, a table, two weights of the font."""


@dataclass(frozen=True, slots=True)
class PrintedPdf:
    """A rendered document.

    Attributes:
        blocks_in_boxes: the Unicode blocks of characters that no packaged font has, printed as boxes.
        peak_memory_bytes: the most memory that the process has held since it began; ``None`` if its system doesn't say.
    """

    content: bytes = field(repr=False)
    blocks_in_boxes: tuple[str, ...] = ()
    peak_memory_bytes: int | None = field(default=None, compare=False)


class ContentFault(Exception):
    """The document can't be rendered from this content; says where WeasyPrint failed, and nothing of the content."""


def prepare_process(memory_limit_bytes: int | None) -> None:
    """Prepares this process for rendering: limits memory, ignores Ctrl-C, silences output, hides other fonts.

    Only the packaged fonts are visible, so that documents don't depend on the machine.
    """
    if memory_limit_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    # Ctrl-C reaches the whole process group; the service's own process decides when to stop a rendering.
    # Lower priority than processes that serve requests on the same CPU.
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # WeasyPrint's warnings quote text, which can be personal data.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    os.environ["FONTCONFIG_FILE"] = str(fonts_folder() / "fonts.conf")


def fonts_folder() -> Path:
    """Returns the folder of the packaged fonts and their Fontconfig configuration: real files, as C libraries need."""
    return Path(str(files("orders") / "templates" / "fonts"))


def warm_process() -> None:
    """Loads everything and renders a sample, so that the first document doesn't wait for that.

    Raises: ImportError, OSError: WeasyPrint or a library that it needs is not installed.
    """
    from orders.adapters.outbound.rendering.pdf.style_sheet import parse_all

    parse_all(_nothing_but_data())
    for html in (_WARMING, _WARMING + "\ue000"):  # a character that no packaged font has loads further code
        render_pdf(PdfJob(html, datetime(2000, 1, 1, tzinfo=UTC), b"warm", "warm.json", b"{}"))
    # Loaded objects are permanent: collecting them again and again would take a third of each document's time.
    gc.collect()
    gc.freeze()


def render_in_worker(job: PdfJob) -> PrintedPdf:
    """Calls ``render_pdf`` in a worker process and turns every error of the content into a ContentFault.

    Raises:
        ContentFault: this content can't be rendered.
        MemoryError, OSError: the machine lacks resources.
        ImportError, OSError: WeasyPrint or a library that it needs is not installed.
    """
    import weasyprint  # noqa: F401 - its absence is no fault of the content

    gc.disable()
    try:
        return replace(render_pdf(job), peak_memory_bytes=_peak_memory_bytes())
    except (MemoryError, OSError):
        # No memory, no temporary folder: another process may succeed, or this one later.
        raise
    except Exception as error:  # noqa: BLE001 - WeasyPrint has no error of its own for what it can't do
        raise ContentFault(_whereabouts(error)) from None
    finally:
        # A document is a few hundred thousand objects that all become garbage at once.
        gc.enable()
        gc.collect()


def render_pdf(job: PdfJob) -> PrintedPdf:
    """Renders the document as PDF/A-3a that is also PDF/UA-1; deterministic for the same job.

    Needs a process that ``prepare_process`` has prepared.
    """
    import weasyprint

    from orders.adapters.outbound.rendering.pdf.finishing import finish
    from orders.adapters.outbound.rendering.pdf.placeholder_font import blocks_of, missing_glyphs, placeholder_style
    from orders.adapters.outbound.rendering.pdf.style_sheet import Page

    fonts = _packaged_fonts()
    fetcher = _nothing_but_data()
    page = Page(job.html, fetcher)
    styles = [page.sheet.rules] if page.sheet else []
    counter_styles = page.sheet.counter_styles.copy() if page.sheet else None
    missing = missing_glyphs(job.html, fonts_folder())
    if style := placeholder_style(job.html, missing):
        # Fonts can be added to a configuration, but not taken out again.
        fonts = _packaged_fonts.__wrapped__()
        styles.append(weasyprint.CSS(string=style, font_config=fonts, url_fetcher=fetcher))
    document = page.render(font_config=fonts, counter_style=counter_styles, stylesheets=styles, pdf_variant="pdf/a-3a")
    stamp = job.dated.strftime("%Y-%m-%dT%H:%M:%SZ")
    document.metadata.created = stamp
    document.metadata.modified = stamp
    attachment = weasyprint.Attachment(
        string=job.attachment,
        name=job.attachment_name,
        description="The order's content as JSON",
        created=job.dated,
        modified=job.dated,
        relationship="Source",
        url_fetcher=fetcher,
    )
    made = document.write_pdf(
        finisher=finish, pdf_variant="pdf/a-3a", pdf_identifier=job.identifier, attachments=[attachment]
    )
    assert isinstance(made, bytes)
    return PrintedPdf(made, blocks_of(missing) if missing else ())


def _peak_memory_bytes() -> int | None:
    """Returns this process's largest resident set, as Linux tells it; ``None`` on other systems.

    Not ``getrusage``'s: that one begins with what the parent process held when it started this one.
    """
    try:
        status = Path("/proc/self/status").read_bytes()
    except FileNotFoundError:
        return None
    kibibytes = re.search(rb"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return None if kibibytes is None else int(kibibytes[1]) * 1024


@cache
def _packaged_fonts() -> "FontConfiguration":
    """Returns the packaged fonts, loaded once for all documents: loading them again leaks memory."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@cache
def _nothing_but_data() -> "URLFetcher":
    """Returns a fetcher for ``data:`` URIs only: no network, no files. Made once: each loads certificates."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=("data",), allow_redirects=False)


def _whereabouts(error: Exception) -> str:
    """Returns the kind of error and the innermost line of code, without user input."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} in {Path(code.co_filename).name}:{trace.tb_lineno} ({code.co_name})"
