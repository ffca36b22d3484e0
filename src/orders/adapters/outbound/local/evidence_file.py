"""The evidence of a rehearsal as a JSON file, with a page of Markdown beside it. Contract: ports/rehearsals.py."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orders.application.policy.recovery import RECOVERY_POINT, RECOVERY_TIME
from orders.application.regions.rehearsal_figures import Figures, facts_of, figures_of
from orders.ports.errors import PermanentPortError, TransientPortError
from orders.ports.rehearsals import Evidence, StepRecord

_EVIDENCE = TypeAdapter(Evidence)
_FACTS = TypeAdapter(dict[str, Any])
_DEPENDENCY = "evidence file"


class JsonEvidenceFile:
    """``EvidenceFile`` under a path; what was kept last is there whole, whenever the process or the machine dies."""

    def __init__(self, path: Path) -> None:
        """``path`` is that of the JSON file; the page has its name, and ends in ``.md``."""
        self._path = path

    @property
    def name(self) -> str:
        """See ``EvidenceFile.name``."""
        return str(self._path)

    def read(self) -> Evidence | None:
        """See ``EvidenceFile.read``."""
        try:
            return _EVIDENCE.validate_python(json.loads(self._path.read_bytes())["drill"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, ValidationError) as error:
            raise PermanentPortError(
                _DEPENDENCY, f"{self._path} can't be read as the evidence of a rehearsal; name another file"
            ) from error

    def keep(self, evidence: Evidence) -> None:
        """See ``EvidenceFile.keep``."""
        try:
            self._write(self._path, _FACTS.dump_json(facts_of(evidence), indent=2).decode() + "\n")
            self._write(self._path.with_suffix(".md"), page_of(evidence))
        except OSError as error:
            raise TransientPortError(_DEPENDENCY, f"{self._path}: {error.strerror or type(error).__name__}") from error

    @staticmethod
    def _write(path: Path, text: str) -> None:
        beside = path.with_name(f"{path.name}.new")
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)


def evidence_path(directory: Path, environment: str, now: datetime) -> Path:
    """Returns the newest file of a rehearsal that has not ended in a directory, or the name of a new one."""
    for path in sorted(directory.glob(f"dr-drill-{environment}-*.json"), reverse=True):
        try:
            found = JsonEvidenceFile(path).read()
        except PermanentPortError:
            continue
        if found is not None and found.ended_at is None:
            return path
    return directory / f"dr-drill-{environment}-{now:%Y%m%dT%H%M%SZ}.json"


def page_of(evidence: Evidence) -> str:
    """Returns the evidence as a page of Markdown."""
    rto, rpo = RECOVERY_TIME.total_seconds(), RECOVERY_POINT.total_seconds()
    ended = "not ended" if evidence.ended_at is None else _at(evidence.ended_at)
    lines = [
        f"# Rehearsal of a takeover: {evidence.environment}, {evidence.begun_at:%Y-%m-%d}",
        "",
        (
            f"Result: **{evidence.result or 'unfinished'}**. From {evidence.home} to {evidence.away} and back, begun "
            f"by {_cell(evidence.by)} at {_at(evidence.begun_at)}, ended: {ended}. Release {evidence.version}; epochs "
            f"{evidence.epoch} to {evidence.epoch + 2}. Targets: RTO less than {rto:g} s, RPO less than {rpo:g} s."
        ),
        "",
        "| Direction | Evacuated | Changes taken | RTO, s | Missing | RPO, s |",
        "|---|---|---|---|---|---|",
        *(_direction(each) for each in figures_of(evidence)),
        "",
        f"How it was seen that changes are taken: {_cell(evidence.measured)}.",
        "",
        "| Step | Begun | Ended | Result | Found |",
        "|---|---|---|---|---|",
        *(_step(each) for each in evidence.steps),
    ]
    missing = [f"- {_cell(each.what)}" for step in evidence.steps for each in step.missing]
    if missing:
        lines += ["", "## Missing", "", *missing]
    if evidence.control:
        lines += ["", "## The control table", "", "| At | Leads to | Step reached | Epoch |", "|---|---|---|---|"]
        lines += [f"| {_at(each.at)} | {each.target} | {each.step} | {each.epoch} |" for each in evidence.control]
    if evidence.notes:
        lines += ["", "## Notes", ""]
        lines += [f"- {_at(each.at)}, {_cell(each.by)}: {_cell(each.text)}" for each in evidence.notes]
    return "\n".join(lines) + "\n"


def _direction(figures: Figures) -> str:
    rto = "not measured" if figures.rto_seconds is None else f"{figures.rto_seconds:.1f}"
    rpo = "not known" if figures.rpo_seconds is None else f"{figures.rpo_seconds:g}"
    return (
        f"| {figures.source} to {figures.target} | {_at(figures.evacuated_at)} | {_at(figures.taken_at)} | {rto} "
        f"| {len(figures.missing)} | {rpo} |"
    )


def _step(record: StepRecord) -> str:
    found = "<br>".join(_cell(line) for line in record.found)
    return f"| {record.step} | {_at(record.begun_at)} | {_at(record.ended_at)} | {record.state} | {found} |"


def _at(when: datetime | None) -> str:
    return "–" if when is None else f"{when:%Y-%m-%d %H:%M:%S} UTC"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
