"""A command asked for through the JSON API takes effect once for each `Idempotency-Key`, as a form does for its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import Flask, Response, g, request
from flask_babel import gettext as _

from app.access.guard import staff
from app.core.db import canonical_json, pending_claim
from app.core.errors import BadRequest, is_api_request
from app.core.idempotency import AlreadyDone, FormClaim, fingerprint

P = ParamSpec("P")
R = TypeVar("R")
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"


def once(row_of: Callable[[R], int], run: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> int:
    """Run a command, once for the key of the request. Returns the id of what it made or changed.

    The same key with the same content returns the same id without a second effect; the answer says so in a header.
    `row_of` gets the command's result inside its transaction. Raises BadRequest without a key, Invalid for a key that
    was used with other content, and whatever the command raises.
    """
    claim = _claim(lambda result: str(row_of(result)))
    token = pending_claim.set(claim)
    try:
        result = run(*args, **kwargs)
    except AlreadyDone as done:
        g.is_replayed = True
        return int(done.location)
    finally:
        pending_claim.reset(token)
    return int(claim.location) if claim.location else row_of(result)


def register_replays(app: Flask) -> None:
    """An answer says so where the command had taken effect before."""

    @app.after_request
    def say_replayed(response: Response) -> Response:
        if is_api_request() and g.get("is_replayed"):
            response.headers[REPLAYED] = "true"
        return response


def _claim(then: Callable[[Any], str]) -> FormClaim:
    by, key = staff(), request.headers.get(HEADER, "").strip().strip('"')
    content = canonical_json(request.get_json(silent=True)) if request.content_length else ""
    where = f"{request.endpoint}:{sorted((request.view_args or {}).items())}"
    try:
        return FormClaim(key, f"{by.kind}:{by.id}", where, fingerprint([("json", content)]), then)
    except BadRequest as error:
        raise BadRequest(_("请求头 %(name)s 要填一个新的 UUID。", name=HEADER)) from error
