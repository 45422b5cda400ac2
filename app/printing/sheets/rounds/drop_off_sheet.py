"""楼栋交接单: captain and runner count the bags of one building together."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, StayingRow, Totals


@dataclass(frozen=True)
class DropOffBag:
    """One bag: its number of the building's day, and the door it is for."""

    no: int
    floor: int | None
    room: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class DropOffStairwell:
    """The bags of one stairwell by floor and room, ``bags`` in the order of ``codes``; ``units``: pieces inside."""

    stairwell: str
    codes: tuple[str, ...]
    units: int
    marks: tuple[str, ...] = ()
    is_changed: bool = False
    bags: tuple[DropOffBag, ...] = ()


@dataclass(frozen=True)
class DropOffVisit:
    """One of several visits of the day: the `no`-th, when, how many bags and which (1–12、15)."""

    no: int
    at: str
    bags: int
    numbers: str
    is_this: bool


@dataclass(frozen=True)
class DropOffSheet(Sheet):
    """Control: bags, units = pieces. ``day_bags``: the highest number of the building's day; ``call``: whose line."""

    kind = "drop_off_sheet"
    template = "print/drop_off_sheet.html"
    has_page_codes = True

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
    day_bags: int = 0
    visits: tuple[DropOffVisit, ...] = ()
    call: str = ""

    @property
    def visit(self) -> int:
        """Which visit of the day this is; 0 where there is only one."""
        return next((one.no for one in self.visits if one.is_this), 0)

    def counted(self) -> Totals:
        """Add up the stairwells."""
        bags = sum(len(stairwell.codes) for stairwell in self.stairwells)
        return Totals(bags=bags, units=sum(stairwell.units for stairwell in self.stairwells))
