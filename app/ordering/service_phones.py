"""Commands on the phones that remember a household: the household forgets them, and so may who looks after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.access.models import HouseholdToken
from app.access.permissions import Permission, Resident, Staff
from app.access.sessions import digest
from app.core import clock
from app.core.db import command, db
from app.core.events import Actor, record
from app.ordering.models import Cycle
from app.ordering.orders import household_place

LIVES_AFTER_CUTOFF = timedelta(days=14)


def good_until(cutoff_at: datetime) -> datetime:
    """How long a phone remembers a household that ordered in a cycle: two weeks after its cut-off."""
    return max(cutoff_at, clock.now()) + LIVES_AFTER_CUTOFF


@command
def forget_phone(by: Resident, token: str) -> int:
    """Ensures: the phone that carries this token acts for the household no more. Returns how many were revoked."""
    return _revoke(by, by.household_id, HouseholdToken.token_sha256 == digest(token))


@command
def forget_other_phones(by: Resident, token: str) -> int:
    """Ensures: only the phone that carries this token still acts for the household. Returns how many were revoked."""
    return _revoke(by, by.household_id, HouseholdToken.token_sha256 != digest(token))


@command
def forget_phones_of(by: Staff, household_id: int) -> int:
    """Ensures: no phone acts for the household any more. Returns how many were revoked.

    Requires: ORDER_PROXY over the household's building. Raises NotFound.
    """
    household_place(by, household_id, Permission.ORDER_PROXY)
    return _revoke(by, household_id)


def _revoke(by: Actor, household_id: int, *which: object) -> int:
    found = select(HouseholdToken).where(
        HouseholdToken.household_id == household_id,
        HouseholdToken.revoked_at.is_(None),
        *which,  # type: ignore[arg-type]
    )
    tokens = list(db.session.scalars(found))
    for token in tokens:
        token.revoked_at = clock.now()
    if tokens:
        record(by, "revoke", ("household", household_id), phones=len(tokens))
    return len(tokens)


@command
def remember_longer(by: Resident, token: str, cycle_id: int) -> datetime | None:
    """After an order: the phone remembers the household for this cycle too. Returns until when, None if nothing moved.

    Ensures: the time only grows, and a revoked phone stays revoked.
    """
    cycle = db.session.get(Cycle, cycle_id)
    row = db.session.scalar(select(HouseholdToken).where(HouseholdToken.token_sha256 == digest(token)))
    if cycle is None or row is None or row.revoked_at is not None or row.household_id != by.household_id:
        return None
    until = good_until(cycle.cutoff_at)
    if until <= row.expires_at:
        return None
    row.expires_at = until
    return until
