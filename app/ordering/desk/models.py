"""What the desk keeps: its last entries, so that the last one can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import STRICT, Base, Created, UtcDateTime, fk, json_column, personal_text, plain_text, sensitive_text


class DeskEntry(Created, Base):
    """One order taken at the desk, with what stood there before, so that the last one can be taken back.

    Words, hand, code and door of before are kept no longer than they can still be put back: until the next entry for
    the order, the undo, or the purge of the cycle's texts.
    """

    __tablename__ = "desk_entry"
    __table_args__ = (Index("ix_desk_entry_account", "account_id", "cycle_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = fk("account.id")
    cycle_id: Mapped[int] = fk("cycle.id")
    order_id: Mapped[int] = fk("household_order.id")
    before: Mapped[Any] = json_column(nullable=True)  # [[offer_id, qty, is_substitutable]]; none: there was no order
    source_before: Mapped[str | None] = plain_text()
    door_note_before: Mapped[str] = personal_text(default="")
    remark_before: Mapped[str] = sensitive_text(default="")
    hand_before: Mapped[str] = plain_text(default="")  # of the phone whose order it was
    code_before: Mapped[str] = plain_text(default="")
    door_before_id: Mapped[int | None] = mapped_column(Integer)  # the household of an OtherDoor
    version_after: Mapped[int] = mapped_column(Integer)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
