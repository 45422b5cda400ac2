"""门贴/海报: how the residents of one building order, large enough to read from two metres."""

from dataclasses import dataclass

from app.printing.sheets.base import Sheet, Totals


@dataclass(frozen=True)
class Poster(Sheet):
    """``order_url`` goes into the code and is printed below it for typing. Control stays zero."""

    kind = "poster"
    template = "print/poster.html"
    paper = "poster"

    compound: str
    building: str
    order_url: str
    cutoff: str
    delivery: str
    leader_phone: str
    short_url: str = ""

    def counted(self) -> Totals:
        """A poster carries no goods."""
        return Totals()
