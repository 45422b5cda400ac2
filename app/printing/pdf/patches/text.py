"""Text measured once: replaces two functions of WeasyPrint that lay the same words out again and again.

WeasyPrint asks Pango three to five times for each piece of text (preferred width, line, line again, drawing) and sets
up a new context each time. On sheets of short cells that is half of all the work. Here a text in a style is laid out
once, without a width; whenever it fits into the line as a whole, the measures and glyphs of that one layout serve.
Anything else (text that wraps, right-to-left runs, decorations, colour fonts) takes the original way. The bytes of
the PDF are the same with and without, `tests/printing/test_speed.py` compares them.

Processor time without it, on sheets of a day: tally 1.72 ×, hand-out list 1.68 ×, drop-off sheet 1.40 ×, route sheet
1.28 ×, bag list (drawn in one piece) 1.26 ×; together 1.51 ×.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import weasyprint.draw as drawing
from weasyprint.draw.text import draw_first_line
from weasyprint.layout import inline, preferred
from weasyprint.matrix import Matrix
from weasyprint.text import line_break
from weasyprint.text.ffi import FROM_UNITS, ffi, pango

_REMEMBERED = 12_000  # texts, to bound the memory of a process that lives on; then all are forgotten at once
_SHORT = 80  # characters of a text whose lines are worth remembering; longer ones are paragraphs that come once
_NOWRAP = ("nowrap", "pre")
_PLAIN_END = 0x0590  # from here on Hebrew, Arabic and their like are mixed with other blocks: those go the original way
_IDEOGRAPHS = 0x2E80

_split_first_line = line_break.split_first_line
_draw_text = drawing.draw_text
_strut = line_break.strut
_style_keys: dict[tuple[Any, ...], int] = {}
_texts: dict[tuple[str, int], MeasuredText | None] = {}
_first_lines: dict[tuple[Any, ...], FirstLine] = {}
# Font address → a layout that keeps the font alive: a `Run` holds a bare pointer, WeasyPrint knows fonts by address.
_pins: dict[int, Any] = {}


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one font in one line: ids, advances in Pango units, and the text each glyph stands for."""

    font: Any
    glyphs: tuple[int, ...]
    widths: tuple[int, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredText:
    """One text in one style, on one line as wide as it likes (CSS pixels). Equal only to itself."""

    length: int
    width: float
    height: float
    baseline: float
    direction: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class FirstLine:
    """What a text gave for a width: its first line, where the rest begins (bytes), and the measures of the line."""

    text: str
    measured: MeasuredText | None  # where the line by itself is exactly as large as it is within the text
    direction: int
    metrics: tuple[int, int | None, float, float, float]


class MeasuredLayout(line_break.Layout):  # type: ignore[misc]
    """What WeasyPrint keeps with a line of text; becomes a real layout again if somebody wants to change it."""

    def __init__(self, text: str, measured: MeasuredText | None, direction: int, max_width: float | None) -> None:
        self.text, self.measured = text, measured
        self.max_width, self.justification_spacing = max_width, 0
        self.first_line_direction = direction

    def reactivate(self, style: Any) -> None:
        """Lay the text out anew, as WeasyPrint does before drawing."""
        self.setup(style)
        self.set_text(self.text, justify=True)


def _is_plain(text: str) -> bool:
    """Whether each character goes from left to right and none is a control or asks for shaping across words."""
    return all(
        " " <= c < "\x7f" or "\xa0" < c < chr(_PLAIN_END) or _IDEOGRAPHS <= ord(c) < 0xA000 for c in text
    ) or all(_is_plain_character(c) for c in text)


def _is_plain_character(character: str) -> bool:
    code = ord(character)
    if code < _PLAIN_END:
        return code >= 0x20 and code not in (0x7F, 0xAD)
    return (
        0x2010 <= code <= 0x2027
        or 0x2030 <= code <= 0x205E
        or 0x2100 <= code <= 0x2BFF
        or _IDEOGRAPHS <= code < 0xD800
        or 0xFF01 <= code <= 0xFFEF
        or 0x20000 <= code < 0x40000
    )


def _key_of(style: Any) -> int:
    """A small number for everything of a style that decides how text looks; 0: not for us."""
    try:
        return int(style.louda_text_key)
    except AttributeError:
        pass
    if style["text_decoration_line"] != "none" or style["direction"] != "ltr" or style["word_spacing"]:
        key = 0
    else:
        look = (
            line_break._font_style_cache_key(style),
            style["font_size"],
            style["letter_spacing"],
            style["overflow_wrap"],
            style["white_space"],
            style["word_break"],
            style["hyphens"],
        )
        key = _style_keys.setdefault(look, len(_style_keys) + 1)
    style.louda_text_key = key
    return key


def _measured(text: str, style: Any, context: Any) -> MeasuredText | None:
    key = (text, _key_of(style))
    if not key[1]:
        return None
    try:
        return _texts[key]
    except KeyError:
        pass
    if len(_texts) + len(_first_lines) > _REMEMBERED:
        forget()
    found = _texts[key] = _lay_out(text, style, context) if text and _is_plain(text) else None
    return found


def forget() -> None:
    """Drop all texts; the fonts they used are let go too."""
    _texts.clear()
    _first_lines.clear()
    _pins.clear()


def _lay_out(text: str, style: Any, context: Any) -> MeasuredText | None:
    layout = line_break.create_layout(text, style, context, None, 0)
    line, more = layout.get_first_line()
    if more is not None or layout.text != text:
        return None
    width, height = line_break.line_size(line, style)
    baseline = pango.pango_layout_get_baseline(layout.layout) * FROM_UNITS
    runs, item = [], line.runs[0]
    encoded = text.encode()
    while item != ffi.NULL:
        run = _run(item.data, encoded)
        if run is None:
            return None
        _pins.setdefault(int(ffi.cast("uintptr_t", run.font)), layout.layout)
        runs.append(run)
        item = item.next
    return MeasuredText(line.length, width, height, baseline, layout.first_line_direction, tuple(runs))


def _run(glyph_item: Any, encoded: bytes) -> Run | None:
    item, string = glyph_item.item, glyph_item.glyphs
    count = string.num_glyphs
    infos = string.glyphs[0:count]
    if item.analysis.level % 2:
        return None
    glyphs, widths, said = [], [], []
    starts = [string.log_clusters[at] for at in range(count)] + [item.length]
    for at, info in enumerate(infos):
        odd = info.glyph == pango.PANGO_GLYPH_EMPTY or info.glyph & pango.PANGO_GLYPH_UNKNOWN_FLAG
        if odd or info.geometry.x_offset or info.geometry.y_offset:
            return None
        glyphs.append(info.glyph)
        widths.append(info.geometry.width)
        said.append(encoded[item.offset + starts[at] : item.offset + starts[at + 1]].decode())
    return Run(item.analysis.font, tuple(glyphs), tuple(widths), tuple(said))


def split_first_line(  # noqa: PLR0913 - the signature is WeasyPrint's
    text: str,
    style: Any,
    context: Any,
    max_width: float | None,
    justification_spacing: float,
    is_line_start: bool = True,
    minimum: bool = False,
) -> Any:
    """Answer from the one layout if the whole text fits, or from memory; else as WeasyPrint does."""
    measured = _measured(text, style, context)
    if measured is not None and not justification_spacing:
        if max_width is None or measured.width <= max_width or style["white_space"] in _NOWRAP:
            layout = MeasuredLayout(text, measured, measured.direction, max_width)
            return layout, measured.length, None, measured.width, measured.height, measured.baseline
        if len(text) <= _SHORT:
            line = _first_line(text, style, context, max_width, is_line_start, minimum)
            return MeasuredLayout(line.text, line.measured, line.direction, max_width), *line.metrics
    return _split_first_line(text, style, context, max_width, justification_spacing, is_line_start, minimum)


def _first_line(text: str, style: Any, context: Any, *rest: Any) -> FirstLine:
    key = (text, _key_of(style), *rest)
    found = _first_lines.get(key)
    if found is None:
        width, is_line_start, minimum = rest
        layout, *metrics = _split_first_line(text, style, context, width, 0, is_line_start, minimum)
        line = _measured(layout.text, style, context)
        is_same = line is not None and [line.width, line.height, line.baseline] == metrics[2:]
        found = FirstLine(layout.text, line if is_same else None, layout.first_line_direction, tuple(metrics))
        _first_lines[key] = found
    return found


def draw_text(stream: Any, textbox: Any, offset_x: float, text_overflow: str, block_ellipsis: Any) -> None:
    """Draw the glyphs that were measured; else as WeasyPrint does."""
    layout, style = textbox.pango_layout, textbox.style
    is_measured = type(layout) is MeasuredLayout and layout.measured is not None and layout.text == textbox.text
    if not is_measured or text_overflow == "ellipsis" or block_ellipsis != "none" or not _key_of(style):
        _draw_text(stream, textbox, offset_x, text_overflow, block_ellipsis)
        return
    if style["visibility"] != "visible":
        return
    # Nothing is shown of blanks, ideographic ones too, so their font need not hold them.
    ready = _strings(stream, layout.measured) if textbox.text.strip() else ()
    if ready is None:
        _draw_text(stream, textbox, offset_x, text_overflow, block_ellipsis)
        return
    stream.set_color(style["color"])
    stream.begin_text()
    if ready:
        stream.set_text_matrix(1, 0, 0, -1, textbox.position_x, textbox.position_y + textbox.baseline)
        for font_hash, font_size, string in ready:
            stream.set_font_size(font_hash, font_size)
            stream.show_text(string)
    stream.end_text()


_Shown = tuple[tuple[Any, float, bytes], ...]


@dataclass(slots=True)
class _File:
    """The strings of the PDF file that is being written; fonts are numbered by file."""

    fonts: Any = None
    shown: dict[MeasuredText, _Shown | None] = field(default_factory=dict)


_file = _File()


def _strings(stream: Any, measured: MeasuredText) -> _Shown | None:
    """What to show for a text in this PDF file."""
    if _file.fonts is not stream._fonts:
        _file.fonts, _file.shown = stream._fonts, {}
    if measured not in _file.shown:
        _file.shown[measured] = _shown(stream, measured.runs)
    return _file.shown[measured]


def _shown(stream: Any, runs: tuple[Run, ...]) -> _Shown | None:
    parts: list[tuple[Any, float, bytes]] = []
    before = None
    for run in runs:
        font, font_size = stream.add_font(run.font)
        if font.bitmap or font.svg or font.png or font.colr:
            return None
        string = _string(stream, run, font, font_size)
        if before is not None and run.font == before:
            parts[-1] = (*parts[-1][:2], parts[-1][2] + string)
        else:
            parts.append((font.hash, font_size, string))
        before = run.font
    return tuple(parts)


def _string(stream: Any, run: Run, font: Any, font_size: float) -> bytes:
    string = "<"
    for glyph, width, said in zip(run.glyphs, run.widths, run.said, strict=True):
        font.to_unicode.setdefault(glyph, said)
        string += f"{glyph:04x}"
        logical = font.widths.get(glyph)
        if logical is None:
            pango.pango_font_get_glyph_extents(run.font, glyph, stream.ink_rect, stream.logical_rect)
            logical = font.widths[glyph] = round(stream.logical_rect.width * 1000 * FROM_UNITS / font_size)
        kerning = logical - width * 1000 * FROM_UNITS / font_size
        if kerning:
            string += f">{int(kerning)}<"
    return (string[:-1] if string[-1] == "<" else string + ">").encode()


def show(stream: Any, layout: Any, style: Any, x: float, baseline: float) -> None:
    """Write one line of text, laid out by `split_first_line`, in the present colour."""
    is_measured = type(layout) is MeasuredLayout and layout.measured is not None
    ready = _strings(stream, layout.measured) if is_measured else None
    stream.begin_text()
    if ready is not None:
        stream.set_text_matrix(1, 0, 0, -1, x, baseline)
        for font_hash, font_size, string in ready:
            stream.set_font_size(font_hash, font_size)
            stream.show_text(string)
    else:
        layout.reactivate(style)
        line = SimpleNamespace(text=layout.text, style=style, pango_layout=layout)
        draw_first_line(stream, line, "clip", "none", Matrix(d=-1, e=x, f=baseline))
        layout.deactivate()
    stream.end_text()


def line_metrics(style: Any) -> tuple[float, float]:
    """Line height and baseline of a style, asked for once a style."""
    try:
        found: tuple[float, float] = style.louda_strut
    except AttributeError:
        found = style.louda_strut = _strut(style)
    return found


def is_installed() -> bool:
    """Whether WeasyPrint uses these functions."""
    return bool(inline.split_first_line is split_first_line)


def install() -> None:
    """Put all in their places; harmless when done already."""
    inline.strut = line_metrics
    inline.split_first_line = split_first_line
    preferred.split_first_line = split_first_line
    drawing.draw_text = draw_text


def uninstall() -> None:
    """Give WeasyPrint its own functions back."""
    inline.strut = _strut
    inline.split_first_line = _split_first_line
    preferred.split_first_line = _split_first_line
    drawing.draw_text = _draw_text
    forget()
