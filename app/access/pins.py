"""The door PIN of a household: six characters without look-alikes, kept as a keyed hash.

Thirty bits cannot be stretched until a stolen database withstands a search; a key that is not in the database can. So
the hash is keyed with the key of the installation, and the characters themselves come from that key and a random salt:
the slip is printed again without keeping them, and a new salt makes another PIN. Whoever changes the key of the
installation ends all PINs, and each household counts as having none; order codes stay.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata

from sqlalchemy import select

from app.access.models import DoorPin
from app.access.sessions import settings
from app.core import clock
from app.core.codes import ALPHABET
from app.core.db import db

LENGTH = 6
SALT_BYTES = 16


def parse_pin(text: str) -> str:
    """What somebody typed as a PIN: full-width, lower case, blanks and dashes accepted; "" where it is none."""
    folded = unicodedata.normalize("NFKC", text[:40]).upper()
    code = "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Pd" and c not in "−_·.")
    return code if len(code) == LENGTH and all(character in ALPHABET for character in code) else ""


def pin_text(row: DoorPin) -> str:
    """The six characters of a household's PIN, to be printed or told. Nothing may keep them."""
    return _characters(row.household_id, row.salt)


def is_good(row: DoorPin | None) -> bool:
    """Whether there is a PIN whose characters open: not after the key of the installation was changed."""
    return row is not None and hmac.compare_digest(_hashed(row.household_id, pin_text(row)), row.pin_hash)


def active_pin(household_id: int) -> DoorPin | None:
    """The PIN of a household, if it has one that opens."""
    row = db.session.get(DoorPin, household_id)
    return row if is_good(row) else None


def issue(household_id: int, slip_cycle_id: int | None = None) -> DoorPin:
    """Inside a command: give a household a PIN, another one where it has one already."""
    row = db.session.get(DoorPin, household_id)
    if row is None:
        row = DoorPin(household_id=household_id)
        db.session.add(row)
    row.salt = secrets.token_hex(SALT_BYTES)
    row.pin_hash = _hashed(household_id, _characters(household_id, row.salt))
    row.issued_at = clock.now()
    if slip_cycle_id is not None:
        row.slip_cycle_id = slip_cycle_id
    return row


def revoke(household_id: int) -> bool:
    """Inside a command: the PIN of a household opens nothing any more. Returns whether there was one."""
    row = db.session.get(DoorPin, household_id)
    if row is None:
        return False
    db.session.delete(row)
    return True


def household_with_pin(household_ids: list[int], typed: str) -> int | None:
    """The household among these whose PIN was typed; one statement and one comparison each, found or not."""
    pin = parse_pin(typed)
    wanted = select(DoorPin.household_id, DoorPin.pin_hash).where(DoorPin.household_id.in_(household_ids or [0]))
    stored = {home: pin_hash for home, pin_hash in db.session.execute(wanted)}  # noqa: C416
    found = None
    for household_id in household_ids or [0]:
        is_it = hmac.compare_digest(_hashed(household_id, pin), stored.get(household_id, ""))
        found = household_id if is_it and pin else found
    return found


def _characters(household_id: int, salt: str) -> str:
    number = int.from_bytes(_keyed(f"door pin:{household_id}:{salt}"), "big")
    characters = []
    for _place in range(LENGTH):
        number, value = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[value])
    return "".join(characters)


def _hashed(household_id: int, pin: str) -> str:
    return _keyed(f"door pin hash:{household_id}:{pin}").hex()


def _keyed(said: str) -> bytes:
    return hmac.new(settings().secret_key.encode(), said.encode(), hashlib.sha256).digest()
