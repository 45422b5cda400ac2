"""路线单: where a team goes with its bags. Buildings, counts, captains by surname: no rooms, no residents."""

from dataclasses import dataclass

from app.printing.layout.sketch import PrintedSketch
from app.printing.layout.streets import PrintedGround
from app.printing.sheet import Sheet, StayingRow, Totals


@dataclass(frozen=True)
class RouteStop:
    """One building of the round; ``grams`` whole; ``hand_to`` a role or a spot; ``captain`` as 王*.

    ``numbers``: which bags of the building's day to load (1–12、15). ``address``: the street address of the compound.

    ``gate`` is the nearest open gate with its hours, ``window`` when nobody may come, ``hint`` where bags are put,
    ``phone`` the duty number that the captain gave for the day, else the point's line.
    """

    seq: int
    compound: str
    building: str
    stairwells: str
    bags: int
    grams: int
    zone: str
    is_sealed: bool
    window: str
    hint: str
    hand_to: str
    arrive: str = ""
    gate: str = ""
    marks: tuple[str, ...] = ()
    is_changed: bool = False
    phone: str = ""
    numbers: str = ""
    captain: str = ""
    address: str = ""


@dataclass(frozen=True)
class RouteHead:
    """Who goes, with what, from where and when."""

    round_no: str
    team: str
    vehicle: str
    depot: str
    gates: str
    slot: str
    grams: int
    ppe_sets: int
    help_number: str
    metres: int = 0
    minutes: int = 0
    capacity_kg: int = 0


@dataclass(frozen=True)
class RouteSheet(Sheet):
    """Control: bags, lines = stops."""

    kind = "route_sheet"
    template = "print/route_sheet.html"
    has_page_codes = True

    route: RouteHead
    stops: tuple[RouteStop, ...]
    sketch: PrintedSketch | None = None
    staying: tuple[StayingRow, ...] = ()
    ground: PrintedGround | None = None

    def counted(self) -> Totals:
        """Add up the stops."""
        return Totals(bags=sum(stop.bags for stop in self.stops), lines=len(self.stops))

    def opens_compound(self, at: int) -> bool:
        """Whether the stop at this place of the list lies in another compound than the one before it."""
        return at == 0 or self.stops[at - 1].compound != self.stops[at].compound

    @property
    def first_sealed(self) -> int:
        """The sequence number where the sealed part begins; 0 when there is none."""
        return next((stop.seq for stop in self.stops if stop.is_sealed), 0)
