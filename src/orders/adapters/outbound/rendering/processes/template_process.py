"""Renders shops' templates; runs only inside a process of its own.

Steps, calls and output are counted in any rendering (``environment``). Costs that can't be counted, such as a regular
expression of Jinja's lexer or a text doubled repeatedly, hit the process's time or memory limit.
"""

import gc
import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from orders.adapters.outbound.rendering.environment import Sources, TemplateFailed, TemplateRenderer
from orders.adapters.outbound.rendering.packaged import packaged_renderer, packaged_sources
from orders.adapters.outbound.rendering.processes.process_lane import Program

NICENESS = 5
CACHED_SHOPS = 16


@dataclass(frozen=True, slots=True)
class TemplateJob:
    """A template to render.

    Attributes:
        path: of the template.
        sources: paths and texts of the shop's overrides.
    """

    path: str
    sources: tuple[tuple[str, str], ...] = field(repr=False)
    context: Mapping[str, object] = field(repr=False)
    max_output_chars: int


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """An error in a template and its location, without any data of the view."""

    template: str
    line: int | None
    reason: str


def prepare_process(memory_limit_bytes: int | None) -> None:
    """Prepares this process for shops' templates: limits memory, ignores Ctrl-C, silences output."""
    if memory_limit_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)


def warm_process() -> None:
    """Reads and compiles the packaged templates, so that the first mail doesn't wait for that."""
    packaged_renderer().compile_all()
    gc.collect()
    gc.freeze()


def render_template(job: TemplateJob) -> str | TemplateFault:
    """Returns the job's output, or the fault. Raises: MemoryError."""
    try:
        return _renderer(job.sources, job.max_output_chars).render(job.path, job.context)
    except TemplateFailed as error:
        return TemplateFault(error.template, error.line, error.reason)


@lru_cache(CACHED_SHOPS)
def _renderer(sources: tuple[tuple[str, str], ...], max_output_chars: int) -> TemplateRenderer:
    # Compiled templates are cached with their renderer: a burst of one shop's mails compiles them once.
    return TemplateRenderer(Sources({**packaged_sources(), **dict(sources)}), max_output_chars=max_output_chars)


TEMPLATES: Program[TemplateJob, str | TemplateFault] = Program(
    dependency="template renderer",
    product="it",
    prepare=prepare_process,
    warm=warm_process,
    run=render_template,
)
