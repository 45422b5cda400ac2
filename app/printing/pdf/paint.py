"""Draws the pictures of `layout/picture.py` into the PDF: an image for WeasyPrint's layout, text for its readers.

The pictures are handed over through the public cache of images, but they are images of a kind of our own, and their
text is set by functions that WeasyPrint keeps for itself. So this is used with the release it was written for only;
with any other the same pictures are SVG drawings (`svg.py`), which are set letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from tinycss2.color5 import parse_color  # type: ignore[import-untyped]
from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.text import line_break

from app.printing.layout import qr
from app.printing.layout.picture import SCHEME, word_look
from app.printing.pdf.patches import text as patches_text
from app.printing.pdf.svg import FAMILY

_MM = 96 / 25.4
_PT = 96 / 72
_MARK = 5.6  # height of a mark
_TICK_LINE = 1.2 * _PT
_HEAVY_LINE = 1.6 * _PT  # a thick frame: white on black closes up in a copy
_LEAST = 0.5  # text shrinks to half its size at most, then it is cut at the edge of its place


class _Style(dict[str, Any]):
    """A style that is not part of any document: initial values and a font."""

    def __init__(self, font_config: Any, points: float, bold: bool) -> None:
        super().__init__()
        self.font_config = font_config
        self.cache: dict[Any, Any] = {}
        self.update(font_family=FAMILY, font_size=points * _PT, font_weight=700 if bold else 400, lang="zh-CN")
        self.update(white_space="pre")

    def __missing__(self, key: str) -> Any:
        value = self[key] = INITIAL_VALUES[key]
        return value


class Painted:
    """One picture as an image of fixed size."""

    def __init__(self, drawn: Sequence[Any], font_config: Any) -> None:
        width, height, self._strokes = drawn
        self._size = (width * _MM, height * _MM)
        self._fonts = font_config

    def get_intrinsic_size(self, _resolution: Any, _font_size: float) -> tuple[float, float, float]:
        """Width, height and their ratio."""
        return (*self._size, self._size[0] / self._size[1])

    def draw(self, stream: Any, _width: float, _height: float, style: Any) -> None:
        """Draw at the origin of the stream."""
        stream.set_color(style["color"])
        stream.set_color(style["color"], stroke=True)
        for kind, *rest in self._strokes:
            if kind == "t":
                self._text(stream, rest)
        rules = [b"%.2f %.2f %.2f %.2f re" % _pixels(rest) for kind, *rest in self._strokes if kind == "f"]
        rings = [_ring(*one) for one in self._strokes if one[0] in "rb"]
        stream.stream += [*rules, b"f"] if rules else []
        stream.stream += rings
        for kind, x, y, *rest in self._strokes:
            if kind == "m":
                self._mark(stream, (x, y, rest[0]), rest[1], rest[2])

    def _mark(self, stream: Any, place: tuple[float, float, float], words: str, look: str) -> None:
        x, y, width = place
        with stream.stacked():
            stream.set_line_width(0.9 * _PT)
            if look == "heavy":
                stream.set_line_width(_HEAVY_LINE)
                inset = _HEAVY_LINE / 2
                stream.rectangle(x * _MM + inset, y * _MM + inset, width * _MM - 2 * inset, _MARK * _MM - 2 * inset)
                stream.stroke()
            elif look == "changed":
                _capsule(stream, x, y, (width, _MARK))
                stream.fill()
                stream.set_color(parse_color("white"))
            elif look == "fragile":
                stream.set_dash([4, 2], 0)
                stream.rectangle(x * _MM, y * _MM, width * _MM, _MARK * _MM)
                stream.stroke()
            else:
                for inset in (0.0, 0.55) if look == "frozen" else (0.0,):
                    _capsule(stream, x + inset, y + inset, (width - 2 * inset, _MARK - 2 * inset))
                stream.stroke()
            self._text(stream, [x + 0.2, y + 4.3, width - 0.4, words, *word_look(look), "c"])

    def _text(self, stream: Any, stroke: Sequence[Any]) -> None:
        x, y, width, words, points, bold, align = stroke
        style = _style(self._fonts, points, bold)
        layout, needed = _measure(words, style)
        room = width * _MM
        if needed > room:
            style = _style(self._fonts, round(points * max(_LEAST, room / needed), 1), bold)
            layout, needed = _measure(words, style)
        left = x * _MM + {"l": 0.0, "c": (room - needed) / 2, "r": room - needed}[align]
        patches_text.show(stream, layout, style, left, y * _MM)


def _capsule(stream: Any, x: float, y: float, size: tuple[float, float]) -> None:
    """A rectangle with half circles at both ends, as a path."""
    width, height = size[0] * _MM, size[1] * _MM
    left, top, radius = x * _MM, y * _MM, height / 2
    bend, right, bottom = radius * 0.5523, x * _MM + width, y * _MM + height
    stream.move_to(left + radius, top)
    stream.line_to(right - radius, top)
    stream.curve_to(right - radius + bend, top, right, top + radius - bend, right, top + radius)
    stream.curve_to(right, top + radius + bend, right - radius + bend, bottom, right - radius, bottom)
    stream.line_to(left + radius, bottom)
    stream.curve_to(left + radius - bend, bottom, left, top + radius + bend, left, top + radius)
    stream.curve_to(left, top + radius - bend, left + radius - bend, top, left + radius, top)


def _measure(words: str, style: _Style) -> tuple[Any, float]:
    split = patches_text.split_first_line if patches_text.is_installed() else line_break.split_first_line
    layout, _length, _more, width, _height, _baseline = split(words, style, None, None, 0)
    return layout, width


def _pixels(millimetres: Sequence[float]) -> tuple[float, ...]:
    return tuple(length * _MM for length in millimetres)


def _ring(kind: str, x: float, y: float, *rest: Any) -> bytes:
    """The outline of a rectangle, or of a box to tick, as two rectangles with the line between them."""
    size, line = (rest[:2], rest[2] * _PT) if kind == "r" else ((rest[0], rest[0]), _TICK_LINE)
    x, y, width, height = _pixels((x, y, *size))
    inner = (x + line, y + line, width - 2 * line, height - 2 * line)
    return b"%.2f %.2f %.2f %.2f re %.2f %.2f %.2f %.2f re f*" % (x, y, width, height, *inner)


@cache
def _style(font_config: Any, points: float, bold: bool) -> _Style:
    return _Style(font_config, points, bold)


class QrImage:
    """A QR code as an image of a pixel a module, written into the page itself."""

    def __init__(self, text: str) -> None:
        self._side, self._rows = qr.modules(text)

    def get_intrinsic_size(self, _resolution: Any, _font_size: float) -> tuple[float, float, float]:
        """Width, height and their ratio."""
        return self._side, self._side, 1.0

    def draw(self, stream: Any, width: float, height: float, _style: Any) -> None:
        """Draw at the origin of the stream."""
        stream.stream += [
            b"%.3f 0 0 %.3f 0 %.3f cm" % (width, -height, height),
            b"BI /W %d /H %d /BPC 1 /CS /G /F /AHx ID %s> EI" % (self._side, self._side, self._rows),
        ]


class Images(dict[str, Any]):
    """The pictures of a sheet by address, as WeasyPrint's image cache takes them; QR codes are made when asked for."""

    def __contains__(self, url: object) -> bool:
        is_code = isinstance(url, str) and url.startswith(f"{qr.SCHEME}:") and qr.is_short(qr.text_of_url(url))
        return is_code or super().__contains__(url)

    def __missing__(self, url: str) -> QrImage:
        found = self[url] = QrImage(qr.text_of_url(url))
        return found


def images(drawn: Sequence[Any], font_config: Any) -> Images:
    """The pictures of a sheet."""
    return Images({f"{SCHEME}:{number}": Painted(one, font_config) for number, one in enumerate(drawn)})
