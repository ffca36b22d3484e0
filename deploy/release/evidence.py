"""What ran when, by whom and with what result: a JSON file, whole after every step, and a page made of it.

Nothing is decided by it: a run that goes on after another was killed asks AWS, and adds to the file if it is there. Two
commands may write to one file at a time, a release and the rollback that ends it: each changes its own run alone. And a
disk that is full ends no release: what could not be kept is told at the end.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.release.model import Check, Outcome, Refused
from deploy.release.ports import Clock


class Evidence:
    """One release's record.

    Args:
        path: the file; what it has is kept, and added to. ``None`` keeps nothing.
        clock: tells when a thing happened.
        about: environment, digest, who and links, of this run.

    Attributes:
        fault: why the last step could not be kept, if so.
    """

    fault: str | None = None

    def __init__(self, path: Path | None, clock: Clock, about: Mapping[str, Any]) -> None:
        """Raises: Refused: the file is another environment's, is no evidence, or can't be written."""
        self._path = path
        self._clock = clock
        self._run: dict[str, Any] = {**about, "began": _text(clock.now()), "steps": [], "outcome": None}
        self._place: int | None = None
        try:
            self._write()
        except OSError as error:
            raise Refused(f"{path}: the record can't be kept there: {error.strerror}") from error

    @property
    def path(self) -> Path | None:
        """Where it is kept."""
        return self._path

    def note(self, what: str, **facts: Any) -> None:
        """Adds a step, with the time."""
        self._run["steps"].append({"at": _text(self._clock.now()), "what": what, **facts})
        self._save()

    def checks(self, checks: Iterable[Check]) -> None:
        """Adds what was looked at before."""
        words = {True: "good", False: "refused", None: "to know"}
        self.note("preflight", checks=[{"name": e.name, "result": words[e.ok], "detail": e.detail} for e in checks])

    def end(self, outcome: Outcome, words: str) -> None:
        """Adds how this run ended."""
        self._run |= {"ended": _text(self._clock.now()), "outcome": outcome.name, "says": words}
        self._save()

    def _save(self) -> None:
        try:
            self._write()
            self.fault = None
        except (OSError, Refused) as error:
            self.fault = str(error)

    def _write(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(self._path.parent):
            kept = _read(self._path) or {"environment": self._run["environment"], "runs": []}
            if kept["environment"] != self._run["environment"]:
                raise Refused(
                    f"{self._path} is the evidence of {kept['environment']}, not of {self._run['environment']}"
                )
            if self._place is None or self._place >= len(kept["runs"]):
                self._place = len(kept["runs"])
                kept["runs"].append(self._run)
            kept["runs"][self._place] = self._run
            # Whole or not at all: whoever is killed in between leaves the file of before.
            new = self._path.with_name(self._path.name + ".new")
            new.write_text(json.dumps(kept, indent=2, default=str) + "\n", encoding="utf-8")
            os.replace(new, self._path)  # noqa: PTH105 - atomic on every platform


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keeps other commands from writing there meanwhile; whoever dies lets go (flock(2))."""
    held = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def read(path: Path) -> dict[str, Any]:
    """Returns what a file has. Raises: Refused: there is none, or it is no evidence."""
    found = _read(path)
    if found is None:
        raise Refused(f"{path}: no evidence is there")
    return found


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    if not path.is_file():
        raise Refused(f"{path} is no file")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found["runs"], list) or not isinstance(found["environment"], str):
            raise Refused(f"{path} is no evidence of a release")
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{path} is no evidence of a release: {error}") from error
    return dict(found)


def report_of(path: Path) -> dict[str, str]:
    """Returns a test report's name and checksum, so that nobody exchanges it later. Raises: Refused."""
    try:
        return {"report": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    except OSError as error:
        raise Refused(f"{path}: the report can't be read: {error.strerror}") from error


def page(kept: Mapping[str, Any]) -> str:
    """Returns the record as Markdown, for people. Raises: Refused: a run of it is not whole."""
    if not all({"command", "by", "began", "outcome", "steps"} <= each.keys() for each in kept["runs"]):
        raise Refused("this is no evidence of a release: a run of it lacks what every run has")
    lines = [f"# Releases to {kept['environment']}", ""]
    for run in kept["runs"]:
        lines += [f"## {run['command']} {run.get('digest') or ''}".rstrip(), ""]
        lines += [f"- by {run['by']}, {run['began']} to {run.get('ended', 'now: it has not ended, or was killed')}"]
        lines += [f"- {name}: {target}" for name, target in run.get("links", {}).items()]
        lines += [f"- report {each['report']}, sha256 {each['sha256']}" for each in run.get("reports", [])]
        lines += [f"- **{run['outcome'] or 'no outcome'}**: {run.get('says', 'ask `status`')}", ""]
        lines += ["| when | what | |", "|---|---|---|"]
        lines += [f"| {step['at']} | {step['what']} | {_facts(step)} |" for step in run["steps"]]
        lines.append("")
    return "\n".join(lines)


def _facts(step: Mapping[str, Any]) -> str:
    if "checks" in step:
        return "; ".join(f"{each['name']}: {each['result']} ({each['detail']})" for each in step["checks"])
    said = (f"{name} {value}" for name, value in step.items() if name not in {"at", "what", "report", "definitions"})
    return "; ".join(said).replace("|", "\\|").replace("\n", " ")


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
