"""The second code of a sheet that comes back: number and page, small enough to be read from a poor photograph.

The code in the head says an address, which is for its holder's phone; on the pages that follow there was none, and a
photograph of such a page named neither sheet nor page. This one says ``HO-12-1-34-V2-F/2`` in 21 modules a side, on
each page. It is drawn when parts are joined: only then the pages of a sheet are counted.
"""

from __future__ import annotations

import pikepdf

from app.printing.layout import qr

SIDE_MM = 20.5  # with the quiet zone
_POINTS = 72 / 25.4
_LANDSCAPE_MARGIN_MM, _PORTRAIT_MARGIN_MM = 11.0, 12.0
_BESIDE_MM = 22.0 + SIDE_MM  # from the margin to its left edge, where the code of the head stands beside it
_TOP_FIRST_MM, _TOP_MM = 10.0, 5.0


def code_place(width_mm: float, height_mm: float, page: int) -> tuple[float, float]:
    """Left and top of the code on a page of the sheet (from 1), in millimetres from the top left of the paper."""
    margin = _LANDSCAPE_MARGIN_MM if width_mm > height_mm else _PORTRAIT_MARGIN_MM
    if page == 1:
        return width_mm - margin - _BESIDE_MM, _TOP_FIRST_MM
    return width_mm - margin - SIDE_MM, _TOP_MM


def draw_code(pdf: pikepdf.Pdf, page: pikepdf.Page, number: str, at: int) -> None:
    """Draw the code of sheet ``number`` on its page ``at`` (from 1), which lies in this PDF."""
    left, bottom, right, top = (float(edge) / _POINTS for edge in page.mediabox)
    x, y = code_place(right - left, top - bottom, at)
    modules, rows = qr.modules(f"{number}/{at}")
    side = SIDE_MM * _POINTS
    place = (side, side, x * _POINTS, (top - bottom - y) * _POINTS - side)
    image = b"BI /W %d /H %d /BPC 1 /CS /G /F /AHx ID %s> EI" % (modules, modules, rows)
    page.contents_add(pdf.make_stream(b"q %.3f 0 0 %.3f %.3f %.3f cm %s Q" % (*place, image)))
