"""Label stocks: sheets of A4 and rolls."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelStock:
    """Geometry in tenths of a millimetre, so that it stays integer."""

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

    @property
    def is_roll(self) -> bool:
        """Whether it is printed one label a page."""
        return self.per_page == 1

    @property
    def per_page(self) -> int:
        """Labels on one sheet; 1 on a roll."""
        return self.columns * self.rows


A4_3X8 = LabelStock("a4-3x8", "A4 3×8 (70×37 mm)", "a4-3x8", 3, 8, 700, 370, margin_top_dmm=5)
A4_2X7 = LabelStock("a4-2x7", "A4 2×7 (99.1×38.1 mm)", "a4-2x7", 2, 7, 991, 381, 151, 46, 25)
ROLL_60X40 = LabelStock("roll-60x40", "60×40 mm", "roll-60x40", 1, 1, 600, 400)
ROLL_80X60 = LabelStock("roll-80x60", "80×60 mm", "roll-80x60", 1, 1, 800, 600)

STOCKS = {stock.key: stock for stock in (A4_3X8, A4_2X7, ROLL_60X40, ROLL_80X60)}
