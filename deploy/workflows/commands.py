"""Runs other programs: gh, git, aws, skopeo."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.release.model import Refused

WITHIN_SECONDS = 1800
_SAID = 600


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended, and what it printed."""

    code: int
    out: str = ""
    err: str = ""


Run = Callable[[Sequence[str], str | None], Done]
"""Runs a program with its arguments; the second argument is written to its standard input."""


def run(command: Sequence[str], given: str | None = None) -> Done:
    """Runs a program to its end. Raises: Refused: it can't be started, or did not end."""
    try:
        done = subprocess.run(  # noqa: S603 - programs are named here, arguments are never a shell's
            list(command), input=given, capture_output=True, text=True, timeout=WITHIN_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{command[0]}: {error}") from error
    return Done(done.returncode, done.stdout, done.stderr)


def must(run: Run, command: Sequence[str], given: str | None = None) -> str:
    """Returns what a program printed. Raises: Refused: it failed."""
    done = run(command, given)
    if done.code:
        raise Refused(f"{' '.join(command[:3])}: exit code {done.code}: {(done.err or done.out).strip()[-_SAID:]}")
    return done.out


def asked(run: Run, command: Sequence[str], given: str | None = None) -> Any:
    """Returns the JSON that a program printed. Raises: Refused: it failed, or printed something else."""
    text = must(run, command, given)
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refused(f"{' '.join(command[:3])}: no JSON: {text[:200]}") from error
