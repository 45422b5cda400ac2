"""楼栋交接单: captain and runner count the bags of one building together."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, StayingRow, Totals


@dataclass(frozen=True)
class DropOffStairwell:
    """The bags of one stairwell; ``units`` are the pieces inside."""

    stairwell: str
    codes: tuple[str, ...]
    units: int
    marks: tuple[str, ...] = ()
    is_changed: bool = False


@dataclass(frozen=True)
class DropOffSheet(Sheet):
    """Control: bags, units = pieces."""

    kind = "drop_off_sheet"
    template = "print/drop_off_sheet.html"

    compound: str
    building: str
    captain: str
    round_no: str
    stop_seq: int
    mode: str
    ppe: str
    drop_spot: str
    stairwells: tuple[DropOffStairwell, ...]
    staying: tuple[StayingRow, ...] = ()

    def counted(self) -> Totals:
        """Add up the stairwells."""
        bags = sum(len(stairwell.codes) for stairwell in self.stairwells)
        return Totals(bags=bags, units=sum(stairwell.units for stairwell in self.stairwells))
