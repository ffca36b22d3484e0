"""The evidence of a drill: all of it as JSON, and a page to read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.drill.verdict.facts import Facts


def write_evidence(
    directory: Path,
    *,
    facts: Facts,
    faults: Mapping[str, Sequence[str]],
    figures: Mapping[str, Any],
    circumstances: Mapping[str, Any],
) -> tuple[Path, Path]:
    """Writes ``evidence.json`` and ``evidence.md`` into the directory and returns their paths.

    Args:
        circumstances: how the drill was run: its seed, its factor, its lags, its commands.
    """
    whole = {
        "circumstances": dict(circumstances),
        "times": asdict(facts.times),
        "figures": dict(figures),
        "rules": {rule: list(found) for rule, found in faults.items()},
        "control": [asdict(each) | {"evacuated": sorted(each.evacuated)} for each in facts.control],
        "dns": [asdict(each) for each in facts.answers],
        "named": sorted(facts.named),
        "overwritten": sorted(facts.overwritten),
    }
    as_json, to_read = directory / "evidence.json", directory / "evidence.md"
    as_json.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    to_read.write_text(page(faults, figures, circumstances), encoding="utf-8")
    return as_json, to_read


def page(faults: Mapping[str, Sequence[str]], figures: Mapping[str, Any], circumstances: Mapping[str, Any]) -> str:
    """Returns the page."""
    held = not any(faults.values())
    lines = ["# Rehearsal of a lost region", "", "Every rule held." if held else "**Not every rule held.**", ""]
    lines += ["| Measured | |", "|---|---|", *(f"| {name} | {shown(value)} |" for name, value in figures.items()), ""]
    lines += ["| Rule | Faults |", "|---|---|", *(f"| {rule} | {len(found)} |" for rule, found in faults.items()), ""]
    lines += [f"- {rule}: {fault}" for rule, found in faults.items() for fault in found[:20]]
    lines += ["", "| Circumstance | |", "|---|---|"]
    lines += [f"| {name} | {shown(value)} |" for name, value in circumstances.items()]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """Returns a figure as a person reads it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
    return "none" if value is None else str(value)
