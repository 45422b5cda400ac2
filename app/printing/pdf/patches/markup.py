"""A sheet's HTML as a tree, without what a web page needs.

It rebinds nothing, but fills in private attributes of WeasyPrint's HTML. Processor time of drop-off sheets without it:
1.28 ×, and 1.51 × where `styles` is missing too; the kit keeps its time only with both.

The templates are written so that they are well-formed XML as well, which the parser of the standard library reads in
a tenth of the time; anything else (control characters in a text, part of a page) is read as HTML. Instead of the style
sheet of a browser, with its five pseudo-elements for each element, `base.css` says what the few elements of our sheets
are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import ParseError, XMLParser

from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher


class SheetHtml(HTML):  # type: ignore[misc]
    """One sheet, ready to be rendered. ``base``: the style sheet below all others."""

    def __init__(self, sheet: str, url_fetcher: URLFetcher, base: Callable[[], CSS]) -> None:
        self._base = base
        root = _tree(sheet)
        if root is None:
            super().__init__(string=sheet, url_fetcher=url_fetcher, media_type="print")
            return
        self.base_url, self.url_fetcher, self.media_type = None, url_fetcher, "print"
        self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [self._base()]


def _tree(sheet: str) -> Any:
    """The root of a whole page that is well-formed, else None."""
    # Declarations of entities, the one danger of XML, cannot come from data: all data is escaped text.
    parser = XMLParser()  # noqa: S314
    try:
        parser.feed(sheet.lstrip())
        root = parser.close()
    except ParseError:
        return None
    return root if root.tag == "html" else None
