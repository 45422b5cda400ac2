"""标签对位页: the outlines of all labels of a paper, to be held against an empty sheet before labels are wasted."""

from dataclasses import dataclass

from app.printing.layout.labels import LabelStock, millimetres
from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class LabelOutline:
    """One label in tenths of a millimetre, as the drawing needs it."""

    number: int
    x: int
    y: int


@dataclass(frozen=True)
class LabelTest(Sheet):
    """Control stays zero."""

    kind = "label_test"
    template = "print/label_test.html"

    stock: LabelStock

    @property
    def page_class(self) -> str:
        """The page of the label paper itself."""
        return "labels"

    def counted(self) -> Totals:
        """A test page carries no goods."""
        return Totals()

    def outlines(self) -> tuple[LabelOutline, ...]:
        """The labels row by row."""
        spots = ((top, left) for top in self.stock.tops_dmm() for left in self.stock.lefts_dmm())
        return tuple(LabelOutline(number, left, top) for number, (top, left) in enumerate(spots, start=1))

    def setting(self) -> tuple[str, str, str, str]:
        """Top, left and the two gaps in millimetres as text."""
        margins = self.stock.margins
        top, left = millimetres(margins.top_dmm), millimetres(margins.left_dmm)
        return top, left, millimetres(margins.gap_x_dmm), millimetres(margins.gap_y_dmm)
