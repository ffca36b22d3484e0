"""The smoke test, as commands that end with 0 when all is well."""

import json
import subprocess
from collections.abc import Sequence

from deploy.release.ports import SmokeResult

WITHIN_SECONDS = 300
_SAID = 600


class SmokeCommands:
    """Runs commands as they are given, one after the other up to the first that fails; what they print is the report.

    Args:
        within_seconds: time that each has.
    """

    def __init__(self, commands: Sequence[Sequence[str]], *, within_seconds: float = WITHIN_SECONDS) -> None:
        self._commands = [list(each) for each in commands]
        self._within = within_seconds

    def run(self) -> SmokeResult:
        """One that can't be started, or does not end, has failed."""
        reports = []
        for command in self._commands:
            result = self._one(command)
            reports.append(result.report)
            if not result.passed:
                return SmokeResult(passed=False, detail=result.detail, report="".join(reports))
        return SmokeResult(passed=True, detail=f"{len(self._commands)} passed", report="".join(reports))

    def _one(self, command: list[str]) -> SmokeResult:
        try:
            done = subprocess.run(  # noqa: S603 - given by whoever releases
                command, capture_output=True, text=True, timeout=self._within, check=False
            )
        except subprocess.TimeoutExpired:
            return SmokeResult(passed=False, detail=f"{command[0]}: not through after {self._within:g} s")
        except OSError as error:
            return SmokeResult(passed=False, detail=f"{command[0]}: {error.strerror}")
        said = _failed_steps(done.stdout) or done.stderr.strip() or done.stdout.strip()
        detail = f"exit code {done.returncode}: {said[-_SAID:]}"
        return SmokeResult(done.returncode == 0, detail, done.stdout)


def _failed_steps(report: str) -> str:
    """Returns what went wrong by a report of ``orders smoke --json``; nothing where it is none, or all went well."""
    try:
        steps = json.loads(report)["steps"]
        return "; ".join(f"{each['name']}: {each['detail']}" for each in steps if each["state"] == "failed")
    except (ValueError, LookupError, TypeError):
        return ""
