"""What can go wrong on purpose, and how each is shown. Every message is a sentence for the person who reads it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

RETRY_AFTER_S = 2
Sentence = Any  # a str or a lazily translated str


class LoudaError(Exception):
    """A refusal with a status and a sentence; nothing was written."""

    status = 400

    def __init__(self, sentence: Sentence = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Invalid(LoudaError):
    """Input that cannot be accepted: field name → sentences; `""` is the form as a whole."""

    status = 422

    def __init__(self, problems: dict[str, list[Sentence]] | Sentence) -> None:
        self.problems: dict[str, list[Sentence]] = problems if isinstance(problems, dict) else {"": [problems]}
        super().__init__(next(iter(self.problems.values()))[0] if self.problems else "")


class BadRequest(LoudaError):
    status = 400


class Forbidden(LoudaError):
    status = 403


class NotFound(LoudaError):
    """Does not exist, or is out of the reader's scope: the two look the same."""

    status = 404


class Conflict(LoudaError):
    """The present state does not allow it: an illegal step, a closed cycle, a stale edit."""

    status = 409


class Busy(LoudaError):
    """The turn to write did not come: too many wait already, or one takes long. Nothing was written; try again."""

    status = 503

    def __init__(self) -> None:
        super().__init__(_l("现在提交的人很多，还没有轮到。没有写入任何内容，请稍等再提交一次。"))


class StaleEdit(Conflict):
    """Somebody else saved in between. `theirs` holds what is stored now, as label → value."""

    def __init__(self, theirs: dict[str, str] | None = None) -> None:
        super().__init__(_l("这条记录刚被别人改过。请看最新内容，再决定要不要改。"))
        self.theirs = theirs or {}


_TITLES = {
    400: _l("请求不完整"),
    401: _l("请先登录"),
    403: _l("没有权限"),
    404: _l("没有找到"),
    405: _l("不能这样打开"),
    409: _l("现在不能这样做"),
    413: _l("内容太大"),
    415: _l("格式不对"),
    422: _l("内容有误"),
    429: _l("太频繁了"),
    500: _l("系统出错了"),
    503: _l("暂时不能保存"),
}
_SENTENCES = {
    400: _l("请求里缺少内容或格式不对，请返回重试。"),
    401: _l("这次登录已经结束，刚才的内容没有提交。请重新登录或重新扫码进入。"),
    403: _l("您的账号没有这项权限。如需开通，请联系街道管理员。"),
    404: _l("地址不对，或者它不在您负责的范围内。"),
    405: _l("这个地址不能这样打开，请从页面上的按钮进入。"),
    409: _l("现在的情况不允许这样做，没有写入任何内容。请刷新页面，看看最新的情况。"),
    413: _l("提交的内容太大：一个文件最多 5 MB。请分成几个小一点的，返回后再提交；没有写入任何内容。"),
    415: _l("这个地址只收 JSON：请把请求头 Content-Type 设为 application/json。"),
    422: _l("提交的内容有误，没有写入任何内容。请改正后重试。"),
    429: _l("操作太频繁，请稍等几分钟再试。"),
    500: _l("刚才的操作没有完成，没有写入任何内容。请重试；若仍不行，请把下面的编号告诉管理员。"),
    503: _l("系统暂时无法保存，请稍后再试。已保存的内容不受影响。"),
}


def request_id() -> str:
    """A short id of the present request, for log lines and error pages; empty outside of one."""
    if not has_request_context():
        return ""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)


def _page(status: int, sentence: Sentence = "", **more: Any) -> Response:
    title = _TITLES.get(status, _TITLES[400])
    text = str(sentence or _SENTENCES.get(status, _SENTENCES[400]))
    body = render_template(
        "error.html", status=status, title=str(title), sentence=text, request_id=request_id(), back=request.path, **more
    )
    return make_response(body, status)


_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}


@dataclass(frozen=True)
class Refusal:
    """What was refused and why: field → sentences where a field is wrong; after a stale edit what is stored now."""

    status: int
    sentence: Sentence
    problems: dict[str, list[Sentence]] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)
    is_stale: bool = False
    is_busy: bool = False  # only the turn to write did not come: the very same may be sent again


API_PREFIX = "/api/"
PROBLEM_JSON = "application/problem+json"


def is_api_request() -> bool:
    """Whether the present request is one to the JSON API, whose refusals are problems (RFC 9457)."""
    return request.path.startswith(API_PREFIX)


