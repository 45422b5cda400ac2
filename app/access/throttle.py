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
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from flask import request

from app.access.sessions import settings

WINDOW = timedelta(minutes=15)
LIMIT = 5
# A street may share one address (mobile networks do that), so an address alone has many more tries than one door.
OF_AN_ADDRESS = 30
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")  # [2001:db8::1]:443, [2001:db8::1], 192.0.2.1:5678
OF_ONE_LINE = 64  # bits of an IPv6 address that its owner cannot choose


@dataclass(frozen=True)
class ThrottleBudget:
    """`most` tries within `WINDOW` under one key."""

    key: str
    most: int = LIMIT


@dataclass(frozen=True)
class Try:
    """A try that was counted: whether it may be looked at, and where it is written down."""

    is_granted: bool
    keys: tuple[str, ...]
    at: datetime


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


def key_mark(key: str) -> str:
    """A short keyed mark of a key, for the log: the same for the same key, and it tells nobody which."""
    return stored_key(key)[:8]


def stored_key(key: str) -> str:
    folded = key.strip().lower()[:200]
    return hmac.new(settings().secret_key.encode(), folded.encode(), hashlib.sha256).hexdigest()
