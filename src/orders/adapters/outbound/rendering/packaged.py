"""The packaged templates, the default for every shop and language."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from jinja2 import meta

from orders.adapters.outbound.rendering.environment import Sources, TemplateRenderer, fenced_environment

_KINDS = (".html", ".css", ".txt")
_NOT_TEMPLATES = frozenset({"console", "docs", "fonts", "local"})


@cache
def packaged_sources() -> Mapping[str, str]:
    """Returns all packaged templates by path; read once, so that rendering does no I/O."""
    return MappingProxyType(dict(_read_all(files("orders") / "templates", "")))


@cache
def packaged_renderer() -> TemplateRenderer:
    """Returns their renderer, a singleton."""
    return TemplateRenderer(Sources(packaged_sources()))


@cache
def made_of(path: str) -> frozenset[str]:
    """Returns the packaged templates that rendering this one involves, itself included."""
    sources = packaged_sources()
    environment = fenced_environment(Sources(sources))
    found: set[str] = set()
    waiting = [path]
    while waiting:
        name = waiting.pop()
        if name not in found and name in sources:
            found.add(name)
            waiting += [each for each in meta.find_referenced_templates(environment.parse(sources[name])) if each]
    return frozenset(found)


def _read_all(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in _NOT_TEMPLATES:
            yield from _read_all(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_KINDS):
            yield prefix + entry.name, entry.read_text("utf-8")
