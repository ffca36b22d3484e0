"""What became of drills, one line each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.drill.verdict.evidence import EVIDENCE

CAME_TO_ITS_END = "the drill came to its end"
_SHOWN = ("seconds", "RPO, seconds", "RTO of changes, seconds", "failback, seconds", "orders in the end")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A drill's figures, and its faults by rule."""

    seed: int
    figures: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def broken(self) -> list[str]:
        """The rules that did not hold."""
        return [rule for rule, found in self.faults.items() if found]


def outcome_in(directory: Path, seed: int) -> Outcome:
    """Returns the outcome that a drill has left in its directory. One that has left none has not come to its end."""
    try:
        told = json.loads((directory / EVIDENCE).read_text("utf-8"))
    except FileNotFoundError:
        return Outcome(seed, faults={CAME_TO_ITS_END: ["it has left no evidence"]})
    return Outcome(seed, told["figures"], told["rules"])


def summary(outcomes: Sequence[Outcome]) -> Table:
    """Returns a table of several drills."""
    held = sum(not outcome.broken for outcome in outcomes)
    table = Table("seed", *_SHOWN, "rules broken", title=f"{held} of {len(outcomes)} rehearsals held every rule")
    for outcome in outcomes:
        figures = (str(outcome.figures.get(name, "")) for name in _SHOWN)
        table.add_row(str(outcome.seed), *figures, "; ".join(outcome.broken) or "none")
    return table
