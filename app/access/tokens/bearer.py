"""Who is asking through the JSON API: the account whose token the request carries. A cookie opens nothing here."""

from __future__ import annotations

import re
from dataclasses import replace
from logging import Logger

from flask import current_app, g, request
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import TooManyRequests, Unauthorized, UnsupportedMediaType

from app.access.models import Account
from app.access.permissions import Grant, Staff
from app.access.service import take_attempt
from app.access.sessions import NOTED_EVERY, SCOPE_KINDS, staff_actor, token_digest
from app.access.throttle import OF_AN_ADDRESS, WINDOW, ThrottleBudget, key_mark, place_of_request
from app.access.tokens.models import ApiToken, TokenScope
from app.access.tokens.service import PREFIX, count_request
from app.core import clock
from app.core.database.engines import update_if_idle
from app.core.db import db
from app.core.errors import Busy, Conflict, Forbidden

LOOKS_LIKE_ONE = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
JSON = "application/json"


def staff_of_bearer() -> Staff:
    """The account of the request's token, narrowed to the role that the token was given.

    Read anew at each request, so that a revoked token or role acts at once.

    Raises:
        Unauthorized: no token, or one that opens nothing.
        TooManyRequests: this address has tried too many unknown tokens, or the token was used too often.
    """
    kind, _blank, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not LOOKS_LIKE_ONE.fullmatch(secret.strip()):
        raise Unauthorized
    row = _token(secret.strip())
    if row is None:
        _refuse_unknown(current_app.logger)
        raise Unauthorized
    _count(row)
    g.api_token = row
    now = clock.now()
    if row.used_at is None or now - row.used_at > NOTED_EVERY:
        update_if_idle(db.engine, update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
    actor = staff_actor(row.account)
    return actor if row.grant is None else replace(actor, grants=_narrowed(actor, row))


def _token(secret: str) -> ApiToken | None:
    found = select(ApiToken).where(ApiToken.token_sha256 == token_digest(secret))
    account = joinedload(ApiToken.account).selectinload(Account.grants)
    row = db.session.scalar(found.options(account, joinedload(ApiToken.grant)))
    if row is None or row.revoked_at is not None or row.expires_at <= clock.now():
        return None
    return row if row.account.is_active and row.session_epoch == row.account.session_epoch else None


def _narrowed(actor: Staff, row: ApiToken) -> tuple[Grant, ...]:
    kept = {
        Grant(row.grant.role, kind, scope)
        for kind in SCOPE_KINDS
        if row.grant is not None and (scope := getattr(row.grant, f"{kind}_id")) is not None
    }
    return tuple(grant for grant in actor.grants if grant in kept)


def _refuse_unknown(log: Logger) -> None:
    budget = ThrottleBudget(f"api address:{place_of_request()}", OF_AN_ADDRESS)
    is_granted = take_attempt([budget]).is_granted
    log.warning("a token was %s from %s", "refused" if is_granted else "blocked", key_mark(budget.key))
    if not is_granted:
        raise TooManyRequests(retry_after=int(WINDOW.total_seconds()))


def _count(row: ApiToken) -> None:
    try:
        is_granted = count_request(row.id)
    except (Busy, DBAPIError, Conflict):  # busy with other writers: the count guards against programs that run wild
        db.session.rollback()
        return
    if not is_granted:
        current_app.logger.warning("token %s was used too often", row.id)
        raise TooManyRequests(retry_after=60)


def check_request(scope: TokenScope) -> None:
    """Refuse what the token was not made for, and a body that is no JSON. Raises Forbidden, UnsupportedMediaType."""
    token: ApiToken = g.api_token
    if scope not in token.scopes:
        current_app.logger.warning("token %s of account %s lacks %s", token.id, token.account_id, scope.value)
        raise Forbidden(_("这个令牌没有“%(scope)s”的用途。", scope=scope.label))
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if request.method != "GET" and has_body and request.mimetype != JSON:
        raise UnsupportedMediaType
