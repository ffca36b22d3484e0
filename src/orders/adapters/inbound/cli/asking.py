"""Questions that commands ask before they change something. Whoever doesn't say yes has changed nothing."""

import typer

from orders.adapters.inbound.cli.runtime import CommandError


def ask_whether(question: str) -> None:
    """Asks a question on standard error, to be answered by ``y``. Raises: CommandError: the answer is another."""
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        raise _unanswered() from None
    if not agreed:
        raise CommandError("not confirmed: nothing was changed")


def ask_for_phrase(phrase: str) -> None:
    """Asks for a phrase, so that nobody does it by a key pressed in haste. Raises: CommandError: it is another."""
    try:
        typed = typer.prompt(f"type '{phrase}' to go on", err=True)
    except typer.Abort:
        raise _unanswered() from None
    if typed != phrase:
        raise CommandError(f"that is not '{phrase}': nothing was changed")


def _unanswered() -> CommandError:
    # Behind the question, whose line has no end yet.
    typer.echo(err=True)
    return CommandError("no answer: nothing was changed; --yes doesn't ask, for scripts")
