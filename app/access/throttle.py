"""Tries counted per key over a sliding quarter of an hour: so many, then wait; no key blocks another (ASVS 6.3.1).

A key names what was tried and from where, "room 302 from 203.0.113.7": whoever guesses wrongly uses up the tries of
that place at that door, and nobody else's. Only its keyed hash is stored: an address or a user name is about a person.
A try is counted before it is looked at, in one transaction with the question whether any is left, so that forty at the
same time are no more than five; one that was right is given back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from flask import request
from sqlalchemy import delete, func, select, update

from app.access.models import Throttle
from app.access.sessions import settings
from app.core import clock
from app.core.db import command, db

WINDOW = timedelta(minutes=15)
LIMIT = 5
# A street may share one address (mobile networks do that), so an address alone has many more tries than one door.
OF_AN_ADDRESS = 30
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")  # [2001:db8::1]:443, [2001:db8::1], 192.0.2.1:5678
OF_ONE_LINE = 64  # bits of an IPv6 address that its owner cannot choose


@dataclass(frozen=True)
class Budget:
    """`most` tries within `WINDOW` under one key."""

    key: str
    most: int = LIMIT


@dataclass(frozen=True)
class Try:
    """A try that was counted: whether it may be looked at, and where it is written down."""

    is_granted: bool
    keys: tuple[str, ...]
    at: datetime


@command
def take(budgets: Sequence[Budget]) -> Try:
    """Count one try against each budget, if each has one left; otherwise none is counted.

    Ensures: at most `most` tries of a key are granted within `WINDOW`, however many come at once; a refusal writes as
    much as a grant, so that both take the same time. What lies before the window counts no more and is gone,
    so that the table holds a quarter of an hour of tries.
    """
    now = clock.now()
    most = {_stored(budget.key): budget.most for budget in budgets}
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


@command
def give_back(taken: Try) -> None:
    """A try that was right costs nothing: it is no longer counted."""
    if taken.is_granted:
        own = update(Throttle).where(Throttle.key.in_(taken.keys), Throttle.window_start == taken.at, Throttle.hits > 0)
        db.session.execute(own.values(hits=Throttle.hits - 1).execution_options(synchronize_session=False))


def place_of(address: str) -> str:
    """An address as tries are counted: of IPv6 the network that one line or phone gets, all of which it may use."""
    held = _WITH_PORT.fullmatch(address.strip())  # some proxies write the port of the connection, another each time
    address = (held[1] or held[2] or address) if held else address
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ip_network((known, OF_ONE_LINE), strict=False))


def place_of_request() -> str:
    """Where the present request comes from, as tries are counted."""
    return place_of(str(request.remote_addr))


def mark(key: str) -> str:
    """A short keyed mark of a key, for the log: the same for the same key, and it tells nobody which."""
    return _stored(key)[:8]


def _stored(key: str) -> str:
    folded = key.strip().lower()[:200]
    return hmac.new(settings().secret_key.encode(), folded.encode(), hashlib.sha256).hexdigest()
