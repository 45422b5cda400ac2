"""Sign in with a password, change one's own. Accounts of others: places/accounts.py, where scopes are known."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import lru_cache

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from app.access import rules
from app.access.models import Account, StaffSession, Throttle
from app.access.permissions import Staff
from app.access.schemas import NewPassword
from app.access.sessions import ABSOLUTE, IDLE, NOTED_EVERY, TOKEN_BYTES, token_digest
from app.access.throttle import OF_AN_ADDRESS, WINDOW, ThrottleBudget, Try, stored_key
from app.core import clock, events
from app.core.codes import ALPHABET
from app.core.database.turns import TurnKind, lock_names
from app.core.db import command, db
from app.core.errors import Invalid, NotFound

METHOD = "scrypt"
ONE_TIME_GROUPS = 4
OF_AN_ACCOUNT = 100  # wrong passwords in a quarter of an hour, from wherever they come


def hashed(password: str) -> str:
    """A password as it is stored: scrypt with a salt of its own (RFC 7914; N = 32768, r = 8, p = 1)."""
    return generate_password_hash(password, method=METHOD)


def one_time_password() -> str:
    """A password to be told to somebody and changed at the first sign-in: 16 characters in groups, 79 bits."""
    groups = ["".join(secrets.choice(ALPHABET) for _place in range(4)) for _group in range(ONE_TIME_GROUPS)]
    return "-".join(groups)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return hashed(secrets.token_hex(16))


def account_with(username: str, password: str) -> Account | None:
    """The active account with these credentials, or None. An unknown name takes as long as a wrong password."""
    account = db.session.scalar(select(Account).where(Account.username == username.strip().lower()))
    known = account is not None and account.is_active
    stored = account.password_hash if account is not None and known else _dummy_hash()
    return account if check_password_hash(stored, password) and known else None


def account_id_of(username: str) -> int | None:
    """The id of the account of this name, active or not."""
    return db.session.scalar(select(Account.id).where(Account.username == username.strip().lower()))


def login_budgets(username: str, address: str) -> list[ThrottleBudget]:
    """What a sign-in is counted against: five wrong ones close an account to the address they came from, no other.

    The account as a whole, and everybody behind one address, have many more, against guessing from many places.
    """
    return [
        ThrottleBudget(f"account:{username} from:{address}"),
        ThrottleBudget(f"address:{address}", OF_AN_ADDRESS),
        ThrottleBudget(f"account:{username}", OF_AN_ACCOUNT),
    ]


@command(turn=TurnKind.NOBODY)
def open_session(by: Staff, device: str, *, is_sign_in: bool = True) -> str:
    """A sign-in of the account on a device. Returns the token for its cookie; the database keeps the hash.

    Ensures: the log says that the account signed in, unless the sign-in only goes on under another token; what the
    account left behind more than twelve hours ago is gone.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    old = StaffSession.created_at <= clock.now() - ABSOLUTE
    db.session.execute(delete(StaffSession).where(StaffSession.account_id == by.id, old))
    db.session.add(StaffSession(account_id=by.id, token_sha256=token_digest(token), device=device, seen_at=clock.now()))
    if is_sign_in:
        events.record(by, "sign_in", ("account", by.id))
    return token


@command(turn=TurnKind.NOBODY)
def end_session(by: Staff, session_id: int) -> None:
    """Ensures: this sign-in of the own account opens nothing any more, whoever holds its cookie. Raises NotFound."""
    row = db.session.get(StaffSession, session_id)
    if row is None or row.account_id != by.id:
        raise NotFound
    db.session.delete(row)
    events.record(by, "sign_out", ("account", by.id))


@command(turn=TurnKind.NOBODY)
def end_all_sessions(by: Staff) -> None:
    """Ensures: every sign-in of the own account is over, this one too."""
    end_sign_ins(db.session.get_one(Account, by.id))
    events.record(by, "sign_out", ("account", by.id), all=True)


def open_sessions(by: Staff) -> list[StaffSession]:
    """The sign-ins of the own account that still hold, the newest first."""
    now = clock.now()
    holds = (StaffSession.created_at > now - ABSOLUTE) & (StaffSession.seen_at > now - IDLE - NOTED_EVERY)
    found = select(StaffSession).where(StaffSession.account_id == by.id, holds)
    return list(db.session.scalars(found.order_by(StaffSession.created_at.desc(), StaffSession.id.desc())))


@command
def change_password(by: Staff, wanted: NewPassword) -> Account:
    """Give oneself another password.

    Requires: the present password. Ensures: the new one holds, and every other session of the account is over.
    Raises: Invalid beside the field that is wrong.
    """
    account = db.session.get_one(Account, by.id)
    if not check_password_hash(account.password_hash, wanted.present):
        raise Invalid({"present": [_("现在的密码不对。")]})
    if wanted.password != wanted.again:
        raise Invalid({"again": [_("两次输入的新密码不一样。")]})
    weak = rules.password_weakness(wanted.password, account.username)
    if weak or wanted.password == wanted.present:
        raise Invalid({"password": [str(weak) if weak else _("新密码和现在的一样。")]})
    set_password(account, wanted.password)
    account.must_change_password = False
    events.record(by, "change_password", account)
    return account


def set_password(account: Account, password: str) -> None:
    """Inside a command: store a password and end every session of the account."""
    account.password_hash = hashed(password)
    end_sign_ins(account)


def end_sign_ins(account: Account) -> None:
    """Inside a command: every sign-in of the account is over. The number in each cookie holds where rows come back,
    as after a restore."""
    account.session_epoch += 1
    db.session.execute(delete(StaffSession).where(StaffSession.account_id == account.id))


@command(turn=TurnKind.NOBODY)
def take_attempt(budgets: Sequence[ThrottleBudget]) -> Try:
    """Count one try against each budget, if each has one left; otherwise none is counted.

    Ensures: at most `most` tries of a key are granted within `WINDOW`, however many come at once; a refusal writes as
    much as a grant, so that both take the same time. What lies before the window counts no more and is gone,
    so that the table holds a quarter of an hour of tries.
    """
    most = {stored_key(budget.key): budget.most for budget in budgets}
    lock_names(db.session.connection(), list(most))
    now = clock.now()
    counted = (
        select(Throttle.key, func.sum(Throttle.hits))
        .where(Throttle.key.in_(list(most)), Throttle.window_start > now - WINDOW)
        .group_by(Throttle.key)
    )
    spent = {key: hits for key, hits in db.session.execute(counted)}  # noqa: C416
    is_granted = all(int(spent.get(key) or 0) < limit for key, limit in most.items())
    keys = tuple(sorted(most))
    for key in keys:
        held = db.session.get(Throttle, (key, now))
        if held is None:
            db.session.add(Throttle(key=key, window_start=now, hits=int(is_granted)))
        else:
            held.hits += int(is_granted)
    db.session.execute(delete(Throttle).where(Throttle.window_start <= now - WINDOW))
    return Try(is_granted, keys, now)


@command(turn=TurnKind.NOBODY)
def refund_attempt(taken: Try) -> None:
    """A try that was right costs nothing: it is no longer counted."""
    if taken.is_granted:
        own = update(Throttle).where(Throttle.key.in_(taken.keys), Throttle.window_start == taken.at, Throttle.hits > 0)
        db.session.execute(own.values(hits=Throttle.hits - 1).execution_options(synchronize_session=False))
