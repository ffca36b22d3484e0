"""Jinja2, fenced in: templates turn a view into text and can do nothing else, at bounded cost.

Overrides are written by shops, so no template is trusted: it sees frozen views, a few harmless filters and no
globals; it can't switch escaping off, reach attributes that start with an underscore, or read files. Loops and calls
count against a budget, as does output.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Protocol

from jinja2 import BaseLoader, DictLoader, StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orders.adapters.outbound.rendering import text_columns
from orders.ports.errors import RenderingFailed

_FILTERS = frozenset({"default", "e", "escape", "first", "join", "last", "length", "lower", "trim", "upper"})
"""All that is kept of Jinja's own: nothing that marks text as safe, repeats it, or looks attributes up by name."""

_KINDS = (".html", ".css", ".txt")
_NOT_TEMPLATES = frozenset({"docs", "fonts", "local"})
_QUOTED = re.compile(r"'([^']*)'?|\"")
_NAME = re.compile(r"[a-z_][a-z0-9_./]{0,60}|[\w.]{1,120} object")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class TemplateRenderer:
    """Renders the templates of one loader.

    Args:
        loader: where templates come from; it is asked once for each.
        language: BCP 47 primary subtag of the language that the templates are written in.
        max_output_chars: longer output fails.
        max_steps: more rounds of loops and calls of macros in one rendering fail.
    """

    def __init__(
        self,
        loader: BaseLoader,
        *,
        language: str = "en",
        max_output_chars: int = 4_000_000,
        max_steps: int = 250_000,
    ) -> None:
        self.language = language
        self._max_output_chars = max_output_chars
        self._max_steps = max_steps
        self._environment = _FencedEnvironment(
            loader=loader,
            autoescape=lambda name: name is None or not name.endswith(".txt"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """The template's output for this context.

        Raises: RenderingFailed: no such template, one that is broken, or one that goes beyond its bounds.
        """
        budget = _BUDGET.set(_Budget(self._max_steps))
        try:
            return self._bounded(name, self._environment.get_template(name).generate(context))
        except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise RenderingFailed(f"template {name}: {_described(error)}") from error
        except RecursionError:
            raise RenderingFailed(f"template {name}: it calls itself without end") from None
        finally:
            _BUDGET.reset(budget)

    def _bounded(self, name: str, pieces: Iterable[str]) -> str:
        kept: list[str] = []
        length = 0
        for piece in pieces:
            length += len(piece)
            if length > self._max_output_chars:
                raise RenderingFailed(f"template {name}: more than {self._max_output_chars} characters of output")
            kept.append(piece)
        return "".join(kept)

    def language_tag(self, locale: str | None) -> str:
        """The locale if the templates are in its language, such as ``en-ZA``, else their own language."""
        tag = (locale or "").replace("_", "-")
        fits = _LANGUAGE_TAG.fullmatch(tag) and tag.split("-")[0].lower() == self.language
        return tag if fits else self.language


class TemplateSource(Protocol):
    """Whose templates to use."""

    async def renderer(self, *, tenant_id: str, locale: str) -> TemplateRenderer:
        """The renderer for a shop and a language. Raises: TransientPortError."""
        ...


class PackagedTemplates:
    """The defaults that come with the package, for every shop and language."""

    def __init__(self) -> None:
        self._renderer = TemplateRenderer(packaged_loader())

    async def renderer(self, *, tenant_id: str, locale: str) -> TemplateRenderer:  # noqa: ARG002 - the same for all
        """The one renderer there is."""
        return self._renderer


def packaged_loader() -> DictLoader:
    """All packaged templates by path, read once: rendering does no I/O."""
    return DictLoader(dict(_read_all(files("orders") / "templates", "")))


def _read_all(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in _NOT_TEMPLATES:
            yield from _read_all(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_KINDS):
            yield prefix + entry.name, entry.read_text("utf-8")


class _Budget:
    """How many more steps a rendering may take."""

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def spend(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise SecurityError("it takes too many steps")


_BUDGET: ContextVar[_Budget] = ContextVar("rendering_budget")


def _counted(items: Iterable[object]) -> Iterator[object]:
    for item in items:
        _BUDGET.get().spend()
        yield item


class _FencedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox without globals, with counted loops and calls, and with arithmetic on numbers only."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals.clear()
        self.filters = {name: each for name, each in self.filters.items() if name in _FILTERS}
        self.filters |= {
            "counted": _counted,
            "labelled": text_columns.labelled,
            "quoted": text_columns.quoted,
            "row": text_columns.row,
            "rule": text_columns.rule,
            "wrapped": text_columns.wrapped,
        }

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for block in tree.find_all(nodes.ScopedEvalContextModifier):
            raise TemplateSyntaxError("escaping can't be switched", block.lineno, name, filename)
        for loop in tree.find_all(nodes.For):
            if loop.recursive:
                raise TemplateSyntaxError("recursive loops are not available", loop.lineno, name, filename)
            loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)
        return tree

    def join_path(self, template: str, parent: str) -> str:
        """The name of a template that another includes, imports or extends. Plain text is not escaped."""
        if template.endswith(".txt") and not parent.endswith(".txt"):
            raise SecurityError(f"{template} is plain text and can't be a part of {parent}")
        return template

    def call(self, context: Context, callee: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a macro, at the cost of a step."""
        _BUDGET.get().spend()
        return super().call(context, callee, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers; ``**``, and what ``*`` and ``%`` do with texts, can fill any memory."""
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator} is for numbers, and ** is not available")
        return super().call_binop(context, operator, left, right)


def _described(error: Exception) -> str:
    """What is wrong, without values: a message of Python's own can quote what somebody typed."""
    place = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
    message = error.message if isinstance(error, TemplateError) else None
    # Jinja's quote names in the template, or what the template made into a name.
    fit = message is not None and all(map(_NAME.fullmatch, _QUOTED.findall(message)))
    return f"{type(error).__name__}{f' ({message})' if fit else ''}{place}"
