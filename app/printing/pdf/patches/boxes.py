"""Boxes done once: lengths are resolved once a style, and a solid border of one colour is drawn in one piece.

WeasyPrint resolves thirteen properties of each box each time it lays it out. Here the result is kept with the style
of the box and copied in one step: most boxes of a sheet have no percentage, so their sizes depend on nothing else.
Boxes with percentages, calculations or collapsed borders take the original way. A border is clipped to trapezia and
stroked as rings by WeasyPrint, side by side; a solid one of one colour is the rules at its edges, or one ring.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import weasyprint.draw as drawing
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure import boxes
from weasyprint.layout import absolute, block, column, grid, inline, page, percent, table
from weasyprint.layout import float as floating

_resolve = percent.resolve_percentages
_draw_border = drawing.draw_border
_SIDES = ("top", "right", "bottom", "left")
_LENGTHS = tuple(f"{kind}_{side}" for kind in ("margin", "padding") for side in _SIDES)
_SIZES = ("width", "min_width", "max_width", "height", "min_height", "max_height")
_RESOLVED = (*_LENGTHS, *_SIZES, *(f"border_{side}_width" for side in _SIDES))
_RADII = tuple(f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left"))
_USERS = (absolute, block, column, floating, grid, inline, page, percent, table)


def _is_fixed(value: Any) -> bool:
    return value == "auto" or getattr(value, "unit", None) == "px"


def _fixed(box: Any, containing_block: Any) -> dict[str, Any] | None:
    """The used lengths of every box with this style; None where they depend on what is around it."""
    style = box.style
    if style["border_collapse"] == "collapse" or not all(_is_fixed(style[name]) for name in (*_LENGTHS, *_SIZES)):
        return None
    _resolve(box, containing_block)
    return {name: getattr(box, name) for name in _RESOLVED}


def resolve_percentages(box: Any, containing_block: Any) -> None:
    """Set the used lengths of a box, from its style alone where that is enough."""
    style = box.style
    try:
        known = style.louda_lengths
    except AttributeError:
        known = style.louda_lengths = None if isinstance(box, boxes.PageBox) else _fixed(box, containing_block)
    if known is None or isinstance(box, boxes.PageBox):
        _resolve(box, containing_block)
    else:
        box.__dict__.update(known)


def draw_border(stream: Any, box: Any) -> None:
    """Fill the rules of a border of one colour, or the ring that they make; else as WeasyPrint does."""
    widths = tuple(getattr(box, f"border_{side}_width") for side in _SIDES)
    color = _plain_color(box.style)
    if color is None:
        _draw_border(stream, box)
        return
    if not any(widths) or box.style["visibility"] != "visible":
        return
    corners = {getattr(box, name) for name in _RADII}
    size = box.border_width(), box.border_height()
    if corners == {(0, 0)}:
        path = _rules(*size, widths)
    elif len(corners) == 1 and all(widths):
        path = _ring(*size, widths, *corners)
    else:
        _draw_border(stream, box)
        return
    with stream.stacked():
        stream.set_color(color)
        stream.set_matrix(1, 0, 0, 1, box.border_box_x(), box.border_box_y())
        stream.stream.append(path)


def _plain_color(style: Any) -> Any:
    """The one opaque colour of the solid border of a style, None where there is more to it. Found once a style."""
    try:
        return style.louda_border
    except AttributeError:
        pass
    drawn = [side for side in _SIDES if style[f"border_{side}_width"]]
    colors = {get_color(style, f"border_{side}_color") for side in drawn}
    is_plain = (
        all(style[f"border_{side}_style"] == "solid" for side in drawn)
        and style["border_image_source"][0] == "none"
        and style["column_rule_style"] == "none"
        and style["border_collapse"] == "separate"
        and len(colors) <= 1
    )
    color = colors.pop() if colors else get_color(style, "border_top_color")
    style.louda_border = color if is_plain and color.alpha == 1 else None
    return style.louda_border


@lru_cache(maxsize=2048)
def _rules(width: float, height: float, widths: tuple[float, ...]) -> bytes:
    """The rules at the edges of a box at the origin: where two meet, they overlap in one colour."""
    top, right, bottom, left = widths
    edges = [
        (0, 0, width, top) if top else None,
        (width - right, 0, right, height) if right else None,
        (0, height - bottom, width, bottom) if bottom else None,
        (0, 0, left, height) if left else None,
    ]
    return b" ".join(b"%.3f %.3f %.3f %.3f re" % edge for edge in edges if edge) + b" f"


@lru_cache(maxsize=2048)
def _ring(width: float, height: float, widths: tuple[float, ...], radii: tuple[float, float]) -> bytes:
    """A border on all sides of a box at the origin, with four equal round corners."""
    top, right, bottom, left = widths
    outer = _rounded((0, 0, width, height), (radii,) * 4)
    across, down = radii
    inner = [(max(0, across - x), max(0, down - y)) for x in (left, right) for y in (top, bottom)]
    top_left, bottom_left, top_right, bottom_right = inner
    within = (left, top, width - left - right, height - top - bottom)
    return outer + b" " + _rounded(within, (top_left, top_right, bottom_right, bottom_left)) + b" f*"


def _rounded(place: tuple[float, float, float, float], radii: tuple[tuple[float, float], ...]) -> bytes:
    """A path clockwise from the top left; corners shrink where two of them would overlap."""
    x, y, width, height = place
    (a, b), (c, d), (e, f), (g, h) = radii
    pairs = ((width, a + c), (width, g + e), (height, b + h), (height, d + f))
    shrink = min([1.0, *(length / both for length, both in pairs if both > 0)])
    a, b, c, d, e, f, g, h = (radius * shrink for radius in (a, b, c, d, e, f, g, h))
    right, low, bend = x + width, y + height, 0.45
    return b" ".join(
        (
            b"%.3f %.3f m %.3f %.3f l" % (x + a, y, right - c, y),
            b"%.3f %.3f %.3f %.3f %.3f %.3f c" % (right - c * bend, y, right, y + d * bend, right, y + d),
            b"%.3f %.3f l" % (right, low - f),
            b"%.3f %.3f %.3f %.3f %.3f %.3f c" % (right, low - f * bend, right - e * bend, low, right - e, low),
            b"%.3f %.3f l" % (x + g, low),
            b"%.3f %.3f %.3f %.3f %.3f %.3f c" % (x + g * bend, low, x, low - h * bend, x, low - h),
            b"%.3f %.3f l" % (x, y + b),
            b"%.3f %.3f %.3f %.3f %.3f %.3f c h" % (x, y + b * bend, x + a * bend, y, x + a, y),
        )
    )


def install() -> None:
    """Put both in their places; harmless when done already."""
    drawing.draw_border = draw_border
    for module in _USERS:
        if hasattr(module, "resolve_percentages"):
            module.resolve_percentages = resolve_percentages


def uninstall() -> None:
    """Give WeasyPrint its own functions back (to compare with)."""
    drawing.draw_border = _draw_border
    for module in _USERS:
        if hasattr(module, "resolve_percentages"):
            module.resolve_percentages = _resolve
