"""Mean gap over time as small SVG charts, one for each group of instances."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BETWEEN = 230, 170, 46, 34, 22
COLOURS = {"routing": "#1b6ca8", "pyvrp": "#c0392b"}
STEPS = 60
TOP_GAP, LEAST_GAP = 20.0, 0.05
"""Ends of the scale of gaps, in percent."""

Row = dict[str, Any]


def chart(rows: Sequence[Row]) -> str:
    """One panel for each group: mean gap in percent (logarithmic) over seconds for each solver that left a trace."""
    groups = list(dict.fromkeys(row["group"] for row in rows))
    parts = [panel(group, rows, LEFT + k * (WIDTH + LEFT + BETWEEN)) for k, group in enumerate(groups)]
    width, height = (WIDTH + LEFT + BETWEEN) * len(groups) + BETWEEN, HEIGHT + TOP + 40
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="11"><rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def panel(group: str, rows: Sequence[Row], left: float) -> str:
    """Axes, names and lines of one group."""
    own = [row for row in rows if row["group"] == group and row["trace"] and row["best"]]
    seconds = max((row["seconds"] for row in own), default=1.0)
    parts = [f'<text x="{left}" y="{TOP - 14}" font-size="13" font-weight="bold">{escape(group)}</text>']
    for tick in (0.1, 0.3, 1.0, 3.0, 10.0):
        y = height_of(tick)
        parts.append(f'<line x1="{left}" x2="{left + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{tick:g} %</text>')
    for part in (0.0, 0.5, 1.0):
        x, y = left + part * WIDTH, TOP + HEIGHT + 16
        parts.append(f'<text x="{x:.0f}" y="{y}" text-anchor="middle" fill="#555">{part * seconds:.0f} s</text>')
    for row_number, (solver, colour) in enumerate(COLOURS.items()):
        line = mean_gaps([row for row in own if row["solver"] == solver], seconds)
        way = " ".join(f"{left + WIDTH * s / seconds:.1f},{height_of(gap):.1f}" for s, gap in line)
        dash = ' stroke-dasharray="5 3"' if solver == "pyvrp" else ""
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        if line:
            name = f"{solver} {line[-1][1]:.2f} %"
            y = TOP + 14 + 15 * row_number
            parts.append(f'<text x="{left + WIDTH}" y="{y}" text-anchor="end" fill="{colour}">{name}</text>')
    return "\n".join(parts)


def mean_gaps(rows: Sequence[Row], seconds: float) -> list[tuple[float, float]]:
    """(second, mean gap in percent over the runs), from the second on at which every run has a plan."""
    line = []
    for step in range(1, STEPS + 1):
        now = seconds * step / STEPS
        best = [min((cost for second, cost in row["trace"] if second <= now), default=None) for row in rows]
        if best and None not in best:
            gaps = [100 * (cost / row["best"] - 1) for cost, row in zip(best, rows, strict=True) if cost is not None]
            line.append((now, statistics.mean(gaps)))
    return line


def height_of(gap: float) -> float:
    """Place on the page of a gap in percent."""
    shown = min(max(gap, LEAST_GAP), TOP_GAP)
    return TOP + HEIGHT * math.log(TOP_GAP / shown) / math.log(TOP_GAP / LEAST_GAP)
