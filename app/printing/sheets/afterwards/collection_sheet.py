"""收款单: what each household of a building still has to pay, before the orders are settled."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class CollectionRow:
    """``due_fen``: accepted and still on its way, at most. ``paid_fen``: what was marked as paid so far."""

    room: str
    due_fen: int
    paid_fen: int
    is_changed: bool = False

    @property
    def open_fen(self) -> int:
        """What is still to be collected; negative when too much was paid."""
        return self.due_fen - self.paid_fen


@dataclass(frozen=True)
class CollectionSheet(Sheet):
    """The households of one building by room. Control: lines, amount = sum due."""

    kind = "collection_sheet"
    template = "print/collection_sheet.html"

    compound: str
    building: str
    rows: tuple[CollectionRow, ...]

    def counted(self) -> Totals:
        """Add up the amounts due."""
        return Totals(lines=len(self.rows), amount_fen=sum(row.due_fen for row in self.rows))

    @property
    def paid_fen(self) -> int:
        """Sum of what was paid."""
        return sum(row.paid_fen for row in self.rows)

    @property
    def open_fen(self) -> int:
        """Sum of what is still to be collected, households that paid too much left out."""
        return sum(max(0, row.open_fen) for row in self.rows)
