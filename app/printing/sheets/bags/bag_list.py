"""配袋单 (摘果): what goes into each bag."""

from dataclasses import dataclass

from app.printing.sheet import Sheet, Totals


@dataclass(frozen=True)
class BagItem:
    """``qty`` of ``item``. ``replaces`` names the item it stands in for, which is printed struck through."""

    item: str
    unit: str
    qty: int
    ordered: int
    marks: tuple[str, ...] = ()
    replaces: str = ""

    @property
    def is_short(self) -> bool:
        """Whether the household gets fewer than it ordered."""
        return self.qty < self.ordered


@dataclass(frozen=True)
class BagRow:
    """Bag ``k`` of ``n`` of one household."""

    code: str
    room: str
    k: int
    n: int
    items: tuple[BagItem, ...]
    note: str = ""
    is_changed: bool = False


@dataclass(frozen=True)
class BagListBuilding:
    """The bags of one building in packing order."""

    building: str
    bags: tuple[BagRow, ...]


@dataclass(frozen=True)
class BagList(Sheet):
    """Control: bags, lines = items in bags above zero, units."""

    kind = "bag_list"
    template = "print/bag_list.html"
    has_page_codes = True

    buildings: tuple[BagListBuilding, ...]

    def counted(self) -> Totals:
        """Add up all bags."""
        bags = [bag for building in self.buildings for bag in building.bags]
        packed = [item.qty for bag in bags for item in bag.items if item.qty]
        return Totals(bags=len(bags), lines=len(packed), units=sum(packed))
