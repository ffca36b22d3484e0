"""A Jinja2 sandbox: templates turn a view into text, can do nothing else, and run at bounded cost.

Overrides are written by shops, so no template is trusted: it sees immutable views, a few harmless filters and no
globals; it can't switch escaping off, access attributes that start with an underscore, or read files. Loops, calls and
output count against a budget.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, TemplateNotFound
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orders.adapters.outbound.rendering import text_columns
from orders.adapters.outbound.rendering.direction import direction
from orders.adapters.outbound.rendering.wording import one_line
from orders.ports.errors import RenderingFailed

_FILTERS = frozenset({"default", "e", "escape", "first", "join", "last", "length", "lower", "trim", "upper"})
"""All that is kept of Jinja's own: nothing that marks text as safe, repeats it, or looks attributes up by name."""

_QUOTED = re.compile(r"'([^']*)'?|\"")
_NAME = re.compile(r"[a-z_][a-z0-9_./]{0,60}|[\w.]{1,120} object")
_VIEW = re.compile(r"'[\w.]+\.(\w+)View object'")
_MAX_MESSAGE_CHARS = 200
_MAX_DIRECTION_CHARS = 10_000
_PATH = re.compile(r"[a-z0-9_-]{1,60}(/[a-z0-9_-]{1,60})*(\.[a-z]{2,4})?")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class TemplateFailed(RenderingFailed):
    """A template is missing, broken, or exceeds its limits.

    Attributes:
        template: path of the failing template: the one rendered, or one that it includes.
        line: line number in it, if known.
        reason: the error, without any data of the view.
    """

    def __init__(self, template: str, reason: str, *, line: int | None = None) -> None:
        self.template = template
        self.reason = reason
        self.line = line
        place = "" if line is None else f", line {line}"
        super().__init__(f"template {template}: {reason}{place}")


class Sources(BaseLoader):
    """Loads templates by path and records which one an error occurred in."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """See ``BaseLoader.get_source``."""
        del environment
        if template not in self._texts:
            raise TemplateNotFound(template)
        return self._texts[template], template, lambda: True

    def list_templates(self) -> list[str]:
        """See ``BaseLoader.list_templates``."""
        return sorted(self._texts)


class TemplateRenderer:
    """Renders the templates of one loader.

    Args:
        loader: loads templates; called once for each.
        language: BCP 47 primary subtag of the templates' language.
        max_output_chars: maximum length of the output.
        max_steps: maximum number of loop iterations and macro calls in one rendering.
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
        self._environment = fenced_environment(loader)

    def compile_all(self) -> None:
        """Compiles all templates. Raises: TemplateSyntaxError."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """Renders the template with this context.

        Raises: TemplateFailed: no such template, a broken one, or one that exceeds its limits.
        """
        budget = _BUDGET.set(_Budget(self._max_steps))
        try:
            return self._bounded(name, self._environment.get_template(name).generate(context))
        except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            at, line = _place(error, name)
            raise TemplateFailed(at, _described(error), line=line) from error
        except RecursionError:
            raise TemplateFailed(name, "it calls itself without end") from None
        finally:
            _BUDGET.reset(budget)

    def _bounded(self, name: str, pieces: Iterable[str]) -> str:
        kept: list[str] = []
        length = 0
        for piece in pieces:
            length += len(piece)
            if length > self._max_output_chars:
                raise TemplateFailed(name, f"more than {self._max_output_chars} characters of output")
            kept.append(piece)
        return "".join(kept)

    def language_tag(self, locale: str | None) -> str:
        """Returns the locale if it is of the templates' language, such as ``en-ZA``, else the templates' language."""
        tag = language_tag(locale)
        return tag if tag is not None and tag.split("-")[0].lower() == self.language else self.language


def language_tag(locale: str | None) -> str | None:
    """Parses the locale as a BCP 47 tag; ``None`` if it is invalid."""
    tag = (locale or "").replace("_", "-")
    return tag if _LANGUAGE_TAG.fullmatch(tag) else None


def fenced_environment(loader: BaseLoader) -> Environment:
    """Creates the sandboxed environment, the only one in which Jinja is used."""
    return _FencedEnvironment(
        loader=loader,
        autoescape=lambda name: name is None or not name.endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


class _Budget:
    """The remaining steps of a rendering."""

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


def _direction(text: object) -> str:
    """Returns ``rtl`` or ``ltr`` for any printed value; bounded, since a template can make a text of any length."""
    return direction(str(text)[:_MAX_DIRECTION_CHARS])


class _FencedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox without globals, with counted loops and calls, and with arithmetic on numbers only."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals.clear()
        self.filters = {name: each for name, each in self.filters.items() if name in _FILTERS}
        self.filters |= {
            "counted": _counted,
            "direction": _direction,
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
        """Returns the name of an included, imported or extended template. Plain text is not escaped."""
        if template.endswith(".txt") and not parent.endswith(".txt"):
            raise SecurityError(f"{template} is plain text and can't be a part of {parent}")
        return template

    def call(self, context: Context, callee: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls a macro, at the cost of a step."""
        _BUDGET.get().spend()
        return super().call(context, callee, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiplies numbers only; ``**``, and ``*`` and ``%`` on texts, could exhaust memory."""
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator} is for numbers, and ** is not available")
        return super().call_binop(context, operator, left, right)


def _described(error: Exception) -> str:
    """Describes the error without values: Python's own messages can quote user input."""
    if isinstance(error, TemplateNotFound):
        # Its message is the name alone, which a template may have computed from data.
        named = isinstance(error.name, str) and _PATH.fullmatch(error.name)
        return f"there is no template {error.name}" if named else "there is no such template"
    if isinstance(error, TemplateSyntaxError):
        # The message quotes only the template's source, which holds no order data.
        return one_line(error.message)[:_MAX_MESSAGE_CHARS]
    message = error.message if isinstance(error, TemplateError) else None
    # Jinja's messages quote names, which a template may have computed from data.
    if message is None or not all(map(_NAME.fullmatch, _QUOTED.findall(message))):
        return type(error).__name__
    return _VIEW.sub(lambda view: f"'{view[1].lower()}'", message)


def _place(error: Exception, name: str) -> tuple[str, int | None]:
    """Returns the template and line of an error, from Jinja's tracebacks."""
    if isinstance(error, TemplateSyntaxError):
        return error.name or name, error.lineno
    found: tuple[str, int | None] = (name, None)
    trace = error.__traceback__
    while trace is not None:
        if "__jinja_exception__" in trace.tb_frame.f_globals:
            # Without file names from the loader, Jinja names every template "<template>".
            file = trace.tb_frame.f_code.co_filename
            found = name if file == "<template>" else file, trace.tb_lineno
        trace = trace.tb_next
    return found
