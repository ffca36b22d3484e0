"""A figure, and how figures are told: one table, ``benchmarks/results/latest.json``, profiles of what misses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULT = Path("benchmarks/results/latest.json")


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured, and what it has to be.

    Attributes:
        ratio: what is judged: a ratio, or a quantity in ``unit``.
        spread: the interval of ``ratio``.
        target: its bound; ``None`` for what is only shown.
        at_most: true if the target is an upper bound.
        cpu_ms: CPU of one request by side, in milliseconds; empty where none is compared.
        told: what is shown beside it and not judged.
        leaves_out: what the floor does not do and the service does.
        profile: where the time went, if the target was missed.
    """

    id: str
    name: str
    ratio: float
    spread: tuple[float, float]
    target: float | None = None
    at_most: bool = False
    unit: str = ""
    cpu_ms: Mapping[str, float] = field(default_factory=dict)
    told: Mapping[str, float] = field(default_factory=dict)
    leaves_out: str = ""
    profile: str = ""

    @property
    def holds(self) -> bool:
        """True if the target is reached, or there is none."""
        if self.target is None:
            return True
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def as_json(self) -> dict[str, object]:
        """Returns what is kept of it."""
        return {
            "id": self.id,
            "name": self.name,
            "ratio": round(self.ratio, 3),
            "unit": self.unit,
            "target": self.target,
            "at_most": self.at_most,
            "holds": self.holds,
            "spread": [round(each, 3) for each in self.spread],
            "cpu_ms": {side: round(spent, 3) for side, spent in self.cpu_ms.items()},
            "told": {what: round(value, 3) for what, value in self.told.items()},
        }


def table_of(figures: Sequence[Figure], method: str) -> Table:
    """Returns the one table."""
    table = Table("", "figure", "ratio", "95 %", "target", "", "CPU, ms", "beside it", title=method)
    for each in figures:
        target = "" if each.target is None else f"{'≤' if each.at_most else '≥'} {each.target:g}"
        verdict = "shown" if each.target is None else "holds" if each.holds else "[red]missed[/]"
        table.add_row(
            each.id,
            each.name,
            f"{each.ratio:.3g} {each.unit}".strip(),
            "–".join(f"{value:.3g}" for value in each.spread),
            target,
            verdict,
            ", ".join(f"{side} {spent:.2f}" for side, spent in each.cpu_ms.items()),
            ", ".join(f"{what} {value:.4g}" for what, value in each.told.items()),
        )
    return table


def tell(say: Console, figures: Sequence[Figure], method: str) -> None:
    """Prints the table, what each floor leaves out, and the profiles."""
    say.print(table_of(figures, method))
    for each in figures:
        if each.leaves_out:
            say.print(f"{each.id} {each.name}: the floor leaves out {each.leaves_out}", soft_wrap=True)
    for each in figures:
        if each.profile:
            say.print(f"\n{each.id} {each.name} missed; where the time went:\n{each.profile}", markup=False)


def keep(figures: Sequence[Figure], path: Path = RESULT) -> None:
    """Writes the figures; those measured earlier and not now stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    now = [each.as_json() for each in figures]
    names = {(each["id"], each["name"]) for each in now}
    merged = [each for each in kept if (each["id"], each["name"]) not in names] + now
    merged.sort(key=lambda each: (int(str(each["id"]).removeprefix("Q-")), str(each["name"])))
    path.write_text(json.dumps(merged, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
