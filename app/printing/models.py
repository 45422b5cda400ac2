"""What was printed: numbered, versioned, found again by its content."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import (
    STRICT,
    Base,
    BooleanFlag,
    Created,
    UtcDateTime,
    Versioned,
    check_at_least,
    choice_column,
    fk,
    json_column,
    plain_text,
)
from app.core.labels import Labelled
from app.core.states import steps


class PaperSetup(Versioned, Base):
    """How a subdistrict prints; without a row everything is as the program suggests."""

    __tablename__ = "paper_setup"
    __table_args__ = STRICT

    subdistrict_id: Mapped[int] = fk("subdistrict.id", primary_key=True)
    is_bilingual: Mapped[bool] = mapped_column(BooleanFlag, default=False)  # English beside the Chinese
    has_grid: Mapped[bool] = mapped_column(BooleanFlag, default=True)  # the picture of the building on hand-out lists
    sheet_stock: Mapped[str] = plain_text()  # keys of labels.STOCKS
    roll_stock: Mapped[str] = plain_text()


class LabelSetup(Base):
    """Where a printer of the subdistrict puts the labels of one stock, in tenths of a millimetre."""

    __tablename__ = "label_setup"
    __table_args__ = STRICT

    subdistrict_id: Mapped[int] = fk("subdistrict.id", primary_key=True)
    stock: Mapped[str] = plain_text(primary_key=True)
    margin_top_dmm: Mapped[int] = mapped_column(Integer)
    margin_left_dmm: Mapped[int] = mapped_column(Integer)
    gap_x_dmm: Mapped[int] = mapped_column(Integer)
    gap_y_dmm: Mapped[int] = mapped_column(Integer)


class DocumentState(Labelled):
    RENDERED = "rendered", "可打印"
    PRINTED = "printed", "已打印"
    SUPERSEDED = "superseded", "已作废"


class Document(Created, Base):
    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint(
            "kind", "cycle_id", "wave", "subject_type", "subject_id", "revision", name="uq_document_version"
        ),
        UniqueConstraint("number"),
        Index("ix_document_cycle_kind", "cycle_id", "kind"),
        check_at_least("wave", 0),
        check_at_least("first_page", 1),
        STRICT,
    )
    LEGAL: ClassVar[dict[str, frozenset[str]]] = steps(rendered="printed superseded", printed="rendered superseded")

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = plain_text()
    subject_type: Mapped[str] = plain_text()
    subject_id: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = plain_text()  # the building, point, supplier or round it is about
    cycle_id: Mapped[int] = fk("cycle.id")
    wave: Mapped[int] = mapped_column(Integer, default=0)  # 0: the whole cycle
    service_point_id: Mapped[int | None] = fk("service_point.id")  # empty: the whole subdistrict
    revision: Mapped[int] = mapped_column(Integer, default=1)
    number: Mapped[str] = plain_text()
    state: Mapped[str] = choice_column("state", DocumentState, default=DocumentState.RENDERED)
    context_sha256: Mapped[str] = plain_text()
    sha256: Mapped[str] = plain_text()  # of the file, which is also its name; sheets printed together share one
    first_page: Mapped[int] = mapped_column(Integer, default=1)
    pages: Mapped[int] = mapped_column(Integer, default=0)
    totals: Mapped[Any] = json_column(default=dict)
    row_hashes: Mapped[Any] = json_column(default=list)  # of the rows, so that the next version can mark what changed
    as_of_event_id: Mapped[int] = mapped_column(Integer, default=0)  # the last event it was checked against
    superseded_by_id: Mapped[int | None] = fk("document.id")
    printed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    row_names: Mapped[Any] = json_column("personal", default=dict, deferred=True)  # hash → room, building or item


class DocumentGeometry(Base):
    """Where the boxes of a printed version are, so that a photograph of the ticked sheet can be read later.

    One row a version, kept with its content hash. Places in hundredths of a millimetre from the top left corner of the
    paper; see `app.printing.layout.geometry` for the corner marks and the fields of ``boxes``.
    """

    __tablename__ = "document_geometry"
    __table_args__ = STRICT

    document_id: Mapped[int] = fk("document.id", primary_key=True)
    context_sha256: Mapped[str] = plain_text()
    boxes: Mapped[Any] = json_column("personal", default=list)
