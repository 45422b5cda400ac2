"""Boxes done once: lengths are resolved once a style, and a rule on one side of a box is drawn as one rectangle.

WeasyPrint resolves thirteen properties of each box each time it lays it out. Here the result is kept with the style
of the box and copied in one step: most boxes of a sheet have no percentage, so their sizes depend on nothing else.
Boxes with percentages, calculations or collapsed borders take the original way. A border on one side is clipped to a
trapezium and stroked as a ring by WeasyPrint; with no neighbour to meet, the trapezium is the rectangle itself.
"""

from __future__ import annotations

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
    """Fill the rectangle of a lone solid border; else as WeasyPrint does."""
    drawn = [side for side in _SIDES if getattr(box, f"border_{side}_width")]
    style = box.style
    if not drawn and style["border_image_source"][0] == "none" and style["column_rule_style"] == "none":
        return
    if len(drawn) != 1 or not _is_plain_rule(box, drawn[0]):
        _draw_border(stream, box)
        return
    width = getattr(box, f"border_{drawn[0]}_width")
    x, y, across, down = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
    with stream.stacked():
        stream.set_color(get_color(style, f"border_{drawn[0]}_color"))
        if drawn[0] in ("top", "bottom"):
            stream.rectangle(x, y if drawn[0] == "top" else y + down - width, across, width)
        else:
            stream.rectangle(x if drawn[0] == "left" else x + across - width, y, width, down)
        stream.fill()


def _is_plain_rule(box: Any, side: str) -> bool:
    style = box.style
    return (
        style[f"border_{side}_style"] == "solid"
        and style["visibility"] == "visible"
        and style["border_image_source"][0] == "none"
        and style["column_rule_style"] == "none"
        and get_color(style, f"border_{side}_color").alpha == 1
        and not any(sum(getattr(box, name)) for name in _RADII)
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
