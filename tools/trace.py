"""Draws an order's trace as a page: places one over moto, with every worker, and takes what a collector would be sent.

``python -m tools.trace --output trace.html``; ``--relay`` lets the relay publish instead of the fast path.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.contract.moto_server import moto_server
from tests.contract.world import ORDERS, a_world
from tests.support.canaries import a_body
from tests.support.collector import ReceivedSpan

_COLOURS = {2: "#4b6bfb", 3: "#8a94a6", 4: "#0f9d76", 5: "#b4570b"}
"""By OpenTelemetry's numbers of kinds: server, client, producer, consumer."""
_STYLE = """
:root { color-scheme: light dark }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td { padding: 2px 8px 2px 0; white-space: nowrap }
td.bar { width: 55% }
.bar div { position: relative; height: 14px; background: color-mix(in srgb, currentColor 6%, transparent) }
.bar i { position: absolute; top: 0; bottom: 0; min-width: 2px; border-radius: 2px }
.ms { text-align: right; font-variant-numeric: tabular-nums }
.failed { color: #c62828 }
"""


def page(spans: Sequence[ReceivedSpan]) -> str:
    """Returns a page that shows the spans of one trace, indented by their parents, along the time."""
    began, ended = min(span.began for span in spans), max(span.ended for span in spans)
    whole = max(1, ended - began)
    rows = [_row(span, depth, began, whole) for span, depth in _in_order(spans)]
    title = f"Trace {spans[0].trace_id}: {len(spans)} spans, {whole / 1e6:,.0f} ms"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1><table>{''.join(rows)}</table></html>"
    )


def _in_order(spans: Sequence[ReceivedSpan]) -> list[tuple[ReceivedSpan, int]]:
    """The spans depth first, those of one parent by their beginning, with their depth."""
    known = {span.span_id for span in spans}
    found: list[tuple[ReceivedSpan, int]] = []

    def walk(parent: str | None, depth: int) -> None:
        for span in sorted(spans, key=lambda span: span.began):
            if span.parent == parent or (parent is None and span.parent not in known):
                found.append((span, depth))
                walk(span.span_id, depth + 1)

    walk(None, 0)
    return found


def _row(span: ReceivedSpan, depth: int, began: int, whole: int) -> str:
    left, width = (span.began - began) / whole * 100, (span.ended - span.began) / whole * 100
    colour = "#c62828" if span.failed else _COLOURS.get(span.kind, "#8a94a6")
    name = escape(span.name) + (f" (linked to {len(span.links)})" if span.links else "")
    mark = ' class="failed"' if span.failed else ""
    return (
        f'<tr{mark}><td style="padding-left:{depth * 1.4:.1f}rem">{name}</td>'
        f'<td class="ms">{(span.ended - span.began) / 1e6:,.1f} ms</td>'
        f'<td class="bar"><div><i style="left:{left:.2f}%;width:{width:.2f}%;background:{colour}"></i></div></td></tr>'
    )


async def record(*, by_relay: bool) -> Sequence[ReceivedSpan]:
    """Places an order and returns the spans of its trace, once both mails are sent."""
    with moto_server() as url, TemporaryDirectory() as directory:
        async with a_world(url, "trace", Path(directory), without_fast_path=by_relay) as world:
            order_id = (await world.call("POST", ORDERS, a_body("one"))).json()["order_id"]
            await world.until(lambda: world.sent(order_id, "order_confirmation", "staff_new_order"), "both mails")
            collector = world.sent_telemetry()
            first = next(span for span in collector.spans if span.name == "createOrder")
            return collector.trace(first.trace_id)


def main() -> int:
    """Records a trace and writes its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("trace.html"))
    parser.add_argument("--relay", action="store_true", help="the relay publishes, as after a crash of the API")
    asked = parser.parse_args()
    spans = asyncio.run(record(by_relay=asked.relay))
    asked.output.write_text(page(spans), "utf-8")
    sys.stdout.write(f"{len(spans)} spans in {asked.output}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
