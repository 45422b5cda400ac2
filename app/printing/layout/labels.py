"""Label stocks: sheets of A4 and rolls, and where on the paper each label lies. Pure.

All lengths are integers in tenths of a millimetre (dmm). A printer never hits the paper exactly, so margins and gaps
can be adjusted for an installation; `layout_problems` says in Chinese what no longer lies on the paper.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.core.sentences import N_, Sentence, sentence

A4_WIDTH, A4_HEIGHT = 2100, 2970
TOLERANCE = 20  # the outer 2 mm of a label are empty: so far it may hang over the edge
MOST_MARGIN, LEAST_MARGIN, MOST_GAP = 400, -50, 200


@dataclass(frozen=True)
class Margins:
    """Where the first label begins, and the gaps between labels."""

    top_dmm: int
    left_dmm: int
    gap_x_dmm: int
    gap_y_dmm: int


@dataclass(frozen=True)
class LabelStock:
    """A kind of label paper."""

    key: str
    name: str
    css_class: str
    columns: int
    rows: int
    width_dmm: int
    height_dmm: int
    margin_top_dmm: int = 0
    margin_left_dmm: int = 0
    gap_dmm: int = 0
    gap_y_dmm: int = 0

    @property
    def is_roll(self) -> bool:
        """Whether it is printed one label a page."""
        return self.per_page == 1

    @property
    def per_page(self) -> int:
        """Labels on one sheet; 1 on a roll."""
        return self.columns * self.rows

    @property
    def page_width_dmm(self) -> int:
        """Width of the paper."""
        return self.width_dmm if self.is_roll else A4_WIDTH

    @property
    def page_height_dmm(self) -> int:
        """Height of the paper."""
        return self.height_dmm if self.is_roll else A4_HEIGHT

    @property
    def margins(self) -> Margins:
        """The margins and gaps it has now."""
        return Margins(self.margin_top_dmm, self.margin_left_dmm, self.gap_dmm, self.gap_y_dmm)

    def lefts_dmm(self) -> tuple[int, ...]:
        """The left edge of each column."""
        step = self.width_dmm + self.gap_dmm
        return tuple(self.margin_left_dmm + at * step for at in range(self.columns))

    def tops_dmm(self) -> tuple[int, ...]:
        """The top edge of each row."""
        step = self.height_dmm + self.gap_y_dmm
        return tuple(self.margin_top_dmm + at * step for at in range(self.rows))

    def adjusted(self, margins: Margins) -> LabelStock:
        """The same paper with other margins."""
        return replace(
            self,
            margin_top_dmm=margins.top_dmm,
            margin_left_dmm=margins.left_dmm,
            gap_dmm=0 if self.is_roll else margins.gap_x_dmm,
            gap_y_dmm=0 if self.is_roll else margins.gap_y_dmm,
        )


A4_3X8 = LabelStock("a4-3x8", "A4 3×8 (70×37 mm)", "a4-3x8", 3, 8, 700, 370, margin_top_dmm=5)
A4_2X7 = LabelStock("a4-2x7", "A4 2×7 (99.1×38.1 mm)", "a4-2x7", 2, 7, 991, 381, 151, 46, 25)
ROLL_60X40 = LabelStock("roll-60x40", "60×40 mm", "roll-60x40", 1, 1, 600, 400)
ROLL_80X60 = LabelStock("roll-80x60", "80×60 mm", "roll-80x60", 1, 1, 800, 600)

STOCKS = {stock.key: stock for stock in (A4_3X8, A4_2X7, ROLL_60X40, ROLL_80X60)}


def millimetres(dmm: int) -> str:
    """Tenths of a millimetre as a person writes millimetres: 151 is 15.1, 50 is 5."""
    sign = "-" if dmm < 0 else ""
    whole, tenth = divmod(abs(dmm), 10)
    return f"{sign}{whole}.{tenth}" if tenth else f"{sign}{whole}"


def layout_problems(stock: LabelStock) -> dict[str, Sentence]:
    """What does not fit: field → sentence; empty where every label lies on the paper.

    paper 210 wide, 3 columns of 70, left 0, gap 0   right edge 210   fits
    the same with a gap of 1.5                       right edge 213   3 mm too far, 2 mm are tolerated: refused
    """
    found: dict[str, Sentence] = {}
    right = stock.lefts_dmm()[-1] + stock.width_dmm - stock.page_width_dmm
    below = stock.tops_dmm()[-1] + stock.height_dmm - stock.page_height_dmm
    if right > TOLERANCE:
        found["left"] = sentence(N_("左边距和列间距太大，最右一列超出纸边 %(mm)s 毫米。"), mm=millimetres(right))
    if below > TOLERANCE:
        found["top"] = sentence(N_("上边距和行间距太大，最下一行超出纸边 %(mm)s 毫米。"), mm=millimetres(below))
    return found
