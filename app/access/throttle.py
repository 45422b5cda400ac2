"""Failures counted per key over a sliding quarter of an hour: five, then wait; no key blocks another (ASVS 6.3.1).

A key names what was tried, "account:name" or "address:203.0.113.7". Only its keyed hash is stored: an address or a
user name is about a person. Each failure is a row of its own, so that parallel failures never wait for one another.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select

from app.access.models import Throttle
from app.access.sessions import settings
from app.core import clock
from app.core.db import command, db

WINDOW = timedelta(minutes=15)
LIMIT = 5


def failures(key: str) -> int:
    """How often `key` failed within the last `WINDOW`."""
    since = clock.now() - WINDOW
    counted = select(func.coalesce(func.sum(Throttle.hits), 0))
    return int(db.session.scalar(counted.where(Throttle.key == _stored(key), Throttle.window_start > since)) or 0)


def is_blocked(keys: Sequence[str]) -> bool:
    """Whether any key has used up its tries. Ask before looking at a password or code; a refusal is not counted."""
    since = clock.now() - WINDOW
    spent = (
        select(Throttle.key)
        .where(Throttle.key.in_([_stored(key) for key in keys]), Throttle.window_start > since)
        .group_by(Throttle.key)
        .having(func.sum(Throttle.hits) >= LIMIT)
        .limit(1)
    )
    return db.session.scalar(spent) is not None


@command
def count_failure(keys: Sequence[str]) -> None:
    """Ensures: one failure more is counted for each key; what is older than a day is forgotten."""
    now = clock.now()
    for key in sorted({_stored(key) for key in keys}):
        held = db.session.get(Throttle, (key, now))
        if held is None:
            db.session.add(Throttle(key=key, window_start=now, hits=1))
        else:
            held.hits += 1
    db.session.execute(delete(Throttle).where(Throttle.window_start < now - timedelta(days=1)))


def mark(key: str) -> str:
    """A short keyed mark of a key, for the log: the same for the same key, and it tells nobody which."""
    return _stored(key)[:8]


def _stored(key: str) -> str:
    folded = key.strip().lower()[:200]
    return hmac.new(settings().secret_key.encode(), folded.encode(), hashlib.sha256).hexdigest()
