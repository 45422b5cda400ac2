"""异常/补送单: what did not arrive and what is decided about it."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class ExceptionRow:
    """``decision`` empty leaves the three boxes (redeliver, refund, reject) for the pen."""

    room: str
    bag: str
    item: str
    reason: str
    since: str
    qty: int = 0
    decision: str = ""
    is_changed: bool = False


@dataclass(frozen=True)
class ExceptionBuilding:
    """The open exceptions of one building."""

    building: str
    rows: tuple[ExceptionRow, ...]


@dataclass(frozen=True)
class ExceptionList(Sheet):
    """Control: lines. ``blank_rows`` makes an empty form."""

    kind = "exception_list"
    template = "print/exception_list.html"

    buildings: tuple[ExceptionBuilding, ...]
    blank_rows: int = 0

    def counted(self) -> Totals:
        """Count the rows."""
        return Totals(lines=sum(len(building.rows) for building in self.buildings))
