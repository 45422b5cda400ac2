"""Pages travel compressed: an order form of sixty goods is 8 KB instead of 60, which a slow phone feels.

A page that mixes a secret with what a stranger chose tells its secret by its length (BREACH). Pages that a stranger
can make a browser fetch with its cookies are few here (SameSite=Lax); on top, each answer carries a random number of
bytes in the file name of the gzip header, as Django does ("Heal the Breach", arXiv:2203.08252).
"""

from __future__ import annotations

import gzip
import io
import secrets
import zlib
from dataclasses import dataclass

from flask import Response, g, request

SMALLEST = 600  # bytes; below, the header costs more than is saved
PADDING = 100  # bytes at most
LEVEL = 6


@dataclass(frozen=True)
class PackedPart:
    """A part that many pages have word for word, and the same compressed: blocks that refer to nothing outside it."""

    body: bytes
    blocks: bytes

    @classmethod
    def of(cls, text: str) -> PackedPart:
        """Compress a part for good, so it may take its time."""
        body = text.encode()
        return cls(body, _blocks(body, 9, zlib.Z_FULL_FLUSH))


def send_packed(part: PackedPart) -> None:
    """The page that is made for this request holds this part; if it does so indeed, it is not compressed again."""
    g.packed_part = part


def compress_response(response: Response) -> Response:
    """The response, compressed if it is text of some size and the browser takes it."""
    if not _is_worth_it(response):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") <= 0:
        return response
    name = "p" * secrets.randbelow(PADDING)
    part: PackedPart | None = g.pop("packed_part", None)
    body = response.get_data()
    before, found, after = body.partition(part.body) if part is not None else (body, b"", b"")
    response.set_data(_joined(name, before, part, after) if part is not None and found else _whole(name, body))
    response.content_encoding = "gzip"
    return response


def _whole(name: str, body: bytes) -> bytes:
    held = io.BytesIO()
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=LEVEL, fileobj=held, mtime=0) as out:
        out.write(body)
    return held.getvalue()


def _joined(name: str, before: bytes, part: PackedPart, after: bytes) -> bytes:
    """One gzip member (RFC 1952) of deflate blocks (RFC 1951) that end at bytes and so may be put one behind the other.

    Each part is compressed without looking at the others: what is secret in one tells nothing by the length of another.
    """
    head = b"\x1f\x8b\x08\x08" + bytes(4) + b"\x00\xff" + name.encode("latin-1") + b"\x00"
    check = zlib.crc32(after, zlib.crc32(part.body, zlib.crc32(before)))
    size = len(before) + len(part.body) + len(after)
    tail = check.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    first, last = _blocks(before, LEVEL, zlib.Z_FULL_FLUSH), _blocks(after, LEVEL, zlib.Z_FINISH)
    return head + first + part.blocks + last + tail


def _blocks(body: bytes, level: int, end: int) -> bytes:
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(body) + squeeze.flush(end)


def _is_worth_it(response: Response) -> bool:
    return (
        response.mimetype in ("text/html", "application/json")
        and not response.is_streamed
        and not response.direct_passthrough
        and response.content_encoding is None
        and (response.content_length or 0) >= SMALLEST
    )
