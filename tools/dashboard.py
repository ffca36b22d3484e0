"""Draws planned dashboards as a page, with series that are made up: for looking at them before there is an account.

Written as::

    terraform show -json prod.tfplan > prod.json
    .venv/bin/python -m tools.dashboard prod.json --output dashboards.html
"""

import argparse
import html
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tools.dashboard_series import POINTS, made_up
from tools.metric_math import Series, evaluate

Widget: TypeAlias = Mapping[str, Any]

UNIT = 60
"""Pixels of a unit of the grid in height; widths are a third of it less."""
WIDE = 52
MARGIN = 8
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
SEARCHED = re.compile(r"MetricName=\"(\w+)")
FOUND_BY = {"revenue": ("EUR", "USD", "ZAR")}
"""What a search finds, by metric: values of its dimension."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a graph."""

    label: str
    values: Series


def lines_of(properties: Mapping[str, Any]) -> list[Line]:
    """Returns what a widget shows: metrics that are not hidden, and what is calculated of metrics."""
    known: dict[str, Series] = {}
    home = properties["region"]
    for line in properties["metrics"]:
        texts, options = [each for each in line if isinstance(each, str)], _options(line)
        if texts:
            known[options.get("id", f"unnamed_{len(known)}")] = made_up(
                texts, at_home=options.get("region", home) == home
            )
    shown: list[Line] = []
    names = iter(known)
    for line in properties["metrics"]:
        options = _options(line)
        if "expression" in options:
            shown += _calculated(options, known, home)
        elif options.get("visible", True):
            shown.append(Line(options.get("label") or " ".join(line[:2]), known[next(names)]))
        else:
            next(names)
    return shown


def _options(line: list[Any]) -> dict[str, Any]:
    return line[-1] if isinstance(line[-1], dict) else {}


def _calculated(options: Mapping[str, Any], known: Mapping[str, Series], home: str) -> Iterator[Line]:
    searched = SEARCHED.search(options["expression"])
    if searched is None:
        yield Line(options["label"], evaluate(options["expression"], known))
        return
    for value in FOUND_BY[searched[1]]:
        series = made_up(["", searched[1], "", value], at_home=options.get("region", home) == home)
        yield Line(re.sub(r"\$\{[^}]*\}", value, options["label"]), series)


def drawn(widget: Widget) -> str:
    """Returns a widget as SVG, at its place in the grid."""
    properties = widget["properties"]
    x, y, width, height = (
        widget["x"] * WIDE, widget["y"] * UNIT, widget["width"] * WIDE - MARGIN, widget["height"] * UNIT - MARGIN,
    )  # fmt: skip
    lines = lines_of(properties)
    beside = properties.get("legend", {}).get("position") == "right"
    rows = len(lines) if beside else len(_rows(lines, width - 70))
    legend_width, legend_height = (230, 0) if beside else (0, 16 * rows)
    plot = (52, 44, width - 52 - 14 - legend_width, height - 44 - 26 - legend_height)
    marks = properties.get("annotations", {}).get("horizontal", [])
    axis = properties.get("yAxis", {}).get("left", {})
    least, most = bounds(lines, [mark["value"] for mark in marks], axis.get("min"), axis.get("max"))
    parts = [
        f'<g transform="translate({x},{y})"><rect class="widget" width="{width}" height="{height}" rx="4"/>',
        f'<text class="title" x="12" y="20">{html.escape(properties["title"])}</text>',
        f'<text class="unit" x="12" y="36">{html.escape(axis.get("label", ""))}</text>',
        *_grid(plot, least, most, properties["period"]),
        *(_mark(plot, mark, least, most) for mark in marks),
        *(_path(plot, line, COLOURS[place % 10], least, most) for place, line in enumerate(lines)),
        *(_legend_beside(lines, width - legend_width) if beside else _legend_below(lines, width, height)),
        "</g>",
    ]
    return "".join(parts)


def bounds(lines: list[Line], marks: list[float], least: float | None, most: float | None) -> tuple[float, float]:
    """Returns the ends of the axis: whole steps around all values."""
    values = [each for line in lines for each in line.values if each is not None] + marks
    low = min(values, default=0.0) if least is None else least
    high = max([*values, low])
    if most is not None:
        return low, most
    step = 10 ** math.floor(math.log10((high - low) or 1))
    return low, low + math.ceil(max((high - low) / step * 1.05, 1)) * step


def _y(plot: tuple[int, int, int, int], value: float, least: float, most: float) -> float:
    _, top, _, height = plot
    return round(top + height * (1 - (value - least) / (most - least)), 1)


