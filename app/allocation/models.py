"""Shares: which lot covers which order line, and the sentence for whoever gets less."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import STRICT, Base, Created, check_at_least, choice_column, fk, plain_text
from app.ordering.models import Policy


class AllocationRun(Created, Base):
    """One run of the allocation: its rule, seed and input, so that it can be repeated."""

    __tablename__ = "allocation_run"
    __table_args__ = (Index("ix_allocation_run_cycle_id", "cycle_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    policy: Mapped[str] = choice_column("policy", Policy)
    seed: Mapped[str] = plain_text()
    input_sha256: Mapped[str] = plain_text()
    by_id: Mapped[int | None] = fk("account.id")


class Allocation(Base):
    """Units of a lot reserved for an order line; picking consumes them."""

    __tablename__ = "allocation"
    __table_args__ = (
        UniqueConstraint("order_line_id", "lot_id", "run_id"),
        check_at_least("qty", 1),
        CheckConstraint("qty_packed >= 0 AND qty_packed <= qty", name="packed_within"),
        Index("ix_allocation_lot_id", "lot_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    order_line_id: Mapped[int] = fk("order_line.id")
    lot_id: Mapped[int] = fk("lot.id")
    run_id: Mapped[int] = fk("allocation_run.id")
    qty: Mapped[int] = mapped_column(Integer)
    qty_packed: Mapped[int] = mapped_column(Integer, default=0)


class ShareNote(Base):
    """Why a household gets less than it ordered, as it is printed."""

    __tablename__ = "share_note"
    __table_args__ = STRICT

    order_line_id: Mapped[int] = fk("order_line.id", primary_key=True)
    run_id: Mapped[int] = fk("allocation_run.id")
    qty_share: Mapped[int] = mapped_column(Integer)
    sentence: Mapped[str] = plain_text()


class ShareOverride(Created, Base):
    """A share set by hand; later runs keep it."""

    __tablename__ = "share_override"
    __table_args__ = (check_at_least("qty", 0), STRICT)

    order_line_id: Mapped[int] = fk("order_line.id", primary_key=True)
    qty: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = plain_text()
    by_id: Mapped[int] = fk("account.id")


class Substitution(Base):
    """`ratio_to` units of the substitute stand in for `ratio_from` units of the item; entered first, used first."""

    __tablename__ = "substitution"
    __table_args__ = (
        UniqueConstraint("item_id", "substitute_id"),
        CheckConstraint("item_id <> substitute_id", name="another_item"),
        check_at_least("ratio_from", 1),
        check_at_least("ratio_to", 1),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    item_id: Mapped[int] = fk("item.id")
    substitute_id: Mapped[int] = fk("item.id")
    ratio_from: Mapped[int] = mapped_column(Integer, default=1)
    ratio_to: Mapped[int] = mapped_column(Integer, default=1)


class Replacement(Base):
    """What a substitute line stands in for: `qty_covered` short units of the line it names in `substitute_for_id`."""

    __tablename__ = "replacement"
    __table_args__ = (check_at_least("qty_covered", 1), Index("ix_replacement_run_id", "run_id"), STRICT)

    order_line_id: Mapped[int] = fk("order_line.id", primary_key=True)
    run_id: Mapped[int] = fk("allocation_run.id")
    qty_covered: Mapped[int] = mapped_column(Integer)
