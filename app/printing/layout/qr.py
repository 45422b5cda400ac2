"""QR codes, one pixel a module, made inside the render process from text alone."""

import io
from functools import lru_cache
from urllib.parse import quote, unquote

import segno

SCHEME = "louda-qr"
_MAX_CHARACTERS = 600
QUIET = 2  # white modules around a code; the paper adds the rest


def qr_url(text: str) -> str:
    """Return the internal address under which the asset fetcher draws ``text``."""
    return f"{SCHEME}:{quote(text, safe='')}"


def text_of_url(url: str) -> str:
    """Return the text of an address made by `qr_url`."""
    return unquote(url.partition(":")[2])


@lru_cache(maxsize=2048)
def png(text: str) -> bytes:
    """Return a PNG of the QR code of ``text`` with a quiet zone of two modules; the paper adds the rest.

    Raises:
        ValueError: longer than 600 characters (a code nobody can scan from paper).
    """
    out = io.BytesIO()
    _code(text).save(out, kind="png", scale=1, border=QUIET)
    return out.getvalue()


@lru_cache(maxsize=2048)
def modules(text: str) -> tuple[int, bytes]:
    """Return the QR code of ``text`` with its quiet zone as a bitmap: side, and rows in hexadecimal where 0 is black.

    Raises:
        ValueError: as `png`.
    """
    matrix = _code(text).matrix
    side = len(matrix) + 2 * QUIET
    white = b"1" * side
    rows = [white] * QUIET + [b"1" * QUIET + bytes(49 - dark for dark in row) + b"1" * QUIET for row in matrix]
    whole = -(-side // 8)  # bytes a row; the last bits are filled up
    filled = (row.ljust(whole * 8, b"1") for row in [*rows, *[white] * QUIET])
    return side, b"".join(b"%0*x" % (whole * 2, int(row, 2)) for row in filled)


def is_short(text: str) -> bool:
    """Whether a code of the text can be scanned from paper."""
    return len(text) <= _MAX_CHARACTERS


def _code(text: str) -> segno.QRCode:
    if not is_short(text):
        raise ValueError("too much text for a printed QR code")
    # A fixed mask is four times as fast as trying all eight and scans as well at this size.
    return segno.make(text, error="m", micro=False, mask=3, boost_error=False)
