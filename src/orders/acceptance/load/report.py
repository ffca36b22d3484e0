"""What a load test reports: JSON for scripts, and a picture of latency over time."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from orders.acceptance.load.figures import PhaseResult, Point
from orders.acceptance.load.profile import LEVELS, MAX_ERROR_RATE, MIN_DELIVERY, Profile

_WIDTH, _HEIGHT, _LEFT, _TOP = 960, 300, 70, 60
_SPACE = 110
_LINES = (("p50", "#2b7a4b"), ("p95", "#b7791f"), ("p99", "#b83227"))


def as_json(profile: Profile, base_url: str, environment: str, results: Sequence[PhaseResult]) -> dict[str, object]:
    """Returns the whole report; all times are seconds."""
    return {
        "environment": environment,
        "base_url": base_url,
        "profile": {
            "rate": profile.rate,
            "minutes": profile.minutes,
            "mix": {str(kind): share for kind, share in profile.mix.shares.items()},
        },
        "levels": {
            "p95_seconds": {str(kind): level for kind, level in LEVELS.items()},
            "error_rate": MAX_ERROR_RATE,
            "delivery": MIN_DELIVERY,
        },
        "passed": passed(results),
        "phases": [_phase(result) for result in results],
    }


def passed(results: Sequence[PhaseResult]) -> bool:
    """Tells whether all that is judged holds."""
    return all(result.holds is not False for result in results)


def _phase(result: PhaseResult) -> dict[str, object]:
    return {
        "name": result.name,
        "seconds": round(result.seconds, 3),
        "requests": result.requests,
        "requests_per_second": round(result.rate, 2),
        "error_rate": round(result.error_rate, 6),
        "holds": result.holds,
        "note": result.note,
        "operations": [
            {
                "name": str(row.kind), "requests": row.requests, "p50": round(row.p50, 4), "p95": round(row.p95, 4),
                "p99": round(row.p99, 4), "longest": round(row.longest, 4), "level": row.level, "holds": row.holds,
            }
            for row in result.rows
        ],
        "faults": [{"what": what, "count": count} for what, count in result.faults],
        "over_time": [
            {
                "at": round(point.at, 1), "requests_per_second": round(point.rate, 2), "errors": point.errors,
                "p50": round(point.p50, 4), "p95": round(point.p95, 4), "p99": round(point.p99, 4),
            }
            for point in result.points
        ],
    }  # fmt: skip


def as_svg(title: str, results: Sequence[PhaseResult]) -> str:
    """Draws each phase's latencies over time, with its errors and its rate; needs nothing but a browser to be seen."""
    shown = [result for result in results if result.points]
    height = _TOP + len(shown) * (_HEIGHT + _SPACE)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + 2 * _LEFT}" height="{height}" '
            f'font-family="sans-serif" font-size="13">'
        ),
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="30" font-size="18">{escape(title)}</text>',
    ]
    for number, result in enumerate(shown):
        parts.append(f'<g transform="translate({_LEFT},{_TOP + 40 + number * (_HEIGHT + _SPACE)})">')
        parts.extend(_chart(result))
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _chart(result: PhaseResult) -> list[str]:
    points = result.points
    top = _round_up(max(point.p99 for point in points))
    width = points[1].at - points[0].at if len(points) > 1 else 1.0
    end = max(points[-1].at + width, result.seconds)
    told = f"{result.name}: {result.rate:.0f} requests/s, errors {result.error_rate:.2%}"
    parts = [f'<text y="-14" font-size="15">{escape(told)}</text>']
    for line in range(5):
        y = _HEIGHT * (1 - line / 4)
        parts.append(f'<line x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{_seconds(top * line / 4)}</text>')
    for share in range(5):
        at = end * share / 4
        parts.append(f'<text x="{_WIDTH * share / 4:.0f}" y="{_HEIGHT + 20}" text-anchor="middle">{at:.0f} s</text>')
    for number, (name, colour) in enumerate(_LINES):
        parts.append(_line(points, name, colour, end=end, top=top))
        parts.append(f'<text x="{_WIDTH - 150 + 50 * number}" y="-14" fill="{colour}">{name}</text>')
    parts.extend(_errors(points, end))
    return parts


def _line(points: Sequence[Point], name: str, colour: str, *, end: float, top: float) -> str:
    places = [(_WIDTH * point.at / end, _HEIGHT * (1 - getattr(point, name) / top)) for point in points]
    if len(places) == 1:
        places.append((_WIDTH, places[0][1]))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _errors(points: Sequence[Point], end: float) -> list[str]:
    """Marks the spans in which requests failed."""
    ends = [later.at for _, later in pairwise(points)] + [end]
    return [
        f'<rect x="{_WIDTH * point.at / end:.1f}" y="{_HEIGHT - 6}" height="6" fill="#b83227" '
        f'width="{max(2.0, _WIDTH * (after - point.at) / end):.1f}"><title>{point.errors} errors</title></rect>'
        for point, after in zip(points, ends, strict=True)
        if point.errors
    ]


def _round_up(value: float) -> float:
    """Returns the next of 1, 2, 5, 10, 20, ... milliseconds."""
    step = 0.001
    while True:
        for factor in (1, 2, 5):
            if step * factor >= value:
                return step * factor
        step *= 10


def _seconds(value: float) -> str:
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
