"""Label stocks, and cutting a long run of labels into sheets of bounded size."""

from dataclasses import dataclass
from itertools import pairwise


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
    def per_page(self) -> int:
        """Labels on one sheet; 1 on a roll."""
        return self.columns * self.rows


A4_3X8 = LabelStock("a4-3x8", "A4 3×8 (70×37 mm)", "a4-3x8", 3, 8, 700, 370, margin_top_dmm=5)
A4_2X7 = LabelStock("a4-2x7", "A4 2×7 (99.1×38.1 mm)", "a4-2x7", 2, 7, 991, 381, 151, 46, 25)
ROLL_60X40 = LabelStock("roll-60x40", "60×40 mm", "roll-60x40", 1, 1, 600, 400)
ROLL_80X60 = LabelStock("roll-80x60", "80×60 mm", "roll-80x60", 1, 1, 800, 600)

STOCKS = {stock.key: stock for stock in (A4_3X8, A4_2X7, ROLL_60X40, ROLL_80X60)}
LABELS_A_SHEET = 240


def runs(count: int, stock: LabelStock, start: int = 0) -> tuple[tuple[int, int], ...]:
    """Cut ``count`` labels into (first, last) runs that fill whole pages, at most about 240 labels each."""
    first_run = max(stock.per_page, LABELS_A_SHEET // stock.per_page * stock.per_page) - start % stock.per_page
    edges = [0]
    while edges[-1] < count:
        edges.append(min(count, edges[-1] + (first_run if len(edges) == 1 else LABELS_A_SHEET)))
    return tuple(pairwise(edges))
