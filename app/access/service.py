"""Sign in with a password, change one's own. Accounts of others: places/accounts.py, where scopes are known."""

from __future__ import annotations

import secrets
from functools import lru_cache

from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.security import check_password_hash, generate_password_hash

from app.access import rules
from app.access.models import Account
from app.access.permissions import Staff
from app.access.schemas import NewPassword
from app.core import events
from app.core.codes import ALPHABET
from app.core.db import command, db
from app.core.errors import Invalid

METHOD = "scrypt"
ONE_TIME_GROUPS = 4


def hashed(password: str) -> str:
    """A password as it is stored: scrypt with a salt of its own (RFC 7914; N = 32768, r = 8, p = 1)."""
    return generate_password_hash(password, method=METHOD)


def one_time_password() -> str:
    """A password to be told to somebody and changed at the first sign-in: 16 characters in groups, 79 bits."""
    groups = ["".join(secrets.choice(ALPHABET) for _place in range(4)) for _group in range(ONE_TIME_GROUPS)]
    return "-".join(groups)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hashed(secrets.token_hex(16))


def account_with(username: str, password: str) -> Account | None:
    """The active account with these credentials, or None. An unknown name takes as long as a wrong password."""
    account = db.session.scalar(select(Account).where(Account.username == username.strip().lower()))
    known = account is not None and account.is_active
    stored = account.password_hash if account is not None and known else _nobody()
    return account if check_password_hash(stored, password) and known else None


@command
def note_sign_in(by: Staff) -> None:
    """Ensures: the log says that the account signed in."""
    events.record(by, "sign_in", ("account", by.id))


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
    weak = rules.weakness(wanted.password, account.username)
    if weak or wanted.password == wanted.present:
        raise Invalid({"password": [str(weak) if weak else _("新密码和现在的一样。")]})
    set_password(account, wanted.password)
    account.must_change_password = False
    events.record(by, "change_password", account)
    return account


def set_password(account: Account, password: str) -> None:
    """Inside a command: store a password and end every session of the account."""
    account.password_hash = hashed(password)
    account.session_epoch += 1
