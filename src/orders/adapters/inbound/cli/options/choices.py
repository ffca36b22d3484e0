"""Names that a shell completes as values. Nothing running is asked for them: they are this version's own."""

from collections.abc import Callable, Iterable

import typer

from orders.adapters.inbound.cli.runtime import Runtime


def offered(names: Callable[[Runtime], Iterable[str]]) -> Callable[[typer.Context], list[str]]:
    """Returns what answers a shell with these names of the runtime; typer leaves out what doesn't fit."""

    def offer(context: typer.Context) -> list[str]:
        return list(names(context.find_root().obj))

    return offer
