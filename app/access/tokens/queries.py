"""What the pages of tokens show."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff
from app.access.tokens.models import ApiToken
from app.core import clock
from app.core.db import db


def open_tokens(by: Staff) -> list[ApiToken]:
    """The tokens of the own account that still open something, the newest first."""
    held = (
        select(ApiToken)
        .join(Account, Account.id == ApiToken.account_id)
        .where(
            ApiToken.account_id == by.id,
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > clock.now(),
            ApiToken.session_epoch == Account.session_epoch,
        )
    )
    return list(db.session.scalars(held.order_by(ApiToken.id.desc())))


def own_grants(by: Staff) -> Sequence[RoleGrant]:
    """The roles of the own account that hold now, to which a token may be narrowed."""
    now = clock.now()
    held = select(RoleGrant).where(RoleGrant.account_id == by.id, RoleGrant.starts_at <= now)
    return db.session.scalars(held.where(RoleGrant.ends_at.is_(None) | (RoleGrant.ends_at > now))).all()


def role_options(by: Staff) -> list[tuple[int, str]]:
    """(id, label) of the own roles. Of two roles of one name the number says which is which, as on the account page."""
    return [(grant.id, f"{Role(grant.role).label} · {grant.id}") for grant in own_grants(by)]
