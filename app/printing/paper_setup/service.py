"""How a subdistrict prints, remembered: languages, label paper, and where its printers put the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from app.access.permissions import Permission, Staff
from app.core import events
from app.core.db import command, db
from app.core.errors import Invalid
from app.places.models import Subdistrict
from app.places.scope import require_subdistrict
from app.printing.layout.labels import A4_3X8, ROLL_60X40, STOCKS, LabelStock, Margins, layout_problems
from app.printing.models import LabelSetup, PaperSetup


@dataclass(frozen=True)
class PaperOptions:
    """What is remembered. ``stocks`` holds the papers whose margins were adjusted."""

    is_bilingual: bool = False
    has_grid: bool = True
    sheet_stock: str = A4_3X8.key
    roll_stock: str = ROLL_60X40.key
    stocks: Mapping[str, LabelStock] = field(default_factory=dict)

    def stock(self, key: str) -> LabelStock:
        """A label paper with the margins of this installation."""
        return self.stocks.get(key) or STOCKS[key]

    def sheet(self, wished: str = "") -> LabelStock:
        """The A4 label paper: the wished one if it is A4, otherwise the remembered one."""
        return self.stock(wished if wished in STOCKS and not STOCKS[wished].is_roll else self.sheet_stock)

    def roll(self, wished: str = "") -> LabelStock:
        """The label roll: the wished one if it is a roll, otherwise the remembered one."""
        return self.stock(wished if wished in STOCKS and STOCKS[wished].is_roll else self.roll_stock)


@dataclass(frozen=True)
class SavePaper:
    """The switch of the languages, the picture of the building on hand-out lists, the papers in the printers."""

    is_bilingual: bool = False
    has_grid: bool = False
    sheet_stock: str = A4_3X8.key
    roll_stock: str = ROLL_60X40.key


@dataclass(frozen=True)
class SaveMargins:
    """Margins and gaps of one label paper, in tenths of a millimetre."""

    stock: str
    top: int
    left: int
    gap_x: int = 0
    gap_y: int = 0

    @property
    def margins(self) -> Margins:
        """As the paper knows them."""
        return Margins(self.top, self.left, self.gap_x, self.gap_y)


def options_of(subdistrict_id: int) -> PaperOptions:
    """What a subdistrict remembers; the suggestions of the program where it saved nothing. Two statements."""
    row = db.session.get(PaperSetup, subdistrict_id)
    labels = db.session.scalars(select(LabelSetup).where(LabelSetup.subdistrict_id == subdistrict_id))
    stocks = {
        one.stock: STOCKS[one.stock].adjusted(
            Margins(one.margin_top_dmm, one.margin_left_dmm, one.gap_x_dmm, one.gap_y_dmm)
        )
        for one in labels
        if one.stock in STOCKS
    }
    if row is None:
        return PaperOptions(stocks=stocks)
    return PaperOptions(row.is_bilingual, row.has_grid, row.sheet_stock, row.roll_stock, stocks)


@command
def save_paper(by: Staff, subdistrict_id: int, wanted: SavePaper) -> PaperSetup:
    """Remember languages and papers.

    Requires: PRINT for the whole subdistrict. Ensures: the next sheets are printed so; what is printed stays valid.
    Raises: NotFound, Invalid.
    """
    require_subdistrict(by, Permission.PRINT, subdistrict_id)
    row = db.session.get(PaperSetup, subdistrict_id)
    if row is None:
        row = PaperSetup(subdistrict_id=subdistrict_id)
        db.session.add(row)
    row.is_bilingual, row.has_grid = wanted.is_bilingual, wanted.has_grid
    row.sheet_stock, row.roll_stock = wanted.sheet_stock, wanted.roll_stock
    db.session.flush()
    office = db.session.get_one(Subdistrict, subdistrict_id)
    events.record(by, "paper", office, is_bilingual=wanted.is_bilingual)
    return row


@command
def save_margins(by: Staff, subdistrict_id: int, wanted: SaveMargins) -> LabelSetup:
    """Remember where the printers of the subdistrict put the labels of one paper.

    Requires: PRINT for the whole subdistrict. Raises: NotFound; Invalid where labels would leave the paper.
    """
    require_subdistrict(by, Permission.PRINT, subdistrict_id)
    stock = STOCKS[wanted.stock].adjusted(wanted.margins)
    problems = layout_problems(stock)
    if problems:
        raise Invalid({name: [str(sentence)] for name, sentence in problems.items()})
    row = db.session.get(LabelSetup, (subdistrict_id, wanted.stock))
    if row is None:
        row = LabelSetup(subdistrict_id=subdistrict_id, stock=wanted.stock)
        db.session.add(row)
    row.margin_top_dmm, row.margin_left_dmm = stock.margin_top_dmm, stock.margin_left_dmm
    row.gap_x_dmm, row.gap_y_dmm = stock.gap_dmm, stock.gap_y_dmm
    db.session.flush()
    office = db.session.get_one(Subdistrict, subdistrict_id)
    events.record(by, "margins", office, top=wanted.top, left=wanted.left)
    return row