def _grid(plot: tuple[int, int, int, int], least: float, most: float, period: int) -> Iterator[str]:
    left, top, width, height = plot
    for part in range(5):
        value = least + (most - least) * part / 4
        y = _y(plot, value, least, most)
        yield f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{left - 6}" y="{y + 4}" text-anchor="end">{_tick(value)}</text>'
    for part in range(5):
        ago = (POINTS - 1) * (4 - part) // 4
        text = "now" if ago == 0 else f"{ago} d" if period >= 86_400 else f"{ago * period // 60} min"
        x, y = left + width * part / 4, top + height + 15
        yield f'<text class="tick" x="{x}" y="{y}" text-anchor="middle">{text}</text>'


def _tick(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _mark(plot: tuple[int, int, int, int], mark: Mapping[str, Any], least: float, most: float) -> str:
    left, _, width, _ = plot
    y = _y(plot, mark["value"], least, most)
    return (
        f'<line class="mark" x1="{left}" x2="{left + width}" y1="{y}" y2="{y}"/>'
        f'<text class="marked" x="{left + width - 4}" y="{y - 4}" text-anchor="end">{html.escape(mark["label"])}</text>'
    )


def _path(plot: tuple[int, int, int, int], line: Line, colour: str, least: float, most: float) -> str:
    left, _, width, _ = plot
    steps, pen = [], "M"
    for place, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        steps.append(f"{pen}{left + width * place / (len(line.values) - 1):.1f} {_y(plot, value, least, most)}")
        pen = "L"
    return f'<path d="{" ".join(steps)}" stroke="{colour}"/>'


def _rows(lines: list[Line], width: int) -> list[list[int]]:
    """Returns which lines stand in which row of a legend below."""
    rows: list[list[int]] = [[]]
    used = 0
    for place, line in enumerate(lines):
        needed = 26 + 7 * len(line.label)
        if rows[-1] and used + needed > width:
            rows.append([])
            used = 0
        rows[-1].append(place)
        used += needed
    return rows


def _entry(line: Line, place: int, x: float, y: float) -> str:
    return (
        f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{COLOURS[place % 10]}"/>'
        f'<text class="legend" x="{x + 15}" y="{y}">{html.escape(line.label)}</text>'
    )


def _legend_below(lines: list[Line], width: int, height: int) -> Iterator[str]:
    rows = _rows(lines, width - 70)
    for number, row in enumerate(rows):
        x = 52.0
        for place in row:
            yield _entry(lines[place], place, x, height - 8 - 16 * (len(rows) - 1 - number))
            x += 26 + 7 * len(lines[place].label)


def _legend_beside(lines: list[Line], x: int) -> Iterator[str]:
    for place, line in enumerate(lines):
        yield _entry(line, place, x, 36 + 12 * place if len(lines) > 18 else 36 + 16 * place)


def page(bodies: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns a page with a picture of each dashboard."""
    pictures = []
    for name, body in bodies.items():
        height = max(each["y"] + each["height"] for each in body["widgets"]) * UNIT
        widgets = "".join(drawn(each) for each in body["widgets"])
        pictures.append(
            f"<h1>{html.escape(name)}</h1><p>Made-up series, for the look of it.</p>"
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{24 * WIDE}" height="{height}">{widgets}</svg>'
        )
    return f'<!doctype html><meta charset="utf-8"><title>Dashboards</title><style>{STYLE}</style>{"".join(pictures)}'


STYLE = """
body { font: 14px sans-serif; margin: 16px; background: #f2f3f3; } h1 { font-size: 20px; }
.widget { fill: #fff; stroke: #d5dbdb; } .title { font: bold 14px sans-serif; } path { fill: none; stroke-width: 1.6; }
.tick, .unit, .legend, .marked { font: 11px sans-serif; fill: #545b64; } .grid { stroke: #eaeded; }
.mark { stroke: #d13212; stroke-dasharray: 4 3; } .marked { fill: #d13212; }
"""


def dashboards(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the bodies of all dashboards of a plan, by name."""

    def within(module: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for each in module.get("resources", []):
            if each["type"] == "aws_cloudwatch_dashboard":
                yield each["values"]["dashboard_name"], json.loads(each["values"]["dashboard_body"])
        for child in module.get("child_modules", []):
            yield from within(child)

    return dict(within(plan["planned_values"]["root_module"]))


def main(arguments: list[str]) -> None:
    """Reads a plan and writes the page."""
    parser = argparse.ArgumentParser(prog="tools.dashboard", description="Draw planned dashboards as a page.")
    parser.add_argument("plan", type=Path, help="what `terraform show -json` says of a plan")
    parser.add_argument("--output", type=Path, default=Path("dashboards.html"))
    given = parser.parse_args(arguments)
    given.output.write_text(page(dashboards(json.loads(given.plan.read_text()))), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
