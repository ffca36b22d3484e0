"""Terraform, as its command."""

import json
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from deploy.release.model import Refused
from deploy.release.ports import ApplyEnded, Plan, StateLocked, TerraformFailed

LOCKED = "Error acquiring the state lock"
STALE = "Saved plan is stale"
_SAID_LINES = 12
_ENDS_WITHIN_SECONDS = 8
"""GitHub kills what has not ended ten seconds after a cancellation."""


class TerraformCommand:
    """One environment's root.

    Args:
        root: its directory, where ``terraform init`` has been done.
        var_files: files of the variables that no file of the tree has.
        at_once: value of the variable ``release`` for moving all requests in one step.
        lock_timeout: how long another's lock is waited for, such as ``5m``.
        kept: directory for plans and what applies print.
    """

    def __init__(
        self,
        root: Path,
        *,
        var_files: Sequence[Path],
        at_once: str,
        kept: Path,
        lock_timeout: str = "2m",
        command: str = "terraform",
    ) -> None:
        self._root = root
        self._files = [f"-var-file={each.resolve()}" for each in var_files]
        self._at_once = at_once
        self._kept = kept.resolve()
        self._lock = f"-lock-timeout={lock_timeout}"
        self._command = command
        self._made = 0

    def plan(self, digest: str, *, at_once: bool) -> Plan:
        """Raises: StateLocked, TerraformFailed, Refused: Terraform is not there."""
        self._kept.mkdir(parents=True, exist_ok=True)
        self._made += 1
        path = self._kept / f"{digest.removeprefix('sha256:')[:12]}-{self._made}.tfplan"
        variables = [f"-var=image_digest={digest}", *([f"-var=release={self._at_once}"] if at_once else [])]
        self._run("plan", "-input=false", "-no-color", self._lock, f"-out={path}", *self._files, *variables)
        return Plan(str(path), json.loads(self._run("show", "-json", str(path))))

    def apply(self, plan: Plan) -> "RunningApply":
        """Raises: Refused: Terraform is not there."""
        log = Path(plan.path).with_suffix(".log")
        arguments = [self._command, f"-chdir={self._root}", "apply", "-input=false", "-no-color", self._lock, plan.path]
        with log.open("wb") as output:
            return RunningApply(_started(arguments, output), log)

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the project's own command
                [self._command, f"-chdir={self._root}", *arguments], capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise Refused(f"{self._command}: {error.strerror}") from error
        if done.returncode:
            said = _said(done.stderr or done.stdout)
            kind = StateLocked if LOCKED in done.stderr else TerraformFailed
            raise kind(f"terraform {arguments[0]}: {said}")
        return done.stdout


class RunningApply:
    """An apply under way; it prints to a file, so that nothing waits for a reader."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log

    def ended(self) -> ApplyEnded | None:
        """Returns how it ended, by its exit code and what it printed."""
        code = self._process.poll()
        if code is None:
            return None
        printed = self._log.read_text(encoding="utf-8", errors="replace")
        return ApplyEnded(code == 0, stale=STALE in printed, locked=LOCKED in printed, says=_said(printed))

    def interrupt(self) -> None:
        """Interrupts it as Ctrl-C would, and waits a little."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_ENDS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                # It lets go of the state when it is done; killing it would leave the lock behind.
                return


def _started(arguments: Sequence[str], output: IO[bytes]) -> "subprocess.Popen[bytes]":
    try:
        # A session of its own: Ctrl-C reaches it by way of ``interrupt`` alone, once.
        return subprocess.Popen(arguments, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)  # noqa: S603
    except OSError as error:
        raise Refused(f"{arguments[0]}: {error.strerror}") from error


def _said(printed: str) -> str:
    """Returns the first error in a line, without Terraform's frames; what was printed last where there is none."""
    lines = [line for line in (each.strip(" │╷╵") for each in printed.splitlines()) if line]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error:")]
    return " ".join(lines[errors[0] :][:_SAID_LINES] if errors else lines[-_SAID_LINES:])
