"""领取单: when each household of a building comes down to collect, so that nobody waits in a crowd."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class CollectionSlip:
    """One household: its slot, its bags. An empty slot leaves a line for the pen. No name, no phone."""

    room: str
    slot: str
    codes: tuple[str, ...]
    is_changed: bool = False


@dataclass(frozen=True)
class CollectionSlips(Sheet):
    """The slips of one building, cut apart and put under the doors. Control: bags, lines = households."""

    kind = "collection_slip"
    template = "print/collection_slip.html"

    compound: str
    building: str
    drop_spot: str
    leader_phone: str
    slips: tuple[CollectionSlip, ...]

    def counted(self) -> Totals:
        """Add up the slips."""
        return Totals(bags=sum(len(slip.codes) for slip in self.slips), lines=len(self.slips))
