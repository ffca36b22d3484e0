"""The evidence of a drill: all of it as JSON, and a page to read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.drill.verdict.facts import Facts

EVIDENCE = "evidence.json"


def write_evidence(
    directory: Path,
    *,
    facts: Facts | None,
    faults: Mapping[str, Sequence[str]],
    figures: Mapping[str, Any],
    circumstances: Mapping[str, Any],
    phases: Sequence[Mapping[str, Any]] = (),
    commands: Sequence[Mapping[str, Any]] = (),
) -> tuple[Path, Path]:
    """Writes ``evidence.json`` and ``evidence.md`` into the directory and returns their paths.

    Args:
        facts: ``None`` if the drill could not go on.
        circumstances: how the drill was run: its seed, its factor, its lags.
        phases: each with its name, when it began (in seconds of the drill) and how long it took.
        commands: each with its region, when it was given (in seconds of the epoch), its exit code and how long it took.
    """
    whole = {
        "circumstances": dict(circumstances),
        "figures": dict(figures),
        "rules": {rule: list(found) for rule, found in faults.items()},
        "phases": list(phases),
        "commands": list(commands),
    } | ({} if facts is None else _seen(facts))
    as_json, to_read = directory / EVIDENCE, directory / "evidence.md"
    as_json.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    to_read.write_text(page(faults, figures, circumstances, phases, commands), encoding="utf-8")
    return as_json, to_read


def _seen(facts: Facts) -> dict[str, Any]:
    return {
        "times": asdict(facts.times),
        "control": [asdict(each) | {"evacuated": sorted(each.evacuated)} for each in facts.control],
        "dns": [asdict(each) for each in facts.answers],
        "named": sorted(facts.named),
        "overwritten": sorted(facts.overwritten),
    }


def page(
    faults: Mapping[str, Sequence[str]],
    figures: Mapping[str, Any],
    circumstances: Mapping[str, Any],
    phases: Sequence[Mapping[str, Any]] = (),
    commands: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Returns the page."""
    held = not any(faults.values())
    lines = ["# Rehearsal of a lost region", "", "Every rule held." if held else "**Not every rule held.**", ""]
    lines += ["| Measured | |", "|---|---|", *(f"| {name} | {shown(value)} |" for name, value in figures.items()), ""]
    lines += ["| Rule | Faults |", "|---|---|", *(f"| {rule} | {len(found)} |" for rule, found in faults.items()), ""]
    lines += [f"- {rule}: {fault}" for rule, found in faults.items() for fault in found[:20]]
    lines += ["", "| Circumstance | |", "|---|---|"]
    lines += [f"| {name} | {shown(value)} |" for name, value in circumstances.items()]
    lines += ["", "| Phase | Began, s | Took, s |", "|---|---|---|"]
    lines += [f"| {phase['name']} | {phase['began']:.1f} | {phase['seconds']:.1f} |" for phase in phases]
    lines += ["", "| Command | In | Exit code | Took, s |", "|---|---|---|---|"]
    lines += [
        f"| `{each['command']}` | {each['region']} | {each['exit_code']} | {each['seconds']:.1f} |" for each in commands
    ]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """Returns a figure as a person reads it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
    return "none" if value is None else str(value)
