"""HTML to PDF by WeasyPrint (with the other modules whose names begin with pdf, the only ones that import it).

Runs in a child process, see `app.printing.renderer.child`.
"""

import gc
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from weasyprint import CSS, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from app.printing.layout import qr
from app.printing.layout.geometry import Box
from app.printing.layout.picture import split
from app.printing.limits import ForbiddenFetch, RenderTooLarge
from app.printing.pdf.marks import boxes_of, mark_corners
from app.printing.pdf.markup import SheetHtml
from app.printing.pdf.paint import images
from app.printing.pdf.patches import boxes as patches_boxes
from app.printing.pdf.patches import styles, text

ASSETS = Path(__file__).resolve().parents[2] / "static" / "print"
ASSET_SCHEME = "louda-asset"
_ASSET_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
FASTER = (text, patches_boxes, styles)
for _part in FASTER:
    _part.install()
_MISSING = re.compile(r"notdef glyph.*U\+([0-9A-F]{4,6})", re.IGNORECASE | re.DOTALL)


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Knows two addresses: a file of the project's print assets, and a QR code made on the spot.

    Everything else (http, file, data, other schemes) ends the render. FatalURLFetchingError derives from
    BaseException, so no ``except Exception`` on the way swallows it.
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self.refused: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return the asset or the QR code behind ``url``.

        Raises:
            FatalURLFetchingError: anything else.
        """
        scheme, _, rest = url.partition(":")
        if scheme == qr.SCHEME:
            return URLFetcherResponse(url, qr.png(qr.text_of_url(url)), {"Content-Type": "image/png"})
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


def _documents(sheets: Sequence[str], style: str, max_pages: int, fetcher: AssetFetcher) -> list[Document]:
    documents = []
    for sheet in sheets:
        drawn, html = split(sheet)
        page = SheetHtml(html, fetcher, lambda: _style("base.css"))
        document = page.render(font_config=_fonts(), stylesheets=[_style(style)], cache=images(drawn, _fonts()))
        if len(document.pages) > max_pages:
            raise RenderTooLarge(f"{len(document.pages)} pages, {max_pages} allowed")
        documents.append(document)
    return documents


def _boxes(document: Document) -> tuple[Box, ...]:
    """The boxes of a sheet; one that has any gets corner marks."""
    found = tuple(boxes_of(document.pages))
    if found:
        mark_corners(document.pages)
    return found


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
    documents = _documents(sheets, style, max_pages, fetcher)
    boxes = tuple(_boxes(document) for document in documents)
    counts = tuple(len(document.pages) for document in documents)
    pages = [page for document in documents for page in document.pages]
    return ChunkPdf(documents[0].copy(pages).write_pdf(), counts, (), boxes)
