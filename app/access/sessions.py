"""Who is asking: staff by a signed session that dies when the account changes, residents by a household token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum, auto

from flask import Response, current_app, request, session
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload, selectinload

from app.access.models import Account, HouseholdToken, MovedIn, StaffSession
from app.access.permissions import Grant, Resident, Staff
from app.core import clock
from app.core.database.engines import update_if_idle
from app.core.db import db
from app.settings import Settings

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOKEN_BYTES = 32
NOTED_EVERY = timedelta(minutes=5)  # a write for every page that is opened would be most of all writes
SCOPE_KINDS = ("subdistrict", "community", "service_point", "building")


class Ended(StrEnum):
    """Why a sign-in is over: unused for half an hour, twelve hours old, or ended by somebody (or it never was)."""

    IDLE = auto()
    OLD = auto()
    ELSEWHERE = auto()


def settings() -> Settings:
    """The settings of the running application."""
    held: Settings = current_app.extensions["louda_settings"]
    return held


def sign_in(account: Account, token: str) -> None:
    """Start a fresh session for an account: everything of the old one is dropped first, but sentences to be shown."""
    said = session.get("_flashes", [])
    session.clear()
    session.update(account=account.id, epoch=account.session_epoch, sid=token, seen=clock.now().timestamp())
    if said:
        session["_flashes"] = said


def clear_session(why: Ended | None = None) -> None:
    """Empty the session, but for sentences to be shown, why it is over, and whose it was."""
    said, whose = session.get("_flashes", []), session.get("account")
    session.clear()
    if said:
        session["_flashes"] = said
    if why is not None:
        session.update(ended=str(why), ended_account=whose)


_OF_TOKEN = (
    select(StaffSession)
    .where(StaffSession.token_sha256 == bindparam("digest"))
    .options(joinedload(StaffSession.account, innerjoin=True).joinedload(Account.grants))
)


def session_of_request() -> StaffSession | None:
    """The sign-in that the cookie names, whether it still holds or not."""
    token = session.get("sid")
    if not isinstance(token, str):
        return None
    return db.session.scalars(_OF_TOKEN, {"digest": token_digest(token)}).unique().one_or_none()


def staff_of_request() -> Staff | None:
    """The account of the session, re-read at each request so that a disabled account or revoked grant acts at once."""
    if "account" not in session:
        return None
    row, now = session_of_request(), clock.now()
    why = _ended(row, now)
    if row is None or why is not None:
        clear_session(why)
        return None
    if now.timestamp() - session["seen"] > 60:
        session["seen"] = now.timestamp()
    if now - row.seen_at > NOTED_EVERY:
        update_if_idle(db.engine, update(StaffSession).where(StaffSession.id == row.id).values(seen_at=now))
    return staff_actor(row.account)


def _ended(row: StaffSession | None, now: datetime) -> Ended | None:
    """Why a session opens nothing any more, or None."""
    if row is None or not row.account.is_active or row.account.session_epoch != session.get("epoch"):
        return Ended.ELSEWHERE
    if now - row.created_at >= ABSOLUTE:
        return Ended.OLD
    return Ended.IDLE if now.timestamp() - session.get("seen", 0) > IDLE.total_seconds() else None


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
def token_digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_for(form_key: str) -> str:
    """The token that a door form leads to: 256 bits that nobody can make without the key of the installation.

    The same form makes the same token, so that a phone whose answer was lost gets its key when it sends again.
    """
    key, said = settings().secret_key.encode(), f"household token:{form_key}".encode()
    return base64.urlsafe_b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode().rstrip("=")


def issue_token(household_id: int, expires_at: datetime, hand: str = "", token: str = "") -> str:
    """Inside a command: let a token, a fresh one if none is given, act for a household. Returns the token itself.

    Only its hash is stored. `hand`: as HouseholdToken says.
    """
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(
        HouseholdToken(household_id=household_id, token_sha256=token_digest(token), expires_at=expires_at, hand=hand)
    )
    return token


def new_phone_mark() -> str:
    """A fresh mark for a phone that came in by its room alone."""
    return secrets.token_hex(16)


def recent_token_expiry(token: str, within: timedelta) -> datetime | None:
    """Until when a token given out within this time is good; None where it is older, revoked or unknown."""
    row = db.session.scalar(select(HouseholdToken).where(HouseholdToken.token_sha256 == token_digest(token)))
    now = clock.now()
    if row is None or row.revoked_at is not None or row.expires_at <= now or row.created_at <= now - within:
        return None
    return row.expires_at


def token_of_request() -> str:
    """The household token that the phone carries, good or not; empty for none."""
    token = request.cookies.get(settings().cookie_name("household"), "")
    return token if len(token) <= 200 else ""


_OF_PHONE = (
    select(
        HouseholdToken.id,
        HouseholdToken.household_id,
        HouseholdToken.hand,
        HouseholdToken.revoked_at,
        HouseholdToken.expires_at,
        MovedIn.since,
    )
    .outerjoin(MovedIn, MovedIn.household_id == HouseholdToken.household_id)
    .where(HouseholdToken.token_sha256 == bindparam("digest"))
)


def resident_of_request() -> Resident | None:
    """The household whose token the phone carries, if it is still good."""
    token = token_of_request()
    if not token:
        return None
    row = db.session.execute(_OF_PHONE, {"digest": token_digest(token)}).first()
    if row is None or row.revoked_at is not None or row.expires_at <= clock.now():
        return None
    return Resident("household", row.household_id, "居民", row.hand, row.since, row.id, row.expires_at)


def extend_token(by: Resident, until: datetime) -> None:
    """Inside a command: the phone that asks is remembered until then, if that is longer than it is now.

    The time only grows, and a revoked phone stays revoked: the UPDATE looks for itself, so that two at once, or a
    revocation at the same moment, need no turn.
    """
    if by.until is None or by.until >= until:
        return
    own = (HouseholdToken.id == by.token_id, HouseholdToken.household_id == by.household_id)
    change = update(HouseholdToken).where(*own, HouseholdToken.revoked_at.is_(None), HouseholdToken.expires_at < until)
    db.session.execute(change.values(expires_at=until).execution_options(synchronize_session=False))


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
