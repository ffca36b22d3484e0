"""Commands as an operator types them, over a runtime of the test's own."""

from typer.testing import CliRunner, Result

from orders.adapters.inbound.cli.app import build
from orders.adapters.inbound.cli.runtime import CommandError, Runtime


def typed(runtime: Runtime, *arguments: str, answer: str | None = None) -> Result:
    """Runs a command, and answers its question. Raises: CommandError: it could not be carried out."""
    result = CliRunner().invoke(build(runtime, "1"), list(arguments), input=answer and f"{answer}\n")
    if isinstance(result.exception, CommandError):
        raise result.exception
    return result
