"""What came in as text or as a workbook, line by line, kept until the purge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
    plain_text,
    sensitive_text,
)
from app.core.labels import Labelled


class LineOutcome(Labelled):
    ROW = "row", "已识别"
    AMEND = "amend", "改单"
    CANCEL = "cancel", "取消"
    REVIEW = "review", "待确认"
    SKIP = "skip", "不计入"
    HEAD = "head", "标题"


class PasteState(Labelled):
    PREVIEW = "preview", "预览"
    COMMITTING = "committing", "正在入单"
    COMMITTED = "committed", "已入单"
    UNDONE = "undone", "已撤销"
    SUPERSEDED = "superseded", "已被新版取代"


class VersionChange(Labelled):
    """What became of an entry since the version before."""

    ADDED = "added", "新增"
    CHANGED = "changed", "改动"
    UNCHANGED = "unchanged", "不变"


class ChainPaste(Created, Versioned, Base):
    """One chain pasted, or one workbook imported (kind), for one point of one cycle."""

    __tablename__ = "chain_paste"
    __table_args__ = (UniqueConstraint("cycle_id", "service_point_id", "seq"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_id: Mapped[int] = fk("cycle.id")
    service_point_id: Mapped[int] = fk("service_point.id")
    kind: Mapped[str] = plain_text(default="chain")  # chain | workbook
    text_sha256: Mapped[str] = plain_text()
    seq: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = choice_column("state", PasteState, default=PasteState.PREVIEW)
    superseded_by_id: Mapped[int | None] = fk("chain_paste.id")
    replaces_id: Mapped[int | None] = fk("chain_paste.id")  # the version of the same list before this one
    job_id: Mapped[int | None] = mapped_column(Integer)  # the job that places the orders of a big one
    routed_from_id: Mapped[int | None] = mapped_column(Integer)  # the paste of another point that handed these lines on
    pasted_by_id: Mapped[int] = fk("account.id")
    alarms: Mapped[Any] = json_column(default=list)
    lines: Mapped[list[PasteLine]] = relationship(order_by="PasteLine.line_no, PasteLine.part")


class PasteLine(Base):
    __tablename__ = "chain_line"
    __table_args__ = (
        UniqueConstraint("paste_id", "line_no", "part"),
        Index("ix_chain_line_order_id", "order_id"),
        STRICT,
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paste_id: Mapped[int] = fk("chain_paste.id")
    line_no: Mapped[int] = mapped_column(Integer)
    part: Mapped[int] = mapped_column(Integer, default=1)  # of a chain written on one line
    raw: Mapped[str] = personal_text()
    outcome: Mapped[str] = choice_column("outcome", LineOutcome)
    household_id: Mapped[int | None] = fk("household.id")
    order_id: Mapped[int | None] = fk("household_order.id")
    items: Mapped[Any] = json_column(default=list)  # [{"item", "qty", "unit"}], names as the offers have them
    change: Mapped[str] = plain_text(default="")  # of an amendment: set, add, less
    candidates: Mapped[Any] = json_column(default=list)  # household ids
    reason: Mapped[str] = plain_text(default="")
    note: Mapped[str] = personal_text(default="")
    restricted_note: Mapped[str] = sensitive_text(default="")  # words about health: shown to few, never printed
    earlier_id: Mapped[int | None] = fk("chain_line.id")  # the same entry in the version before
    difference: Mapped[str] = plain_text(default="")  # a VersionChange; empty where there is no version before
    read_as: Mapped[Any] = json_column(nullable=True)  # household, items and reason before a person settled it
    elsewhere: Mapped[Any] = json_column(nullable=True)  # a line of another point: see intake/paste/elsewhere
    routed_to_id: Mapped[int | None] = mapped_column(Integer)  # the paste of that point which it was handed on to
    routed_line_id: Mapped[int | None] = mapped_column(Integer)  # its copy there; versions of a list share one copy
    settled_by_id: Mapped[int | None] = fk("account.id")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChainBooking(Created, Base):
    """What one paste made of one household's order, so that it can be taken back exactly.

    base: the basket without any version of this list; before and after: the basket around this paste. Baskets are
    {"source", "remark", "door_note", "other_need", "picks": [[offer id, qty, may be substituted]], "keys": see
    ordering.keys}, or null for no order.
    """

    __tablename__ = "chain_booking"
    __table_args__ = (UniqueConstraint("paste_id", "household_id"), STRICT)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paste_id: Mapped[int] = fk("chain_paste.id")
    household_id: Mapped[int] = fk("household.id")
    order_id: Mapped[int] = fk("household_order.id")
    revision: Mapped[int] = mapped_column(Integer)  # of the order as this booking left it
    mode: Mapped[str] = plain_text()  # alone, add, replace or keep
    base: Mapped[Any] = json_column(privacy="sensitive", nullable=True)
    before: Mapped[Any] = json_column(privacy="sensitive", nullable=True)
    after: Mapped[Any] = json_column(privacy="sensitive", nullable=True)
