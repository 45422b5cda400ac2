"""海报 and 门口告知: what residents of one building read on the wall, the first from two metres."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class Poster(Sheet):
    """``order_url`` goes into the code and is printed below it for typing; ``served`` is how goods reach households.

    Control stays zero.
    """

    kind = "poster"
    template = "print/poster.html"
    paper = "poster"

    compound: str
    building: str
    order_url: str
    cutoff: str
    delivery: str
    served: str
    leader_phone: str
    short_url: str = ""

    def counted(self) -> Totals:
        """A poster carries no goods."""
        return Totals()


@dataclass(frozen=True)
class DoorNotice(Sheet):
    """How goods come to the doors of a building, and what to do when something is missing. Control stays zero.

    ``mode`` is the delivery mode of the day; ``status_url`` leads to the page where a household sees its order and
    says that something is wrong; ``hours`` is how long after the hand-out.
    """

    kind = "door_notice"
    template = "print/door_notice.html"
    paper = "poster"

    compound: str
    building: str
    mode: str
    delivery: str
    drop_spot: str
    status_url: str
    leader_phone: str
    hours: int

    def counted(self) -> Totals:
        """A notice carries no goods."""
        return Totals()
