"""HTML to PDF by WeasyPrint; this folder is the only one that imports it.

Runs in a child process, see `app.printing.renderer.child`.
"""

import gc
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from app.printing.layout import qr
from app.printing.layout.geometry import Box
from app.printing.layout.picture import SCHEME as PICTURE_SCHEME
from app.printing.layout.picture import boxes_in, split
from app.printing.limits import ForbiddenFetch, RenderTooLarge
from app.printing.pdf.marks import boxes_of
from app.printing.pdf.patches import switch
from app.printing.pdf.release import is_tested_release
from app.printing.pdf.svg import svg_of

ASSETS = Path(__file__).resolve().parents[2] / "static" / "print"
ASSET_SCHEME = "louda-asset"
_ASSET_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
_MISSING = re.compile(r"notdef glyph.*U\+([0-9A-F]{4,6})", re.IGNORECASE | re.DOTALL)


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Knows three addresses: a file of the project's print assets, a QR code made on the spot, and a drawing that is
    one of the ``drawings`` of the present sheet.

    Everything else (http, file, data, other schemes) ends the render. FatalURLFetchingError derives from
    BaseException, so no ``except Exception`` on the way swallows it.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self.refused: list[str] = []
        self.drawings: Sequence[Any] = ()

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return the asset or the QR code behind ``url``.

        Raises:
            FatalURLFetchingError: anything else.
        """
        scheme, _, rest = url.partition(":")
        if scheme == qr.SCHEME:
            return URLFetcherResponse(url, qr.png(qr.text_of_url(url)), {"Content-Type": "image/png"})
        if scheme == PICTURE_SCHEME and rest.isdecimal() and int(rest) < len(self.drawings):
            return URLFetcherResponse(url, svg_of(self.drawings[int(rest)]), {"Content-Type": "image/svg+xml"})
        if scheme == ASSET_SCHEME:
            path = (ASSETS / unquote(rest)).resolve()
            if path.is_relative_to(ASSETS) and path.suffix in _ASSET_TYPES and path.is_file():
                return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": _ASSET_TYPES[path.suffix]})
        # Drawing an SVG image swallows even this error, so the refusal is also written down.
        self.refused.append(url[:80])
        raise FatalURLFetchingError(f"not an asset of the print templates: {url[:80]!r}")


@dataclass(frozen=True)
class ChunkPdf:
    """A rendered chunk: one PDF, pages of each sheet in order, characters that no font has, boxes of each sheet."""

    pdf: bytes
    pages: tuple[int, ...]
    missing: tuple[str, ...]
    boxes: tuple[tuple[Box, ...], ...] = ()


class _MissingGlyphs(logging.Handler):
    """Collects the characters that WeasyPrint had to draw as boxes."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.characters: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        found = _MISSING.search(record.getMessage())
        if found:
            self.characters.add(chr(int(found[1], 16)))


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@cache
def _style(name: str) -> CSS:
    return CSS(filename=str(ASSETS / name), url_fetcher=AssetFetcher(), font_config=_fonts())


def _pictures(drawn: Sequence[Any], fetcher: AssetFetcher) -> dict[str, Any]:
    """The pictures of a sheet as images by address; none where the fetcher has to give them as SVG drawings."""
    if not is_tested_release():
        fetcher.drawings = drawn
        return {}
    # Imported late: on another release already the names that it imports may be gone.
    from app.printing.pdf.paint import images

    return images(drawn, _fonts())


def _page(html: str, fetcher: AssetFetcher) -> HTML:
    """A sheet ready to be laid out."""
    if not switch.is_installed():
        return HTML(string=html, url_fetcher=fetcher, media_type="print")
    from app.printing.pdf.patches.markup import SheetHtml

    return SheetHtml(html, fetcher, lambda: _style("base.css"))


def _laid_out(sheet: str, style: str, fetcher: AssetFetcher) -> tuple[Document, tuple[Box, ...]]:
    """A sheet on its pages, and its boxes."""
    drawn, html = split(sheet)
    page = _page(html, fetcher)
    document = page.render(font_config=_fonts(), stylesheets=[_style(style)], cache=_pictures(drawn, fetcher))
    return document, tuple(boxes_of(document.pages, boxes_in(drawn)))


def render_chunk(sheets: Sequence[str], max_pages: int, style: str = "sheets.css") -> ChunkPdf:
    """Render each HTML sheet as its own document (own page count) and join them into one PDF.

    Raises:
        ForbiddenFetch: a sheet refers to anything but the project's own assets.
        RenderTooLarge: a sheet has more than ``max_pages`` pages.
    """
    glyphs, fetcher = _MissingGlyphs(), AssetFetcher()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(glyphs)
    # Layout makes millions of short-lived objects; looking for cycles among them again and again costs a tenth of the
    # time. Most die with the chunk by themselves: one look afterwards, when nothing refers to it any more, is short.
    gc.disable()
    try:
        chunk = _chunk(sheets, style, max_pages, fetcher)
    except FatalURLFetchingError as error:
        raise ForbiddenFetch(str(error)) from error
    finally:
        logger.removeHandler(glyphs)
        gc.enable()
        gc.collect()
    if fetcher.refused:
        raise ForbiddenFetch(f"not an asset of the print templates: {fetcher.refused[0]!r}")
    return replace(chunk, missing=tuple(sorted(glyphs.characters)))


def _chunk(sheets: Sequence[str], style: str, max_pages: int, fetcher: AssetFetcher) -> ChunkPdf:
    documents, boxes = [], []
    for sheet in sheets:
        document, own = _laid_out(sheet, style, fetcher)
        if len(document.pages) > max_pages:
            raise RenderTooLarge(f"{len(document.pages)} pages, {max_pages} allowed")
        documents.append(document)
        boxes.append(own)
    counts = tuple(len(document.pages) for document in documents)
    pages = [page for document in documents for page in document.pages]
    return ChunkPdf(documents[0].copy(pages).write_pdf(), counts, (), tuple(boxes))
