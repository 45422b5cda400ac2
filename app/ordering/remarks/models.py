"""What was written beside an order and is dealt with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import STRICT, Base, UtcDateTime, fk, plain_text


class SettledWords(Base):
    """The leader has dealt with what a household wrote beside its goods; other words than these wait again."""

    __tablename__ = "settled_words"
    __table_args__ = STRICT

    order_id: Mapped[int] = fk("household_order.id", primary_key=True)
    words_sha256: Mapped[str] = plain_text()
    settled_by_id: Mapped[int] = fk("account.id")
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)
