"""What ran when, by whom and with what result: a JSON file, whole after every step, and a page made of it.

Nothing is decided by it: a run that goes on after another was killed asks AWS, and adds to the file if it is there.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
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
    """

    def __init__(self, path: Path | None, clock: Clock, about: Mapping[str, Any]) -> None:
        """Raises: Refused: the file is another environment's, or is no evidence."""
        self._path = path
        self._clock = clock
        self._kept = (_read(path) if path is not None else None) or {"environment": about["environment"], "runs": []}
        if self._kept["environment"] != about["environment"]:
            raise Refused(f"{path} is the evidence of {self._kept['environment']}, not of {about['environment']}")
        self._run: dict[str, Any] = {**about, "began": _text(clock.now()), "steps": [], "outcome": None}
        self._kept["runs"].append(self._run)
        self._save()

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
        if self._path is None:
            return
        # Whole or not at all: whoever is killed in between leaves the file of before.
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(self._path.name + ".new")
        new.write_text(json.dumps(self._kept, indent=2, default=str) + "\n", encoding="utf-8")
        os.replace(new, self._path)  # noqa: PTH105 - atomic on every platform


def read(path: Path) -> dict[str, Any]:
    """Returns what a file has. Raises: Refused: there is none, or it is no evidence."""
    found = _read(path)
    if found is None:
        raise Refused(f"{path}: no evidence is there")
    return found


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
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
    """Returns the record as Markdown, for people."""
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