def wants_json() -> bool:
    """Whether the present request prefers JSON to a page. Browsers take anything, so they get pages."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def with_usual_sentence(refusal: Refusal) -> Refusal:
    """With the usual sentence of its status, where it brings none."""
    return replace(refusal, sentence=refusal.sentence or _SENTENCES.get(refusal.status, _SENTENCES[400]))


def refusal_as_json(refusal: Refusal) -> Response:
    """A refusal for a client that asked for JSON, with the status that a page would have.

    `{"status": 422, "code": "invalid", "message": sentence, "problems": {field: [sentence]}, "stored": {label: value},
    "request_id": text}`; `problems` of "" are the form's as a whole, `stored` is what a stale edit met.
    """
    code = "stale_edit" if refusal.is_stale else _CODES.get(refusal.status, "failed")
    response = jsonify(
        status=refusal.status,
        code=code,
        message=str(refusal.sentence),
        problems={name: [str(one) for one in said] for name, said in refusal.problems.items()},
        stored={str(label): str(value) for label, value in refusal.theirs.items()},
        request_id=request_id(),
    )
    response.status_code = refusal.status
    response.vary.add("Accept")
    return response


def refusal_as_problem(refusal: Refusal) -> Response:
    """A refusal of the JSON API as RFC 9457 has it.

    `{"type": "urn:louda:problem:invalid", "title": text, "status": 422, "detail": sentence, ...}` with the further
    members `problems`, `stored` and `request_id` of `refusal_as_json`.
    """
    response = refusal_as_json(refusal)
    said = response.get_json()
    body = {
        "type": f"urn:louda:problem:{said.pop('code').replace('_', '-')}",
        "title": str(_TITLES.get(refusal.status, _TITLES[400])),
        "detail": said.pop("message"),
        **said,
    }
    response.set_data(json.dumps(body, ensure_ascii=False))
    response.content_type = PROBLEM_JSON
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _headers_of(error: HTTPException) -> dict[str, str]:
    """When to come again, or which methods an address takes."""
    retry_after, methods = getattr(error, "retry_after", None), getattr(error, "valid_methods", None)
    said = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return {**said, "Allow": ", ".join(sorted(methods))} if methods else said


def register_error_pages(
    app: Flask, again: Callable[[Refusal], Response | None], words: Callable[[], str] = lambda: ""
) -> None:
    """One page for every refusal, or JSON for who asks for it; a failure that nobody foresaw shows its id and no more.

    `again` makes the page of the refused form once more, with what was typed, where there is one; `words` is what was
    written in words, to be given back where there is none.
    """

    @app.errorhandler(LoudaError)
    def refused(error: LoudaError) -> Response:
        theirs = error.theirs if isinstance(error, StaleEdit) else {}
        problems = error.problems if isinstance(error, Invalid) else {}
        kind = {"is_stale": isinstance(error, StaleEdit), "is_busy": isinstance(error, Busy)}
        return refusal(Refusal(error.status, error.sentence, problems, theirs, **kind))

    def refusal(what: Refusal) -> Response:
        what = with_usual_sentence(what)
        if is_api_request():
            return refusal_as_problem(what)
        if wants_json():
            response = refusal_as_json(what)
            if what.is_busy:
                response.headers["Retry-After"] = str(RETRY_AFTER_S)
            return response
        return again(what) or _page(what.status, what.sentence, theirs=what.theirs, words=words())

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return make_response(error.response)
        if error.code == 413:
            current_app.logger.warning("request %s refused: body too large for %s", request_id(), request.endpoint)
        response = refusal(Refusal(error.code or 500, ""))
        response.headers.update(_headers_of(error))
        return response

    @app.errorhandler(OperationalError)
    def storage(error: OperationalError) -> Response:
        current_app.logger.error("storage refused, request %s: %s", request_id(), type(error.orig).__name__)
        return refusal(Refusal(503, ""))

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        current_app.logger.error("request %s failed", request_id(), exc_info=error)
        failure = with_usual_sentence(Refusal(500, ""))
        if is_api_request():
            return refusal_as_problem(failure)
        return refusal_as_json(failure) if wants_json() else _page(500)


def sentence_for_unknown_field(name: str) -> str:
    """What to say of a field that no form of ours sends."""
    return str(_("不认识的字段：%(name)s", name=name[:40]))
