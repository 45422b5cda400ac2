"""Seals of the event log: each entry gets the next link of a chain, keyed, in the order in which it was committed.

A subdistrict has a chain of its own and the installation has one (number 0), so that writing in one never waits for
another. Who writes an entry does not seal it: that would make every command wait for the one before. A sealer does, a
few seconds later; until then triggers protect the entry as they do afterwards, and what stays unsealed is an alarm.

A link is HMAC-SHA256 (RFC 2104) over the link before, chain, number and the whole entry, with a key that is not in the
database: whoever can change rows cannot make them fit again. The last link of each chain is kept beside the key
(`heads_file`) and printed on the cover of each day's kit, so that a log that was cut short, or sealed anew, is found.
Source of the construction: hash-chained audit logs (Schneier & Kelsey, "Secure audit logs to support computer
forensics", ACM TISSEC 2(2), 1999), without their encryption and with one key for all links.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import Integer, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.database.turns import lock_names
from app.core.db import STRICT, Base, UtcDateTime, background_transaction, canonical_json, db, fk, plain_text
from app.core.events import Event

INSTALLATION = 0  # the chain of what belongs to no subdistrict
AT_ONCE = 2_000  # entries sealed in one transaction
LATE_AFTER = timedelta(seconds=60)
# No transaction is older than this (core/database/turns ends its statements and pauses sooner): what was numbered below
# an entry sealed so long ago is committed or will never be.
SETTLED_AFTER = timedelta(minutes=30)
HEADS_FILE = "seals.json"


class EventSeal(Base):
    """The link of one entry: append-only, as the entry itself."""

    __tablename__ = "event_seal"
    __table_args__ = (UniqueConstraint("chain", "number"), STRICT)

    event_id: Mapped[int] = fk("event.id", primary_key=True)
    chain: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = plain_text()
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EventAnchor(Base):
    """Where chains begin: the last entry and seal before it, which each first link carries on."""

    __tablename__ = "event_anchor"
    __table_args__ = STRICT

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    event_id: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = plain_text()
    at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Head:
    """The last link of a chain."""

    number: int
    sha256: str


@dataclass(frozen=True)
class Fault:
    """What does not hold. `kind`: entry (changed, moved or taken out), gap (a link is missing), cut (the chain is
    shorter than it was, or sealed anew); `event_id` is 0 for a chain as a whole."""

    kind: str
    chain: int
    event_id: int


def seal_key() -> bytes:
    """The key of the links: of the setting, else made of the installation's secret."""
    return hashlib.sha256(
        b"louda event seals:" + current_app.extensions["louda_settings"].seal_secret.encode()
    ).digest()


def heads_file() -> Path:
    """Where this machine keeps the last link of each chain that it sealed."""
    return Path(current_app.extensions["louda_settings"].data_dir) / HEADS_FILE


# --- sealing ----------------------------------------------------------------------------------------------------------
def seal_waiting() -> int:
    """Seal what was committed and is not sealed yet, in the order of the numbers. Returns how many entries.

    Several sealers at once do each entry once: one works, the others find nothing left.
    """
    sealed = 0
    heads: dict[int, Head] = {}
    while db.session.scalar(_unsealed().with_only_columns(Event.id).limit(1)) is not None:
        done, reached = _seal_some()
        sealed, heads = sealed + done, {**heads, **reached}
        if not done:
            break
    if sealed:
        keep_heads(heads)
    return sealed


@background_transaction
def _seal_some() -> tuple[int, dict[int, Head]]:
    lock_names(db.session.connection(), ["event seals"])
    key, now = seal_key(), clock.now()
    heads: dict[int, Head] = {}
    entries = list(db.session.scalars(_unsealed().order_by(Event.id).limit(AT_ONCE)))
    for entry in entries:
        chain = entry.subdistrict_id or INSTALLATION
        head = heads.get(chain) or head_of(chain, key)
        number = head.number + 1
        heads[chain] = Head(number, link(key, head.sha256, chain, number, entry))
        db.session.add(
            EventSeal(event_id=entry.id, chain=chain, number=number, sha256=heads[chain].sha256, sealed_at=now)
        )
    db.session.flush()
    return len(entries), heads


def _unsealed() -> Select[Event]:
    """Entries without a seal. What lies far below a seal that is old enough is not looked at again."""
    settled = select(func.max(EventSeal.event_id)).where(EventSeal.sealed_at < clock.now() - SETTLED_AFTER)
    begun = select(func.max(EventAnchor.event_id))
    is_sealed = select(EventSeal.event_id).where(EventSeal.event_id == Event.id).exists()
    after_settled = Event.id > func.coalesce(settled.scalar_subquery(), 0)
    return select(Event).where(Event.id > func.coalesce(begun.scalar_subquery(), 0), after_settled, ~is_sealed)


