"""A sheet as WeasyPrint lays it out: where each text lies, and in which box it should lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from app.printing.layout.picture import split
from app.printing.pdf.html import html_of
from app.printing.pdf.paint import images
from app.printing.pdf.render import ASSETS, AssetFetcher
from app.printing.sheet import Sheet
from tests.printing.invented import stamped

_PIXELS_A_MM = 96 / 25.4
_SLACK_MM = 0.4
_ABOVE = 0.88  # of the em, from the base line upwards


@dataclass(frozen=True)
class Area:
    """A rectangle in millimetres from the top left corner of its page."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Area, slack: float = _SLACK_MM) -> bool:
        """Whether the other lies inside."""
        return (
            other.left >= self.left - slack
            and other.right <= self.right + slack
            and other.top >= self.top - slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True)
class Text:
    """A run of text, the box that must hold it (cell, label or page), and what kind of box that is."""

    page: int
    text: str
    area: Area
    within: Area
    kind: str


def bilingual(sheet: Sheet) -> Sheet:
    """The same sheet in two languages."""
    return replace(sheet, head=replace(sheet.head, is_bilingual=True))


def pages_of(sheet: Sheet) -> list[Any]:
    """The laid out pages of a sheet; rows that are drawn in one piece hold their own texts and are no boxes here."""
    fonts = FontConfiguration()
    style = CSS(filename=str(ASSETS / "sheets.css"), url_fetcher=AssetFetcher(), font_config=fonts)
    drawn, html = split(html_of(stamped(sheet)))
    page = HTML(string=html, url_fetcher=AssetFetcher(), media_type="print")
    return list(page.render(font_config=fonts, stylesheets=[style], cache=images(drawn, fonts)).pages)


def _area(x: float, y: float, width: float, height: float) -> Area:
    return Area(x / _PIXELS_A_MM, y / _PIXELS_A_MM, (x + width) / _PIXELS_A_MM, (y + height) / _PIXELS_A_MM)


def _is_label(box: Any) -> bool:
    element = box.element
    return element is not None and box.element_tag == "div" and "label" in (element.get("class") or "").split()


def _walk(box: Any, within: Area, kind: str) -> Iterator[tuple[Any, Area, str]]:
    if type(box).__name__ == "TableCellBox" or _is_label(box):
        within = _area(box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height())
        kind = "label" if _is_label(box) else "cell"
    if type(box).__name__ == "TextBox":
        yield box, within, kind
    for child in getattr(box, "children", ()):
        yield from _walk(child, within, kind)


def texts_of(sheet: Sheet) -> Iterator[Text]:
    """Every visible run of text of a sheet."""
    for number, page in enumerate(pages_of(sheet), start=1):
        paper = _area(0, 0, page.width, page.height)
        for box, within, kind in _walk(page._page_box, paper, "page"):
            if box.text.strip() and box.style["visibility"] == "visible":
                size = box.style["font_size"]
                # The box of a text is as high as its font is deep; the ink of Chinese lies in one em around the line.
                top = box.position_y + box.baseline - _ABOVE * size
                area = _area(box.position_x, top, box.width, size)
                yield Text(number, box.text, area, within, kind)
