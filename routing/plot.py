"""Drawings as SVG text: a plan on the map, and cost over time. No library is needed for either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from routing.model import RoutingProblem
from routing.plan import RoutePlan

WIDTH, HEIGHT, MARGIN = 900, 700, 30
COLOURS = ("#1b6ca8", "#c0392b", "#27864a", "#8e44ad", "#b9770e", "#117a8b", "#7f3b08", "#4d4d4d", "#d6336c", "#5c7cfa")
DASHES = ("", "6 3", "2 3")
"""So that rounds can be told apart without colours."""

Point = tuple[float, float]


def plot_plan(problem: RoutingProblem, plan: RoutePlan) -> str:
    """The rounds of a plan as lines over the points of the problem; unserved stops are crosses.

    Parameters
    ----------
    problem : RoutingProblem
    plan : RoutePlan

    Returns
    -------
    str
        An SVG drawing.

    Raises
    ------
    ValueError
        When the problem has no points.
    """
    if not problem.points:
        raise ValueError("This problem has no points to draw.")
    place = _scaled(problem.points)
    parts = []
    for index, round_ in enumerate(plan.rounds):
        vehicle = problem.vehicle_by_name[round_.vehicle]
        way = [problem.depot_by_name[vehicle.depot].location]
        way += [problem.stop_by_name[name].location for name in round_.stops]
        way.append(problem.end_location(vehicle))
        title = f"{round_.vehicle}, round {round_.number}, {len(round_.visits)} stops, {round_.distance_m} m"
        parts.append(_line([place[location] for location in way], index, title))
    parts += [_dot(place[stop.location]) for stop in problem.stops]
    parts += [_cross(place[problem.stop_by_name[item.stop].location], item.sentence) for item in plan.unserved]
    parts += [_square(place[depot.location], depot.name) for depot in problem.depots]
    return _svg(parts)


def plot_traces(traces: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Cost over time, one line for each search.

    Parameters
    ----------
    traces : mapping of name to sequence of (seconds, cost)

    Returns
    -------
    str
        An SVG drawing.
    """
    everything = [point for trace in traces.values() for point in trace]
    if not everything:
        return _svg([])
    slowest = max(second for second, _ in everything) or 1.0
    low, high = min(cost for _, cost in everything), max(cost for _, cost in everything)
    span = (high - low) or 1.0
    parts = []
    for index, (name, trace) in enumerate(traces.items()):
        points = [
            (MARGIN + (WIDTH - 2 * MARGIN) * second / slowest, MARGIN + (HEIGHT - 2 * MARGIN) * (high - cost) / span)
            for second, cost in trace
        ]
        if points:
            parts.append(_line(points, index, name))
            x, y = points[-1]
            parts.append(
                f'<text x="{x - 4:.0f}" y="{y - 4:.0f}" text-anchor="end" font-size="11">{escape(name)}</text>'
            )
    parts.append(
        f'<text x="{MARGIN}" y="{MARGIN - 10}" font-size="12">cost {low:.0f} to {high:.0f}, {slowest:.1f} s</text>'
    )
    return _svg(parts)


def _scaled(points: Sequence[tuple[int, int]]) -> list[Point]:
    """Fit local metres into the page, north up."""
    east, north = [p[0] for p in points], [p[1] for p in points]
    scale = min(
        (WIDTH - 2 * MARGIN) / max(1, max(east) - min(east)), (HEIGHT - 2 * MARGIN) / max(1, max(north) - min(north))
    )
    return [(MARGIN + (e - min(east)) * scale, HEIGHT - MARGIN - (n - min(north)) * scale) for e, n in points]


def _line(points: Sequence[Point], index: int, title: str) -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = DASHES[index // len(COLOURS) % len(DASHES)]
    style = f'fill="none" stroke="{COLOURS[index % len(COLOURS)]}" stroke-width="1.5" stroke-dasharray="{dash}"'
    return f'<polyline points="{way}" {style}><title>{escape(title)}</title></polyline>'


def _dot(point: Point) -> str:
    return f'<circle cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="2" fill="#222"/>'


def _square(point: Point, title: str) -> str:
    x, y = point
    box = f'x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"'
    return f"<rect {box}><title>{escape(title)}</title></rect>"


def _text(point: Point, words: str, anchor: str) -> str:
    where = f'x="{point[0]:.0f}" y="{point[1]:.0f}" text-anchor="{anchor}" font-size="12"'
    return f"<text {where}>{escape(words)}</text>"


def _cross(point: Point, title: str) -> str:
    x, y = point
    way = f"M{x - 5:.1f} {y - 5:.1f} l10 10 m0 -10 l-10 10"
    return f'<path d="{way}" stroke="#d00" stroke-width="2"><title>{escape(title)}</title></path>'


def _svg(parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">\n{body}\n</svg>\n'
