"""Make a token, revoke it, and count what is asked with it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from app.access.models import Account, RoleGrant, Throttle
from app.access.permissions import Staff
from app.access.sessions import TOKEN_BYTES, token_digest
from app.access.throttle import WINDOW, stored_key
from app.access.tokens.models import ApiToken, TokenScope
from app.access.tokens.queries import open_tokens
from app.access.tokens.schemas import NewToken
from app.core import clock
from app.core.database.turns import TurnKind, lock_names
from app.core.db import background_transaction, command, db
from app.core.errors import Invalid, NotFound
from app.core.events import record

PREFIX = "louda_"  # so that a token that was left in a file is recognised as one
MOST_TOKENS = 20  # of one account, those that are over aside
OF_A_TOKEN = 3_000  # requests within WINDOW


def new_secret() -> str:
    """A fresh token, 256 bits."""
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


@command(turn=TurnKind.NOBODY)
def create_token(by: Staff, wanted: NewToken, secret: str) -> ApiToken:
    """Let `secret` act for the own account. Ensures: only its hash is kept. Raises: Invalid, NotFound."""
    lock_names(db.session.connection(), [f"api tokens of {by.id}"])
    account = db.session.get_one(Account, by.id)
    if len(open_tokens(by)) >= MOST_TOKENS:
        raise Invalid({"name": [_("令牌太多了，最多 %(n)d 个。请先停用不再用的。", n=MOST_TOKENS)]})
    row = ApiToken(
        account_id=by.id,
        name=wanted.name,
        token_sha256=token_digest(secret),
        scopes=[scope.value for scope in TokenScope if scope in wanted.scopes],
        grant_id=_own_grant(by, wanted.grant).id if wanted.grant else None,
        session_epoch=account.session_epoch,
        expires_at=clock.now() + timedelta(days=wanted.days),
    )
    db.session.add(row)
    db.session.flush()
    record(by, "create_token", row, scopes=row.scopes, days=wanted.days)
    return row


def _own_grant(by: Staff, grant_id: int) -> RoleGrant:
    row = db.session.get(RoleGrant, grant_id)
    if row is None or row.account_id != by.id:
        raise NotFound
    return row


@command(turn=TurnKind.NOBODY)
def revoke_token(by: Staff, token_id: int) -> ApiToken:
    """Ensures: the token of the own account opens nothing any more. Raises NotFound."""
    row = db.session.get(ApiToken, token_id)
    if row is None or row.account_id != by.id:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        record(by, "revoke_token", row)
    return row


@background_transaction
def count_request(token_id: int) -> bool:
    """Count one request against a token. Returns whether it is one of the first `OF_A_TOKEN` of a quarter of an hour.

    One row a minute in the throttle's table: a row for each request, as for tries at a door, would be thousands.
    """
    now = clock.now()
    key, minute = stored_key(f"api token:{token_id}"), now.replace(second=0, microsecond=0)
    counted = select(func.coalesce(func.sum(Throttle.hits), 0))
    spent = db.session.scalar(counted.where(Throttle.key == key, Throttle.window_start > now - WINDOW)) or 0
    if int(spent) >= OF_A_TOKEN:
        return False
    own = update(Throttle).where(Throttle.key == key, Throttle.window_start == minute).values(hits=Throttle.hits + 1)
    held: int = db.session.execute(own.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
    if not held:
        db.session.add(Throttle(key=key, window_start=minute, hits=1))
    return True
