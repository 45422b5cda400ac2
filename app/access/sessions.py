"""Who is asking: staff by a signed session that dies when the account changes, residents by a household token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from flask import Response, current_app, request, session
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.access.models import Account, HouseholdToken
from app.access.permissions import Grant, Resident, Staff
from app.core import clock
from app.core.db import db
from app.settings import Settings

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOKEN_BYTES = 32
SCOPE_KINDS = ("subdistrict", "community", "service_point", "building")


def settings() -> Settings:
    """The settings of the running application."""
    held: Settings = current_app.extensions["louda_settings"]
    return held


def sign_in(account: Account) -> None:
    """Start a fresh session for an account: everything of the old one is dropped first."""
    session.clear()
    now = clock.now().timestamp()
    session.update(account=account.id, epoch=account.session_epoch, since=now, seen=now)


def sign_out() -> None:
    """Forget the session."""
    session.clear()


def staff_of_request() -> Staff | None:
    """The account of the session, re-read at each request so that a disabled account or revoked grant acts at once."""
    account_id = session.get("account")
    if account_id is None:
        return None
    now = clock.now().timestamp()
    expired = now - session.get("since", 0) > ABSOLUTE.total_seconds()
    idle = now - session.get("seen", 0) > IDLE.total_seconds()
    account = None if expired or idle else staff_account(account_id)
    if account is None or account.session_epoch != session.get("epoch"):
        session.clear()
        return None
    if now - session.get("seen", 0) > 60:
        session["seen"] = now
    return staff_actor(account)


def staff_account(account_id: int) -> Account | None:
    """An active account with its grants, or None."""
    found = select(Account).where(Account.id == account_id, Account.is_active).options(selectinload(Account.grants))
    return db.session.scalar(found)


def staff_actor(account: Account) -> Staff:
    """The account as an actor with the grants that hold at this instant."""
    now = clock.now()
    grants = tuple(
        Grant(grant.role, kind, getattr(grant, f"{kind}_id"))
        for grant in account.grants
        if grant.starts_at <= now and (grant.ends_at is None or grant.ends_at > now)
        for kind in SCOPE_KINDS
        if getattr(grant, f"{kind}_id") is not None
    )
    return Staff("staff", account.id, account.display_name, grants)


# --- residents --------------------------------------------------------------------------------------------------------
def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(household_id: int, expires_at: datetime, knows_since: datetime | None = None) -> str:
    """Inside a command: a new token for a household, 256 bits, stored as its hash only. Returns the token itself."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = HouseholdToken(household_id=household_id, token_sha256=digest(token), expires_at=expires_at)
    row.knows_since = knows_since
    db.session.add(row)
    return token


def token_of_request() -> str:
    """The household token that the phone carries, good or not; empty for none."""
    token = request.cookies.get(settings().cookie_name("household"), "")
    return token if len(token) <= 200 else ""


def resident_of_request() -> Resident | None:
    """The household whose token the phone carries, if it is still good."""
    token = token_of_request()
    if not token:
        return None
    row = db.session.scalar(select(HouseholdToken).where(HouseholdToken.token_sha256 == digest(token)))
    if row is None or row.revoked_at is not None or row.expires_at <= clock.now():
        return None
    return Resident("household", row.household_id, "居民", row.knows_since)


def household_tag(household_id: int) -> str:
    """A mark of a household for its own phone: what is kept there for one household is never sent for another.

    Keyed, so that it tells nobody which household it is.
    """
    key, said = settings().secret_key.encode(), f"household:{household_id}".encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:20]


def remember_household(response: Response, token: str, expires_at: datetime) -> Response:
    """Let this phone carry the token."""
    held = settings()
    response.set_cookie(
        held.cookie_name("household"),
        token,
        expires=expires_at,
        secure=held.is_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def forget_household(response: Response) -> Response:
    """Take the token from this phone."""
    held = settings()
    response.delete_cookie(
        held.cookie_name("household"), path="/", secure=held.is_secure, httponly=True, samesite="Lax"
    )
    return response
