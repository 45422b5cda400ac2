"""结算/退款单: money by household, in integer fen."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class SettlementRow:
    """``adjusted_fen``: changes by shortage, dispute, substitution. ``refund_fen``: still to be paid back."""

    room: str
    due_fen: int
    paid_fen: int
    adjusted_fen: int
    refund_fen: int
    is_changed: bool = False


@dataclass(frozen=True)
class SettlementBuilding:
    """The households of one building."""

    building: str
    rows: tuple[SettlementRow, ...]

    @property
    def due_fen(self) -> int:
        """Sum of the amounts due."""
        return sum(row.due_fen for row in self.rows)

    @property
    def refund_fen(self) -> int:
        """Sum of the refunds."""
        return sum(row.refund_fen for row in self.rows)


@dataclass(frozen=True)
class SettlementSheet(Sheet):
    """Control: lines, amount = sum due."""

    kind = "settlement_sheet"
    template = "print/settlement_sheet.html"

    buildings: tuple[SettlementBuilding, ...]

    def counted(self) -> Totals:
        """Add up the amounts due."""
        rows = [row for building in self.buildings for row in building.rows]
        return Totals(lines=len(rows), amount_fen=sum(row.due_fen for row in rows))

    @property
    def paid_fen(self) -> int:
        """Sum of what was paid."""
        return sum(row.paid_fen for building in self.buildings for row in building.rows)

    @property
    def adjusted_fen(self) -> int:
        """Sum of the corrections."""
        return sum(row.adjusted_fen for building in self.buildings for row in building.rows)

    @property
    def refund_fen(self) -> int:
        """Sum of the refunds still to be paid."""
        return sum(building.refund_fen for building in self.buildings)
