"""A picture of `layout/picture.py` as an SVG drawing, for releases of WeasyPrint other than that of `paint.py`. Pure.

Widths of text are estimated, since nothing here can measure it: what may be too wide for its place is set smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from app.printing.layout.picture import width_mm, word_look

FAMILY = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "BabelStone Han", "sans-serif")
_POINT_MM = 25.4 / 72
_MARK = 5.6  # height of a mark
_TICK_LINE = 1.2 * _POINT_MM
_LEAST = 0.5  # text shrinks to half its size at most
_ANCHORS = {"l": "start", "c": "middle", "r": "end"}


def svg_of(drawn: Sequence[Any]) -> str:
    """The drawing of (width, height, strokes) as `picture.split` returns them."""
    width, height, strokes = drawn
    inside = "".join(_DRAWN[kind](*rest) for kind, *rest in strokes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}"'
        f" font-family={quoteattr(','.join(FAMILY))}>{inside}</svg>"
    )


def _text(  # noqa: PLR0913 - a stroke as it was recorded
    x: float, y: float, width: float, words: str, points: float, is_bold: bool, align: str, fill: str = "#000"
) -> str:
    size = points * max(_LEAST, min(1.0, width / (width_mm(words, points) or 1))) * _POINT_MM
    at = x + {"l": 0.0, "c": width / 2, "r": width}[align]
    look = f'font-size="{size:.3f}" font-weight="{700 if is_bold else 400}" text-anchor="{_ANCHORS[align]}"'
    return f'<text x="{at:.3f}" y="{y:.3f}" {look} fill="{fill}">{escape(words)}</text>'


def _filled(x: float, y: float, width: float, height: float, more: str = "") -> str:
    return f'<rect x="{x:.3f}" y="{y:.3f}" width="{width:.3f}" height="{height:.3f}"{more}/>'


def _outlined(x: float, y: float, width: float, height: float, line_mm: float, more: str = "") -> str:
    """A rectangle whose line lies inside it."""
    look = f' fill="none" stroke="#000" stroke-width="{line_mm:.3f}"{more}'
    return _filled(x + line_mm / 2, y + line_mm / 2, width - line_mm, height - line_mm, look)


def _rectangle(x: float, y: float, width: float, height: float, points: float) -> str:
    return _outlined(x, y, width, height, points * _POINT_MM)


def _tick(x: float, y: float, side: float, _row: str) -> str:
    return _outlined(x, y, side, side, _TICK_LINE)


def _pen(*_place: Any) -> str:
    return ""


def _mark(x: float, y: float, width: float, words: str, look: str) -> str:
    line, radius = 0.9 * _POINT_MM, f' rx="{_MARK / 2}"'
    if look == "changed":
        outline = _filled(x, y, width, _MARK, radius)
    elif look == "heavy":
        outline = _outlined(x, y, width, _MARK, 1.6 * _POINT_MM)
    elif look == "fragile":
        outline = _outlined(x, y, width, _MARK, line, ' stroke-dasharray="1.06 .53"')
    else:
        insets = (0.0, 0.55) if look == "frozen" else (0.0,)
        outline = "".join(_outlined(x + i, y + i, width - 2 * i, _MARK - 2 * i, line, radius) for i in insets)
    fill = "#fff" if look == "changed" else "#000"
    return outline + _text(x + 0.2, y + 4.3, width - 0.4, words, *word_look(look), "c", fill)


_DRAWN: dict[str, Callable[..., str]] = {
    "t": _text,
    "r": _rectangle,
    "f": _filled,
    "b": _tick,
    "p": _pen,
    "m": _mark,
}
