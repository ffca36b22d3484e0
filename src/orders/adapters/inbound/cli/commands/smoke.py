"""``orders smoke``: the smoke test as a table for people, or as JSON for scripts."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orders.acceptance.steps import State, StepResult
from orders.adapters.inbound.cli.options.shared import DataDir
from orders.adapters.inbound.cli.options.target import BaseUrl, Target, TargetEnvironment, address_of
from orders.adapters.inbound.cli.runtime import Runtime

_STYLES = {State.PASSED: "green", State.FAILED: "red", State.NOT_RUN: "yellow"}


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``smoke``."""

    @app.command(rich_help_panel="Operate")
    def smoke(
        base_url: BaseUrl = None,
        env: TargetEnvironment = Target.LOCAL,
        within: Annotated[
            float, typer.Option(min=1, metavar="SECONDS", help="Time limit in seconds for the PDF and the mails.")
        ] = 60,
        read_only: Annotated[
            bool, typer.Option("--read-only", help="Only read: for a region that takes no changes.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Test every operation of a running service, and wait for the PDF and the mails of an order.

        A local service gives its tokens itself. Any other needs two of one shop:
        SMOKE_CUSTOMER_TOKEN, of the customer cust_test_001 with an e-mail address, and SMOKE_ADMIN_TOKEN. Two deleted
        orders are left behind; with --read-only nothing is.
        """
        base_url = address_of(base_url, env, runtime)
        results = []
        with Console(stderr=True).status("smoke test") as shown:
            for result in runtime.smoke(base_url=base_url, environment=env, within_seconds=within, read_only=read_only):
                results.append(result)
                shown.update(f"smoke test: {result.name} {result.state}")
        passed = all(result.state is State.PASSED for result in results)
        if as_json:
            typer.echo(json.dumps(_report(base_url, env, results, passed=passed), indent=2))
        else:
            Console(highlight=False).print(_table(base_url, env, results))
        raise typer.Exit(0 if passed else 1)


def _report(base_url: str, environment: str, results: list[StepResult], *, passed: bool) -> dict[str, object]:
    steps = [
        {"name": each.name, "state": str(each.state), "seconds": round(each.seconds, 3), "detail": each.detail}
        for each in results
    ]
    return {"environment": environment, "base_url": base_url, "passed": passed, "steps": steps}


def _table(base_url: str, environment: str, results: list[StepResult]) -> Table:
    passed = sum(result.state is State.PASSED for result in results)
    table = Table(title=f"{environment} on {base_url}: {passed} of {len(results)} steps passed", title_justify="left")
    table.add_column("step")
    table.add_column("result")
    table.add_column("seconds", justify="right")
    table.add_column("found", overflow="fold")
    for result in results:
        state = f"[{_STYLES[result.state]}]{result.state}[/]"
        table.add_row(result.name, state, f"{result.seconds:.2f}", result.detail.replace("[", "\\["))
    return table
