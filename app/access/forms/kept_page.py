"""A refused form comes back on the page it was made on, with what was typed; so does one that met an ended sign-in.

Each form carries the address of its page (`_page`). When its action is refused, that page is made again as it is now,
within the same request, and what was typed is put back into it: nothing is stored and nothing leaves this site, so
there is no draft to purge and no address to be led away to. A form that meets an ended sign-in rides along in the
sign-in page, signed and for the same account only, and is put back after the sign-in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from flask import Flask, Response, current_app, g, make_response, render_template, request, session
from flask.ctx import RequestContext
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from app.access.forms.refill import CARRIED, Typed, refill_page, with_notice
from app.access.rules import path_within
from app.access.schemas import Credentials, NewPassword, Secret
from app.access.sessions import ABSOLUTE, settings
from app.core.db import db
from app.core.errors import RETRY_AFTER_S, LoudaError, Refusal, request_id
from app.core.input.schemas import schema_of

BROUGHT_BACK = frozenset({400, 409, 422, 503})
# Fields that hold a password, of whatever form.
_OF_PASSWORDS = (schema_of(Credentials)(), schema_of(NewPassword)())
SECRET = frozenset(name for form in _OF_PASSWORDS for name, one in form.fields.items() if isinstance(one, Secret))
HOPS = 2  # a page may redirect to where its content is now
MOST_KEPT = 400_000  # characters that ride along in a sign-in page
_IN_PATHS = "/:@!$&'()*+,;=~"
_CODE = re.compile(r"[A-Za-z0-9_.:,+ -]*")  # choices, numbers, dates, codes: nobody has to type them again


@dataclass(frozen=True)
class Sent:
    """A form as it was sent: the page it was on, the path it went to, what was typed; `account` 0 for nobody known."""

    page: str
    action: str
    typed: Typed
    account: int = 0

    @property
    def words(self) -> str:
        """What somebody wrote in words, a line each: shown where there is no field for it any more."""
        return "\n".join(value for _name, value in self.typed if not _CODE.fullmatch(value))


@dataclass(frozen=True)
class Notice:
    """What the page says at its top. `kind`: refused, stale, expired, busy or kept."""

    kind: str
    sentence: str
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)
    theirs: Mapping[str, str] = field(default_factory=dict)


def register_kept_pages(app: Flask) -> None:
    """Templates get `page_address()` for the field `_page` of a form; a page that a view made itself in answer to a
    form it refused keeps what was typed, too. Register before what compresses answers, so that it runs after it.
    """
    app.jinja_env.globals["page_address"] = page_address

    @app.after_request
    def keep(response: Response) -> Response:
        is_refused = request.method == "POST" and response.status_code in (409, 422)
        if not is_refused or g.get("is_kept") or response.mimetype != "text/html" or response.is_streamed:
            return response
        sent = sent_form()
        if sent is not None and sent.page:
            own = quote(request.path, safe=_IN_PATHS)
            response.set_data(refill_page(response.get_data(as_text=True), own, sent.action, sent.typed).html)
        return response


def page_address() -> str:
    """Path and query of the page that is being made; of an answer to a form, the page that the form was on."""
    if request.method in ("GET", "HEAD"):
        path, query = quote(request.path, safe=_IN_PATHS), request.query_string.decode("latin-1")
        return path_within(f"{path}?{query}") or path if query else path
    return path_within(request.form.get("_page")) or quote(request.path, safe=_IN_PATHS)


def sent_form() -> Sent | None:
    """The form of this request, as a browser sent it, but for passwords, which no page ever gives back; `page` is
    empty where it names none of ours."""
    if request.method != "POST" or request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        return None
    try:
        page = path_within(request.form.get("_page"))
    except HTTPException:  # too large or broken: nothing of it can be read
        return None
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in CARRIED | SECRET]
    return Sent(page or "", request.path, typed)


def refused_page(refusal: Refusal) -> Response | None:
    """The page of the refused form with what was typed, or None where there is no such page to show."""
    sent = sent_form() if refusal.status in BROUGHT_BACK else None
    if sent is None:
        return None
    if refusal.is_busy and (page := _page_that_sends_again(refusal)) is not None:
        return page
    if not sent.page:
        return None
    kind = {400: "expired", 503: "busy"}.get(refusal.status, "stale" if refusal.is_stale else "refused")
    problems = {name: [str(one) for one in said] for name, said in refusal.problems.items()}
    html = _refilled_page(sent, Notice(kind, str(refusal.sentence), problems, refusal.theirs))
    g.is_kept = html is not None
    return make_response(html, refusal.status) if html else None


def _page_that_sends_again(refusal: Refusal) -> Response | None:
    """A page that sends the form once more with the same key; None for files and passwords, which no page gives back.

    It is made without the page of the form, so that those who wait cost little.
    """
    fields = list(request.form.items(multi=True))
    if request.files or any(name in SECRET for name, _value in fields):
        return None
    if sum(len(value) for _name, value in fields) > MOST_KEPT:
        return None
    g.is_kept = True
    response = make_response(
        render_template(
            "again.html",
            sentence=refusal.sentence,
            action=quote(request.path, safe=_IN_PATHS),
            fields=fields,
            request_id=request_id(),
        ),
        refusal.status,
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _refilled_page(sent: Sent, notice: Notice) -> str | None:
    made = _fetch_page(sent.page)
    if made is None:
        return None
    page, html = made
    filled = refill_page(html, page, sent.action, sent.typed, notice.problems)
    sentences = [
        (filled.anchors.get(name, ""), sentence) for name, said in notice.problems.items() for sentence in said
    ]
    shown = current_app.jinja_env.get_template("kept_notice.html").render(
        notice=notice,
        theirs=list((notice.theirs or filled.now).items()) if notice.kind == "stale" else [],
        sentences=sentences or [("", notice.sentence)],
        found=filled.found,
        asks_file=filled.asks_file,
        words="" if filled.found else sent.words,
    )
    return with_notice(filled.html, shown, page)


def _fetch_page(page: str) -> tuple[str, str] | None:
    """A page as the present reader gets it now: its address and its text, or None if it is no page any more."""
    db.session.rollback()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    held: Any = session._get_current_object()  # type: ignore[attr-defined]
    for _hop in range(HOPS + 1):
        path, _mark, query = page.partition("?")
        environ = {
            **request.environ,
            "REQUEST_METHOD": "GET",
            "PATH_INFO": _wsgi(path),
            "QUERY_STRING": query,
            "CONTENT_LENGTH": "",
            "CONTENT_TYPE": "",
            "wsgi.input": io.BytesIO(),
        }
        environ.pop("HTTP_HX_REQUEST", None)
        with app.app_context(), RequestContext(app, environ, session=held):
            answer = _answer(app)
        if answer is None:
            return None
        if answer.status_code == 200:
            return (page, answer.get_data(as_text=True)) if answer.mimetype == "text/html" else None
        there = path_within(answer.headers.get("Location"))
        if answer.status_code not in (301, 302, 303, 307, 308) or there is None or there.startswith("/sign-in"):
            return None
        page = there.partition("#")[0]
    return None


def _answer(app: Flask) -> Response | None:
    try:
        found = app.preprocess_request()
        return app.make_response(app.dispatch_request() if found is None else found)
    except (LoudaError, HTTPException, DBAPIError):
        return None


def _wsgi(path: str) -> str:
    """A path of an address as WSGI has it: decoded bytes, one character each."""
    return unquote_to_bytes(path).decode("latin-1")


# --- an ended sign-in -------------------------------------------------------------------------------------------------
def serialized_form(sent: Sent | None, account: int) -> str:
    """A sent form as text for a hidden field of the sign-in page; empty where it is none or too long."""
    if sent is None or not sent.page or not sent.typed:
        return ""
    value = [sent.page, sent.action, [list(pair) for pair in sent.typed], account]
    text = str(_signer().dumps(value))
    return text if len(text) <= MOST_KEPT else ""


def deserialized_form(text: str | None) -> Sent | None:
    """The form of a sign-in page's hidden field; None for a foreign, changed or outlived one."""
    if not text:
        return None
    try:
        page, action, typed, account = _signer().loads(text, max_age=int(ABSOLUTE.total_seconds()))
    except (BadData, ValueError):
        return None
    return Sent(page, action, [(name, value) for name, value in typed], account)


def page_after_sign_in(sent: Sent, sentence: str) -> Response | None:
    """After a sign-in: the page that the form was on, with what was typed, for the account that typed it."""
    html = _refilled_page(sent, Notice("kept", sentence))
    return make_response(html) if html else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="form kept over a sign-in")


def typed_text_of_request() -> str:
    """What was written in words in the form of this request, for an error page to give back."""
    sent = sent_form()
    return sent.words if sent else ""
