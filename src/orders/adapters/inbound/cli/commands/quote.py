"""``orders quote``: what placing an order would come to, asked of a running service."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer

from orders.acceptance.client import ApiResponse
from orders.adapters.inbound.cli.options.shared import DataDir
from orders.adapters.inbound.cli.options.target import BaseUrl, Target, TargetEnvironment, address_of
from orders.adapters.inbound.cli.output import print_facts, print_table
from orders.adapters.inbound.cli.runtime import CommandError, Runtime

MAX_BODY_BYTES = 256 * 1024
"""The API takes no more."""
STANDARD_INPUT = "-"
_FIGURES = ("subtotal", "tax", "shipping", "discount", "campaign_discount", "total")
_NOT_ASKED = "not_asked"
_IN_WORDS = {
    "prices": "not asked: this shop has none checked",
    "stock": "not asked: this shop has none checked",
    "campaign": "not asked: no code is given, or nobody grants campaigns",
}
"""Checks that weren't made."""


class Asking(StrEnum):
    """Callers that a quote can be asked as."""

    CUSTOMER = "customer"
    ADMIN = "admin"


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``quote``."""

    @app.command(rich_help_panel="Operate")
    def quote(
        file: Annotated[
            str, typer.Argument(metavar="FILE", help="The order as JSON, as `POST /v1.0/orders` takes it; - for stdin.")
        ],
        base_url: BaseUrl = None,
        env: TargetEnvironment = Target.LOCAL,
        asking: Annotated[Asking, typer.Option("--as", help="Whose token is sent.")] = Asking.CUSTOMER,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print the API's answer, one JSON document, instead of a table.")
        ] = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Show what placing an order would come to, and what is found of prices, stock and campaign. Nothing is kept.

        A local service gives its tokens itself. Any other needs SMOKE_CUSTOMER_TOKEN, or SMOKE_ADMIN_TOKEN with
        --as admin. Exit code 1: the order would be refused.
        """
        base_url = address_of(base_url, env, runtime)
        body = _read(file)
        answer = runtime.quote(base_url=base_url, environment=env, role=asking, body=body)
        quoted = answer.status == HTTPStatus.OK
        if as_json:
            typer.echo(answer.body.decode(errors="replace"))
        elif quoted:
            _print(answer)
        else:
            typer.echo(f"orders: {answer.status}: {answer.fault}", err=True)
        raise typer.Exit(0 if quoted else 1)


def _read(file: str) -> str:
    """Reads the order's text. Raises: CommandError."""
    named = "standard input" if file == STANDARD_INPUT else file
    try:
        if file == STANDARD_INPUT:
            content = sys.stdin.buffer.read(MAX_BODY_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(MAX_BODY_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise CommandError(f"{named} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{named} is not UTF-8") from error
    if len(content) > MAX_BODY_BYTES:
        raise CommandError(f"{named} is larger than the {MAX_BODY_BYTES // 1024} KiB that an order may have")
    return text


def _print(answer: ApiResponse) -> None:
    """Raises: CommandError: it is no quote."""
    try:
        found: Mapping[str, Any] = answer.json
        rows = [
            (item["product_id"], item["quantity"], item["price"], item["discount"], item["net"], item["tax"])
            for item in found["items"]
        ]
        print_table(
            f"quote for {found['customer_id']} of {found['tenant_id']}",
            ("product_id", "quantity", "price", "discount", "net", "tax"),
            rows,
        )
        print_facts(f"sums in {found['currency']}", {name: found[name] for name in _FIGURES if name in found})
        if found.get("prices") is not None:
            typer.echo(f"prices: {found['prices']}")
        print_facts("checks", {name: _outcome(name, said) for name, said in found["checks"].items()})
    except (ValueError, LookupError, TypeError) as error:
        raise CommandError("the answer is no quote: is this the address of the order service?") from error


def _outcome(check: str, said: str) -> str:
    return _IN_WORDS.get(check, "not asked") if said == _NOT_ASKED else said
