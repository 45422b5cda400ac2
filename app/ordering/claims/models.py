"""What somebody left at a door that did not open: who to call, and the order that waits for the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import (
    STRICT,
    Base,
    Created,
    UtcDateTime,
    Versioned,
    choice_column,
    fk,
    json_column,
    personal_text,
    sensitive_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class ClaimKind(Labelled):
    MISSING = "missing", "登记里没有我家的房号"
    SECOND = "second", "一套房里住着两家"
    OTHER = "other", "别的原因进不去"


class ClaimState(Labelled):
    OPEN = "open", "待核对"
    FAMILY = "family", "已登记为另一家"
    REPLACED = "replaced", "已算作这一户"
    REJECTED = "rejected", "没有收"


class RoomClaim(Created, Versioned, Base):
    """A household without a code or PIN that says it lives there. `picks`: [[offer_id, units, may be substituted]].

    Without `cycle_id` nothing was open for orders: a word to the leader, which no tally waits for.
    """

    __tablename__ = "room_claim"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_has_time"),
        Index("ix_room_claim_building_id", "building_id"),
        Index("ix_room_claim_cycle_id", "cycle_id"),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(open="family replaced rejected", rejected="open")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int | None] = fk("cycle.id")
    building_id: Mapped[int] = fk("building.id")
    stairwell_id: Mapped[int] = fk("stairwell.id")
    # Whose tally waits for it, and takes what it becomes; it goes along when the building's open orders do.
    service_point_id: Mapped[int] = mapped_column(Integer)
    room: Mapped[str] = personal_text()  # as typed; it may be in no register
    kind: Mapped[str] = choice_column("kind", ClaimKind)
    phone: Mapped[str] = personal_text()
    note: Mapped[str] = sensitive_text(default="")
    picks: Mapped[Any] = json_column(default=list)
    state: Mapped[str] = choice_column("state", ClaimState, default=ClaimState.OPEN)
    settled_by_id: Mapped[int | None] = fk("account.id")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = personal_text(default="")  # why it was not taken
    order_id: Mapped[int | None] = fk("household_order.id")  # what it became
