"""袋签: one label a bag. No phone, no name, no word about health."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.printing.layout.label_fit import LAYOUTS, FittedText, bag_size, fit_text
from app.printing.layout.labels import LabelStock
from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class BagLabel:
    """``place`` is the big text (12-302), ``area`` the compound or point. An empty code keeps the place free.

    ``no`` of ``of``: of the building's day; ``k`` of ``n``: of the household. A label without a number says k/n only.
    """

    code: str
    place: str
    area: str
    k: int
    n: int
    round_no: str = ""
    marks: tuple[str, ...] = ()
    qr: str = ""
    no: int = 0
    of: int = 0

    @property
    def qr_text(self) -> str:
        """The text in the code of the label."""
        return self.qr or self.code

    @property
    def counted(self) -> str:
        """The number that is said first: 17/35 of the building's day."""
        return f"{self.no}/{self.of}" if self.no else f"{self.k}/{self.n}"

    @property
    def beside_code(self) -> str:
        """Behind the code: the bags of the household, where it has several."""
        return f"{self.k}/{self.n}" if self.no and self.n > 1 else ""


@dataclass(frozen=True)
class LabelTexts:
    """The texts of a label at sizes at which none leaves it."""

    place: FittedText
    area: FittedText
    bag_size: int
    code: FittedText


@dataclass(frozen=True)
class BagLabels(Sheet):
    """A run of labels on one stock. Control: bags. ``start`` leaves that many used places free on the first sheet."""

    kind = "bag_label"
    template = "print/bag_label.html"

    labels: tuple[BagLabel, ...]
    stock: LabelStock
    start: int = 0

    @property
    def page_class(self) -> str:
        """The label stock decides the page."""
        return f"labels {self.stock.css_class}"

    def counted(self) -> Totals:
        """Count the labels."""
        return Totals(bags=len(self.labels))

    def texts(self, label: BagLabel) -> LabelTexts:
        """Fit the texts of a label into this stock; the bilingual words beside k/n and code are part of the measure."""
        layout, is_wide = LAYOUTS[self.stock.key], self.head.is_bilingual
        code = f"{label.code}　趟{' round' if is_wide else ''} {label.round_no}" if label.round_no else label.code
        code += f"　户{' household' if is_wide else ''} {label.beside_code}" if label.beside_code else ""
        counted = f"袋{'bag' if is_wide else ''} {label.counted}"
        return LabelTexts(
            fit_text(label.place, layout.place),
            fit_text(label.area, layout.area),
            bag_size(counted, label.marks, self.stock),
            fit_text(code, layout.code),
        )

    def pages(self) -> Iterator[tuple[BagLabel | None, ...]]:
        """Yield the labels sheet by sheet, None for a free place."""
        places: list[BagLabel | None] = [None] * (self.start % self.stock.per_page) + list(self.labels)
        for first in range(0, len(places), self.stock.per_page):
            yield tuple(places[first : first + self.stock.per_page])


@dataclass(frozen=True)
class RollLabels(BagLabels):
    """The labels of one building on a roll: one label a page, so a whole point would be too long."""

    kind = "roll_label"
