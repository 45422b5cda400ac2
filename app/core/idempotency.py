"""A submitted form takes effect once.

The page carries a fresh key; the key is stored in the same transaction as the effect. The same key with the same
content leads to the same place without a second effect; with other content it is refused with 422 (as the IETF draft
"The Idempotency-Key HTTP Header Field" -07 and Stripe do).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import STRICT, Base, UtcDateTime, canonical_json, db, plain_text
from app.core.errors import BadRequest, Invalid, LoudaError


class Submission(Base):
    __tablename__ = "submission"
    __table_args__ = STRICT

    key: Mapped[str] = plain_text(primary_key=True)
    actor: Mapped[str] = plain_text()
    endpoint: Mapped[str] = plain_text()
    request_sha256: Mapped[str] = plain_text()
    location: Mapped[str] = plain_text()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)


class AlreadyDone(LoudaError):
    """This submission has taken effect before; `location` is where it led."""

    status = 303

    def __init__(self, location: str) -> None:
        super().__init__()
        self.location = location


def new_key() -> str:
    """A fresh submission key for a form."""
    return uuid.uuid4().hex


def fingerprint(fields: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of form fields, order of repeated names kept."""
    return hashlib.sha256(
        canonical_json(sorted([list(pair) for pair in fields], key=lambda p: p[0])).encode()
    ).hexdigest()


@dataclass
class FormClaim:
    """The claim of one submitted form; `begin` and `finish` run inside the command's transaction."""

    key: str
    actor: str
    endpoint: str
    request_sha256: str
    then: Callable[[Any], str]
    location: str = field(default="", init=False)

    def __post_init__(self) -> None:
        try:
            self.key = uuid.UUID(self.key).hex
        except ValueError as error:
            raise BadRequest(_l("页面已过期，请刷新后重新提交。")) from error

    def begin(self) -> None:
        """Refuse or replay a key that was used; raises AlreadyDone or Invalid."""
        earlier = db.session.get(Submission, self.key)
        if earlier is None:
            return
        # Actor and endpoint too: a key that somebody else saw must not tell where the form led.
        same = (earlier.request_sha256, earlier.actor, earlier.endpoint) == (
            self.request_sha256,
            self.actor,
            self.endpoint,
        )
        if same:
            raise AlreadyDone(earlier.location)
        raise Invalid(_l("这个页面已经提交过，内容和上次不同。请刷新页面后再改，原来的内容没有变。"))

    def finish(self, result: Any) -> None:
        """Store the key and where its effect led, in the transaction of the effect."""
        self.location = self.then(result)
        db.session.add(
            Submission(
                key=self.key,
                actor=self.actor,
                endpoint=self.endpoint,
                request_sha256=self.request_sha256,
                location=self.location,
            )
        )
        db.session.flush()
