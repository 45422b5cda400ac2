"""The stamp on a version that does not hold any more: drawn across each page when it is downloaded again.

The file under its hash stays as it was printed; the stamp is put on the copy that leaves. The two characters 作废 are
outlines (from Noto Sans CJK SC Bold, SIL Open Font License), so no font is embedded and nothing is rendered.
"""

from __future__ import annotations

import math

import pikepdf

_UNITS = 1000  # of the outlines, a character
_GLYPHS = (
    b"516 840 m 470 696 391 551 302 461 c 328 442 375 399 394 377 c 440 429 485 497 526 572 c 563 572 l 563 -89 l "
    b"687 -89 l 687 133 l 960 133 l 960 245 l 687 245 l 687 358 l 947 358 l 947 467 l 687 467 l 687 572 l 972 572 l "
    b"972 686 l 582 686 l 600 727 617 769 631 810 c h 251 846 m 200 703 113 560 22 470 c 43 440 77 371 88 342 c 109 "
    b"364 130 388 150 414 c 150 -88 l 271 -88 l 271 600 l 308 668 341 739 367 809 c h 1292 365 m 1302 375 1349 380 "
    b"1401 380 c 1453 380 l 1396 254 1313 157 1192 92 c 1221 228 1227 378 1227 488 c 1227 655 l 1959 655 l 1959 768 "
    b"l 1628 768 l 1617 797 1602 831 1590 858 c 1461 836 l 1487 768 l 1104 768 l 1104 488 l 1104 338 1099 122 1023 "
    b"-25 c 1053 -37 1107 -72 1130 -94 c 1156 -43 1175 17 1189 80 c 1213 55 1246 11 1258 -12 c 1330 31 1391 83 1442 "
    b"144 c 1465 118 1490 94 1517 72 c 1452 40 1380 16 1306 1 c 1328 -24 1357 -68 1370 -97 c 1459 -73 1544 -41 1621 "
    b"3 c 1701 -42 1794 -74 1898 -94 c 1914 -64 1945 -16 1970 8 c 1880 21 1797 44 1725 74 c 1792 129 1847 196 1884 "
    b"279 c 1801 321 l 1780 316 l 1550 316 l 1560 337 1569 358 1578 380 c 1939 380 l 1939 486 l 1816 486 l 1875 526 "
    b"l 1852 556 1806 605 1773 639 c 1687 585 l 1713 555 1747 516 1770 486 c 1613 486 l 1626 531 1638 579 1647 629 c "
    b"1530 647 l 1520 590 1508 536 1493 486 c 1406 486 l 1425 527 1443 577 1450 623 c 1328 637 l 1320 578 1293 518 "
    b"1286 503 c 1277 486 1265 474 1253 470 c 1266 442 1285 391 1292 365 c h 1704 213 m 1679 183 1649 156 1615 131 c "
    b"1578 155 1545 183 1518 213 c h "
)
_FONT = "/LoudaVoid"


def stamp_void(pdf: pikepdf.Pdf, note: str) -> None:
    """Stamp all pages of a PDF; ``note`` is ASCII (numbers) and printed small at the head, where machines find it."""
    helvetica = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    for page in pdf.pages:
        left, bottom, right, top = (float(edge) for edge in page.mediabox)
        page.contents_add(b"q", prepend=True)
        page.contents_add(b"Q " + _across(left, bottom, right, top) + _head(left, top, note))
        resources = page.obj.get("/Resources") or pikepdf.Dictionary()
        fonts = pikepdf.Dictionary(dict(resources.get("/Font", pikepdf.Dictionary()).items()))
        fonts[_FONT] = helvetica
        own = pikepdf.Dictionary(dict(resources.items()))
        own["/Font"] = fonts
        page.obj["/Resources"] = own


def _across(left: float, bottom: float, right: float, top: float) -> bytes:
    """Outlined characters along the diagonal: what is below stays readable, in black and white too."""
    width, height = right - left, top - bottom
    scale = min(width, height) * 0.42 / _UNITS
    turn = math.atan2(height, width)
    x = left + width / 2 - scale * _UNITS * math.cos(turn) + scale * 380 * math.sin(turn)
    y = bottom + height / 2 - scale * _UNITS * math.sin(turn) - scale * 380 * math.cos(turn)
    a, b = scale * math.cos(turn), scale * math.sin(turn)
    place = f"{a:.5f} {b:.5f} {-b:.5f} {a:.5f} {x:.2f} {y:.2f} cm"
    return f"q {place} {2.5 / scale:.2f} w 0 G 1 j ".encode() + _GLYPHS + b"S Q "


def _head(left: float, top: float, note: str) -> bytes:
    safe = "".join(c if c.isascii() and (c.isalnum() or c in " -:") else " " for c in note)
    return f"q BT {_FONT} 9 Tf 0 g {left + 40:.2f} {top - 16:.2f} Td (VOID {safe}) Tj ET Q ".encode()
