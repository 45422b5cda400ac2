"""Pages travel compressed: an order form of sixty goods is 8 KB instead of 60, which a slow phone feels.

A page that mixes a secret with what a stranger chose tells its secret by its length (BREACH). Pages that a stranger
can make a browser fetch with its cookies are few here (SameSite=Lax); on top, each answer carries a random number of
bytes in the file name of the gzip header, as Django does ("Heal the Breach", arXiv:2203.08252).
"""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Response, request

SMALLEST = 600  # bytes; below, the header costs more than is saved
PADDING = 100  # bytes at most
LEVEL = 6


def compress_response(response: Response) -> Response:
    """The response, compressed if it is text of some size and the browser takes it."""
    if not _is_worth_it(response):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") <= 0:
        return response
    held = io.BytesIO()
    name = "p" * secrets.randbelow(PADDING)
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=LEVEL, fileobj=held, mtime=0) as out:
        out.write(response.get_data())
    response.set_data(held.getvalue())
    response.content_encoding = "gzip"
    return response


def _is_worth_it(response: Response) -> bool:
    return (
        response.mimetype in ("text/html", "application/json")
        and not response.is_streamed
        and not response.direct_passthrough
        and response.content_encoding is None
        and (response.content_length or 0) >= SMALLEST
    )
