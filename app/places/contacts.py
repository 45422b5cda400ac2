"""Telephones of households: shown masked; opened for a purpose, for an hour, by an action that is logged."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.access.permissions import Staff
from app.core import clock
from app.core.db import db
from app.core.events import Event

OPEN_FOR = timedelta(hours=1)
VERB = "open_contacts"


def masked(phone: str) -> str:
    """199****5678; the number of digits stays, what is too short to be told apart is hidden whole."""
    digits = "".join(character for character in phone if character.isdigit())
    if len(digits) < 8:
        return "*" * len(digits)
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"


def is_open(by: Staff, building_id: int) -> bool:
    """Whether the account has opened the telephones of a building within the last hour."""
    found = select(Event.id).where(
        Event.verb == VERB,
        Event.subject_type == "building",
        Event.subject_id == building_id,
        Event.actor_kind == by.kind,
        Event.actor_id == by.id,
        Event.at > clock.now() - OPEN_FOR,
    )
    return db.session.scalar(found.limit(1)) is not None
