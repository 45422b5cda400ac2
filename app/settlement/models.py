"""Money: what each household owes for what it accepted, in integer fen; payments are marked, never taken online."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import STRICT, Base, Created, UtcDateTime, Versioned, check_at_least, choice_column, fk, plain_text
from app.core.labels import Labelled


class PaymentKind(Labelled):
    PAID = "paid", "已收款"
    REFUND = "refund", "已退款"
    CORRECTION = "correction", "更正"


class LineAmount(Base):
    """What all units of an order line cost together: its part of the prices chosen. Written once, behind the lock."""

    __tablename__ = "line_amount"
    __table_args__ = (check_at_least("amount_fen", 0), STRICT)

    order_line_id: Mapped[int] = fk("order_line.id", primary_key=True)
    amount_fen: Mapped[int] = mapped_column(Integer)


class Statement(Versioned, Base):
    """The amount of an order, frozen when the order is settled."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("household_order_id"),
        *(check_at_least(part, 0) for part in ("ordered_fen", "accepted_fen")),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    household_order_id: Mapped[int] = fk("household_order.id")
    ordered_fen: Mapped[int] = mapped_column(Integer)
    accepted_fen: Mapped[int] = mapped_column(Integer)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Payment(Created, Base):
    """A mark that money changed hands, with who marked it; append-only by trigger, so that
    nobody who handled money can change what was marked; a correction is another row."""

    __tablename__ = "payment"
    __table_args__ = (UniqueConstraint("household_order_id", "cause"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    household_order_id: Mapped[int] = fk("household_order.id")
    kind: Mapped[str] = choice_column("kind", PaymentKind)
    amount_fen: Mapped[int] = mapped_column(Integer)  # refunds and corrections may be negative
    cause: Mapped[str] = plain_text()
    marked_by_id: Mapped[int] = fk("account.id")
