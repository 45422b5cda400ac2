"""At the door and after: hand-outs, confirmations whose numbers must match the bag, disputes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import STRICT, Base, Created, UtcDateTime, Versioned, check_at_least, choice_column, fk, personal_text
from app.core.labels import Labelled
from app.core.states import steps


class DoorOutcome(Labelled):
    LEFT = "left", "已放门口"
    NO_ANSWER = "no_answer", "无人应答"
    REFUSED = "refused", "拒收"
    WRONG_ADDRESS = "wrong_address", "地址不对"
    BAG_MISSING = "bag_missing", "袋子不见"
    WRONG_BAG = "wrong_bag", "袋子拿错"
    DAMAGED = "damaged", "破损"
    BUILDING_SEALED = "building_sealed", "楼栋封闭"
    OTHER = "other", "其他"


class ConfirmedBy(Labelled):
    HOUSEHOLD = "household", "本人确认"
    CAPTAIN = "captain", "楼长代确认"
    TIMEOUT = "timeout", "到期默认"


class DisputeKind(Labelled):
    MISSING = "missing", "少了"
    DAMAGED = "damaged", "坏了"
    WRONG = "wrong", "错了"


class DisputeState(Labelled):
    OPEN = "open", "待处理"
    REDELIVERED = "redelivered", "补送"
    REFUNDED = "refunded", "退款"
    REJECTED = "rejected", "不成立"


class HandOut(Base):
    """One attempt at a door with a bag; only the exceptions are typed in."""

    __tablename__ = "hand_out"
    __table_args__ = (Index("ix_hand_out_bag_id", "bag_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bag_id: Mapped[int] = fk("bag.id")
    outcome: Mapped[str] = choice_column("outcome", DoorOutcome)
    detail: Mapped[str] = personal_text(default="")
    by_id: Mapped[int | None] = fk("account.id")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Confirmation(Base):
    __tablename__ = "confirmation"
    __table_args__ = (UniqueConstraint("bag_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bag_id: Mapped[int] = fk("bag.id")
    by_kind: Mapped[str] = choice_column("by_kind", ConfirmedBy)
    by_id: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lines: Mapped[list[ConfirmationLine]] = relationship()


class ConfirmationLine(Base):
    """Carries the bagged quantity in its foreign key, so that accepted + disputed cannot differ from it."""

    __tablename__ = "confirmation_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bag_id", "order_line_id", "qty_bagged"],
            ["bag_line.bag_id", "bag_line.order_line_id", "bag_line.qty"],
            ondelete="RESTRICT",
        ),
        CheckConstraint("qty_accepted + qty_disputed = qty_bagged", name="accepted_and_disputed"),
        check_at_least("qty_accepted", 0),
        check_at_least("qty_disputed", 0),
        STRICT,
    )

    confirmation_id: Mapped[int] = fk("confirmation.id", primary_key=True)
    bag_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    order_line_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    qty_bagged: Mapped[int] = mapped_column(Integer)
    qty_accepted: Mapped[int] = mapped_column(Integer)
    qty_disputed: Mapped[int] = mapped_column(Integer)


class Dispute(Created, Versioned, Base):
    __tablename__ = "dispute"
    __table_args__ = (check_at_least("qty", 1), Index("ix_dispute_state", "state"), STRICT)
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(open="redelivered refunded rejected")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    order_line_id: Mapped[int] = fk("order_line.id", index=True)
    bag_id: Mapped[int] = fk("bag.id")
    qty: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = choice_column("kind", DisputeKind)
    state: Mapped[str] = choice_column("state", DisputeState, default=DisputeState.OPEN)
    note: Mapped[str] = personal_text(default="")
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by_id: Mapped[int | None] = fk("account.id")
    reason: Mapped[str] = personal_text(default="")
