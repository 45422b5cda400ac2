"""What is refused before the application sees it: a foreign host name and control characters in an address or cookie.

Pages need a trusted name and clean text to be made at all (links, redirects, templates), so these refusals are plain:
two sentences, every security header, one line in the log. The gate also reads what is left of a body that nobody
wanted: a server that answers "too large" and closes with the rest unread makes the browser show a lost connection
instead of the answer.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from logging import Logger
from typing import IO, Any, cast
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import SecurityError
from werkzeug.http import parse_cookie
from werkzeug.sansio.utils import get_host
from werkzeug.wrappers import Response

from app.core.errors import API_PREFIX, PROBLEM_JSON

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
CONTROL_BUT_TAB = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")  # a tab comes along with a copied cell
READ_ON_BYTES = 64 * 1024 * 1024
READ_ON_S = 20.0
PART = 64 * 1024

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>请求不完整 · 楼达</title></head>
<body><main><h1>请求不完整</h1>
<p>{zh}</p>
<p lang="en">{en}</p></main></body></html>
"""
_HOST = (
    "这个网址不是本站的名字。请用海报或管理员给的网址重新打开。",
    "This is not the name of this site. Please open the address on the poster or the one your administrator gave you.",
)
_CHARACTERS = (
    "网址里有不能显示的字符。请从首页重新进入，或重新扫码。",
    "The address holds characters that cannot be shown. Please start from the first page, or scan the code again.",
)


class RequestGate:
    """WSGI middleware; `headers` is what every answer carries, `trusted` the names of the site (empty: any)."""

    def __init__(self, inner: Wsgi, trusted: Iterable[str], headers: Mapping[str, str], log: Logger) -> None:
        self.inner, self.trusted, self.headers, self.log = inner, tuple(trusted), dict(headers), log

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        body = Body(environ)
        environ["wsgi.input"] = body
        try:
            yield from self._answer(environ, start_response)
        finally:
            body.read_on()

    def _answer(self, environ: Environ, start_response: Any) -> Iterator[bytes]:
        reason = self._reason(environ)
        if reason is None:
            answer = self.inner(environ, start_response)
            try:
                yield from answer
            finally:
                if hasattr(answer, "close"):
                    answer.close()
            return
        kind, (zh, en) = reason
        self.log.warning("refused before the application: %s, %s", kind, environ.get("REQUEST_METHOD", "")[:10])
        is_api = str(environ.get("PATH_INFO", "")).startswith(API_PREFIX)
        page = _problem(zh, en) if is_api else Response(_PAGE.format(zh=zh, en=en), 400, mimetype="text/html")
        page.headers.extend(self.headers)
        yield from page(cast(Any, environ), start_response)

    def _reason(self, environ: Environ) -> tuple[str, tuple[str, str]] | None:
        server = (environ.get("SERVER_NAME", ""), int(environ.get("SERVER_PORT") or 0))
        try:
            host = get_host(environ.get("wsgi.url_scheme", "http"), environ.get("HTTP_HOST"), server, self.trusted)
        except SecurityError:
            return "foreign host name", _HOST
        if not host:
            return "unreadable host name", _HOST
        if CONTROL.search(_text(environ.get("PATH_INFO", "").encode("latin-1"))):
            return "control character in the path", _CHARACTERS
        if CONTROL_BUT_TAB.search(_text(unquote_to_bytes(environ.get("QUERY_STRING", "").encode("latin-1")))):
            return "control character in the query", _CHARACTERS
        cookie = environ.get("HTTP_COOKIE", "")
        values = parse_cookie(cookie).values() if "\\" in cookie else ()
        if CONTROL.search(cookie) or any(CONTROL.search(value) for value in values):
            return "control character in a cookie", _CHARACTERS
        return None


def _problem(zh: str, en: str) -> Response:
    """The same for a program (RFC 9457)."""
    said = {
        "type": "urn:louda:problem:bad-request",
        "title": "请求不完整",
        "status": 400,
        "detail": f"{zh} {en}",
        "problems": {},
        "stored": {},
        "request_id": "",
    }
    return Response(json.dumps(said, ensure_ascii=False), 400, content_type=PROBLEM_JSON)


def _text(raw: bytes) -> str:
    """Bytes of an address as the application reads them."""
    return raw.decode("utf-8", "replace")


class Body:
    """The body of a request, counted, so that what is left of it can be read when the answer is there."""

    def __init__(self, environ: Environ) -> None:
        self._inner: IO[bytes] = environ["wsgi.input"]
        length = str(environ.get("CONTENT_LENGTH") or "")
        self._is_endless = bool(environ.get("wsgi.input_terminated")) and not length  # in chunks: ends by itself
        self._left = int(length) if length.isdecimal() else 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, as the server's own stream gives them."""
        return self._count(self._inner.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._count(self._inner.readline(size))

    def readlines(self, hint: int = -1) -> list[bytes]:
        return [self._count(line) for line in self._inner.readlines(hint)]

    def __iter__(self) -> Iterator[bytes]:
        return (self._count(line) for line in self._inner)

    def read_on(self) -> None:
        """Read and forget the rest, up to a bound of bytes and time."""
        read, until = 0, time.monotonic() + READ_ON_S
        while (self._is_endless or self._left > 0) and read < READ_ON_BYTES and time.monotonic() < until:
            try:
                part = self._inner.read(PART if self._is_endless else min(PART, self._left))
            except (OSError, ValueError):  # the browser is gone, or said nonsense about its chunks
                return
            if not part:
                return
            self._left -= len(part)
            read += len(part)

    def _count(self, part: bytes) -> bytes:
        self._left -= len(part)
        return part
