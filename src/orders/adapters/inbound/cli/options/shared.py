"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated

import typer


def _use(context: typer.Context, value: Path | None) -> None:
    if value is not None:
        context.find_root().obj.use_data_dir(value)


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts.")]

FailIfEmpty = Annotated[
    bool, typer.Option("--fail-if-empty", help="End with exit code 2 if nothing matches, instead of 0.")
]

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        file_okay=False,
        metavar="DIR",
        callback=_use,
        expose_value=False,
        help="The local data directory to use (default: ORDERS_DATA_DIR, else .orders-dev).",
    ),
]
"""Taken by the runtime; a command declares it as ``_data_dir`` and never sees it."""