def head_of(chain: int, key: bytes) -> Head:
    """The last link of a chain; before the first one what all chains begin with."""
    last = db.session.execute(
        select(EventSeal.number, EventSeal.sha256)
        .where(EventSeal.chain == chain)
        .order_by(EventSeal.number.desc())
        .limit(1)
    ).first()
    return Head(*last) if last is not None else Head(0, genesis(key, chain))


def genesis(key: bytes, chain: int) -> str:
    """What the first link of a chain carries on: keyed, over the last seal of the log before there were chains."""
    before = db.session.scalar(select(EventAnchor.sha256).order_by(EventAnchor.id).limit(1)) or ""
    return _digest(key, ["genesis", chain, before])


def link(key: bytes, before: str, chain: int, number: int, entry: Event) -> str:
    """HMAC-SHA256 over the link before, the place in the chain and everything in the entry, as hex."""
    said = [
        before,
        chain,
        number,
        entry.id,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        entry.request_id,
        entry.verb,
        entry.subject_type,
        entry.subject_id,
        entry.cycle_id,
        entry.subdistrict_id,
        entry.data,
    ]
    return _digest(key, said)


def _digest(key: bytes, said: list[object]) -> str:
    return hmac.new(key, canonical_json(said).encode(), hashlib.sha256).hexdigest()


def keep_heads(heads: dict[int, Head]) -> None:
    """Keep the last links beside the key, whole or not at all."""
    path = heads_file()
    kept = {**{str(chain): [head.number, head.sha256] for chain, head in kept_heads().items()}}
    kept.update({str(chain): [head.number, head.sha256] for chain, head in heads.items()})
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(kept), encoding="ascii")
    os.replace(draft, path)


def kept_heads() -> dict[int, Head]:
    """The last links that this machine knows of; empty where it never sealed."""
    try:
        kept = json.loads(heads_file().read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return {int(chain): Head(int(number), str(sha256)) for chain, (number, sha256) in kept.items()}


def heads_of(subdistrict_id: int) -> dict[int, Head]:
    """The last links of the chains of a subdistrict and of the installation, to be kept on paper."""
    key = seal_key()
    return {chain: head_of(chain, key) for chain in (subdistrict_id, INSTALLATION)}


# --- checking ---------------------------------------------------------------------------------------------------------
def unsealed_since() -> Select[datetime]:
    """SELECT of when the oldest entry was written that has no seal yet."""
    return _unsealed().with_only_columns(func.min(Event.at))


def faults() -> Iterator[Fault]:
    """Whatever does not hold in the log: entries of before the chains, each chain, and the links that were kept."""
    anchor = db.session.scalar(select(EventAnchor).order_by(EventAnchor.id).limit(1))
    for event_id in _broken_before(anchor.event_id if anchor is not None else 0):
        yield Fault("entry", INSTALLATION, event_id)
    key, kept = seal_key(), kept_heads()
    chains = set(db.session.scalars(select(EventSeal.chain).distinct())) | set(kept)
    for chain in sorted(chains):
        yield from _faults_of(chain, key, kept.get(chain))


def _faults_of(chain: int, key: bytes, kept: Head | None) -> Iterator[Fault]:
    before, number, is_found = genesis(key, chain), 0, kept is None
    rows = db.session.execute(
        select(EventSeal, Event)
        .join(Event, Event.id == EventSeal.event_id)
        .where(EventSeal.chain == chain)
        .order_by(EventSeal.number)
        .execution_options(yield_per=1000)
    )
    for seal, entry in rows:
        if seal.number != number + 1:  # seals, or the entries that they are of, were taken out
            yield Fault("gap", chain, seal.event_id)
        is_of_chain = (entry.subdistrict_id or INSTALLATION) == chain
        if not is_of_chain or seal.sha256 != link(key, before, chain, seal.number, entry):
            yield Fault("entry", chain, seal.event_id)
        before, number = seal.sha256, seal.number
        is_found = is_found or (kept is not None and Head(number, before) == kept)
    if not is_found:
        yield Fault("cut", chain, 0)


def _broken_before(last_id: int) -> Iterator[int]:
    """Ids of entries that carry their seal themselves whose seal, or link to the entry before, does not hold."""
    before = ""
    entries = select(Event).where(Event.id <= last_id).order_by(Event.id)
    for entry in db.session.scalars(entries.execution_options(yield_per=1000)):
        if entry.prev_sha256 != before or entry.sha256 != own_seal(entry):
            yield entry.id
        before = entry.sha256
    anchor = db.session.scalar(select(EventAnchor.sha256).order_by(EventAnchor.id).limit(1))
    if before != (anchor or ""):
        yield last_id


def own_seal(entry: Event) -> str:
    """SHA-256 over everything in an entry of before the chains and the seal before it, as hex."""
    parts = [
        entry.prev_sha256,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        entry.request_id,
        entry.verb,
        entry.subject_type,
        entry.subject_id,
        entry.cycle_id,
        entry.data,
    ]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()
