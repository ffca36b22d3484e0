"""Each role's process holds the code that emits the metrics that the catalogue says it emits, and no other's.

What a process holds is looked up in the objects that it runs on; what their classes emit, in their source.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import pytest

from orders.adapters.inbound.http.routes.orders import orders_router
from orders.adapters.outbound.catalog_http.client import HttpService, ServiceAddress
from orders.adapters.outbound.catalog_http.products import HttpProductCatalogue
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.rendering.overrides import OverridableTemplates
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.bootstrap.container.api_container import api_dependencies
from orders.bootstrap.container.services import Services
from orders.bootstrap.relay_tasks import relay_tasks
from orders.bootstrap.server.worker import relay_loop
from orders.bootstrap.workers import WORKERS
from orders.ports import metric_catalogue
from orders.ports.metric_catalogue import ALL_ROLES, API, CATALOGUE, RELAY
from orders.ports.metrics import Metric
from orders.ports.products import ProductCatalogue
from tests.unit.bootstrap.test_container import a_container

OF_THE_API = frozenset({"requests", "errors", "request_seconds", "throttled_requests"})
OF_THE_REGION = frozenset(
    {"minutes_without_writer", "writers", "lease_age_seconds", "standby_not_ready", "confirmed_alone"}
)
"""Emitted by code that is not in the container."""

ELSEWHERE = OF_THE_API | OF_THE_REGION
CALLS = frozenset({"count", "show", "record"})


@cache
def emitted_by(kind: type) -> frozenset[str]:
    """The metrics that a class's own source emits."""
    if not kind.__module__.startswith("orders."):
        return frozenset()
    source = ast.parse(inspect.getsource(inspect.getmodule(kind) or kind))
    (body,) = [each for each in ast.walk(source) if isinstance(each, ast.ClassDef) and each.name == kind.__name__]
    return frozenset(metric.name for call in ast.walk(body) for metric in _emitted(call))


def _emitted(call: ast.AST) -> Iterator[Metric]:
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in CALLS and call.args:
        first = call.args[0]
        metric = getattr(metric_catalogue, first.id, None) if isinstance(first, ast.Name) else None
        if isinstance(metric, Metric):
            yield metric


def held_by(*roots: object) -> frozenset[str]:
    """The metrics that the objects which can be reached from these emit."""
    seen: set[int] = set()
    waiting, kept, found = list(roots), [], set[str]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        kept.append(each)  # so that no other object gets its id
        for kind in type(each).__mro__:
            found |= emitted_by(kind)
        waiting += _within(each)
    return frozenset(found)


def _within(held: object) -> list[object]:
    if inspect.ismethod(held):
        return [held.__self__]
    if isinstance(held, Mapping):
        return list(held.values())
    if isinstance(held, list | tuple | set | frozenset):
        return list(held)
    if not type(held).__module__.startswith("orders."):
        return []
    slots = [name for kind in type(held).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*getattr(held, "__dict__", {}).values(), *(getattr(held, name, None) for name in slots)]


def built(tmp_path: Path) -> Any:
    """A container whose process may do everything."""
    metrics, nothing = MemoryMetrics(), cast("Any", object())
    templates = OverridableTemplates(nothing, metrics, nothing)
    service = HttpService(nothing, ServiceAddress("product service", "http://x.example", nothing), metrics)
    products: Consulted[ProductCatalogue] = Consulted(HttpProductCatalogue(service), WhenDown.REFUSE)
    return a_container(
        tmp_path,
        templates=templates,
        renderer=PdfRenderer(processes=0, templates=templates, metrics=metrics),
        services=Services(products=products, probes=(service,)),
    )


async def of_role(container: Any, role: str) -> frozenset[str]:
    """The metrics that the role's process can emit, but for those that come from elsewhere."""
    if role == RELAY:
        return held_by(relay_loop(container), relay_tasks(container))
    if role != API:
        return held_by(WORKERS[role].poller(container), WORKERS[role].periodic(container))
    dependencies = api_dependencies(container)
    handlers = [each for route in orders_router().routes for each in getattr(route, "route_handlers", ())]
    asked = {
        name
        for handler in handlers
        if "OPTIONS" not in handler.http_methods
        for name, hint in get_type_hints(handler.fn, include_extras=True).items()
        if name in dependencies and get_args(hint)
    }
    return held_by(container.use_cases().audit(), [dependencies[name]() for name in sorted(asked)])


@pytest.mark.parametrize("role", sorted(ALL_ROLES))
async def test_a_role_emits_what_the_catalogue_says(tmp_path: Path, role: str) -> None:
    named = {each.name for each in CATALOGUE.values() if role in each.emitters and each.name not in ELSEWHERE}
    assert await of_role(built(tmp_path), role) == named


def test_whatever_comes_from_elsewhere_is_in_the_catalogue() -> None:
    assert CATALOGUE.keys() >= ELSEWHERE
