"""缺货单: who gets less than ordered, and the sentence to tell them."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class ShortRow:
    """One household and item; ``share`` may be zero, which prints as 缺货."""

    room: str
    item: str
    unit: str
    ordered: int
    share: int
    sentence: str = ""
    is_changed: bool = False


@dataclass(frozen=True)
class ShortBuilding:
    """The short households of one building."""

    building: str
    rows: tuple[ShortRow, ...]


@dataclass(frozen=True)
class ShortageList(Sheet):
    """Control: lines, units = units that are short."""

    kind = "shortage_list"
    template = "print/shortage_list.html"

    buildings: tuple[ShortBuilding, ...]

    def counted(self) -> Totals:
        """Add up what is missing."""
        rows = [row for building in self.buildings for row in building.rows]
        return Totals(lines=len(rows), units=sum(row.ordered - row.share for row in rows))
