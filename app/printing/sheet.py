"""What every sheet has: a head, control totals that must agree with its rows, and a stamp with its number."""

import abc
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.printing.numbers import SheetNumber


class ControlTotalMismatch(ValueError):
    """The rows of a sheet do not add up to the totals the database gave for it; the sheet is not printed."""


@dataclass(frozen=True)
class Totals:
    """Control totals. Sheets leave what they do not carry at zero."""

    bags: int = 0
    lines: int = 0
    units: int = 0
    amount_fen: int = 0


@dataclass(frozen=True)
class SheetHead:
    """Where and when a sheet belongs. ``filter_note`` tells which filter of the page it honours.

    ``is_bilingual`` puts English beside the Chinese words of the sheet; names stay as they are.
    """

    subdistrict: str
    community: str
    cycle: str
    point: str = ""
    day: date | None = None
    wave: int = 0
    filter_note: str = ""
    is_bilingual: bool = False


@dataclass(frozen=True)
class SheetItem:
    """An item as paper names it. ``marks`` are of cold, frozen, heavy, fragile."""

    no: int
    name: str
    spec: str
    unit: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class StayingRow:
    """A bag that was planned for a stop and does not come: where to, its code, why it stays, what happens next."""

    place: str
    code: str
    why: str
    next_step: str


@dataclass(frozen=True)
class Sheet(abc.ABC):
    """One sheet of paper before it gets its number; subclasses add rows.

    Raises:
        ControlTotalMismatch: the rows do not add up to ``control``.
    """

    head: SheetHead
    control: Totals

    kind: ClassVar[str]
    template: ClassVar[str]
    paper: ClassVar[str] = "portrait"
    has_page_codes: ClassVar[bool] = False
    """Whether each page has a code with number and page of its own, for a photograph of the ticked sheet."""

    @abc.abstractmethod
    def counted(self) -> Totals:
        """Add up the rows."""

    @property
    def page_class(self) -> str:
        """The paper and layout this sheet prints on (a class of the style sheet)."""
        return f"{self.paper} coded" if self.has_page_codes else self.paper

    def __post_init__(self) -> None:
        counted = self.counted()
        if counted != self.control:
            raise ControlTotalMismatch(f"{self.kind}: rows give {counted}, the database says {self.control}")


@dataclass(frozen=True)
class Stamp:
    """What identifies one printed version; not part of the content hash.

    ``made_at`` is local time as text. ``qr`` is what the code on the sheet says: an address or the number itself.
    ``replaces`` is the version this one makes void, 0 for a first print. ``seals`` are the last links of the event
    log's chains, on the cover of the kit.
    """

    number: SheetNumber
    made_at: str
    qr: str = ""
    replaces: int = 0
    seals: tuple[str, ...] = ()

    @property
    def qr_text(self) -> str:
        """The text in the code of the sheet."""
        return self.qr or str(self.number)


@dataclass(frozen=True)
class Printout:
    """A sheet together with its stamp: what the engine renders."""

    sheet: Sheet
    stamp: Stamp
