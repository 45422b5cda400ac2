"""From wished kinds to prepared sheets: what several kinds share is loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from flask import current_app

from app.printing.contexts.afterwards import exception_lists, settlement_sheets
from app.printing.contexts.bags import BagsOfWave, bag_labels, bag_lists, load_bags, roll_labels
from app.printing.contexts.bought import goods_receipts, purchase_orders
from app.printing.contexts.collecting import collection_sheets
from app.printing.contexts.day import Day, arrivals, load_day
from app.printing.contexts.ground import Ground, Prepared, load_ground
from app.printing.contexts.hand_out import HandOutDay, hand_out_lists
from app.printing.contexts.notices import Collecting, door_notices, posters
from app.printing.contexts.ordered import label_tests, order_forms, tallies
from app.printing.contexts.rounds import drop_off_sheets, route_sheets
from app.printing.contexts.shared_out import pick_lists, shortage_lists
from app.settings import Settings


def public_url() -> str:
    """The address of this installation as residents and staff reach it."""
    settings: Settings = current_app.extensions["louda_settings"]
    return settings.public_url.rstrip("/")


def order_address(public_code: str) -> str:
    """The address in the code of a building's poster."""
    path = current_app.url_map.bind("").build("resident.enter", {"code": public_code})
    return f"{public_url()}{path}"


@dataclass(frozen=True)
class LabelsUsed:
    """Places that are used up on the sheet of labels in the printer; of one point, or where printing begins."""

    places: int = 0
    point_id: int | None = None


class Workbench:
    """One preparation: reads the database, keeps what the next kind needs too.

    ``tell`` is called after each of the long reads, so that whoever waits sees that the work goes on.
    """

    def __init__(
        self,
        cycle_id: int,
        wave: int,
        stock: str = "",
        used: LabelsUsed | None = None,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self._ground = load_ground(cycle_id, wave)
        self._stock = stock
        self._used = used or LabelsUsed()
        self._tell = tell

    def narrowed_to(self, buildings: Iterable[int] | None) -> Workbench:
        """Read only the bags of these buildings (None: all); call it before anything is prepared."""
        self._ground = replace(self._ground, only=None if buildings is None else frozenset(buildings))
        return self

    @property
    def ground(self) -> Ground:
        """The cycle with its places and items."""
        return self._ground

    @cached_property
    def _bags(self) -> BagsOfWave:
        found = load_bags(self._ground)
        self._tell()
        return found

    @cached_property
    def _day(self) -> Day:
        found = load_day(self._ground)
        self._tell()
        return found

    @cached_property
    def _collecting(self) -> Collecting:
        return Collecting(self._bags, self._day.modes, arrivals(self._ground))

    def prepare(self, kind: str) -> Iterator[Prepared]:
        """Yield all sheets of a kind.

        Raises:
            ControlTotalMismatch: rows and database disagree (somebody is writing right now).
        """
        own = self._with_day().get(kind) or self._with_bags().get(kind)
        return own() if own is not None else _OF_GROUND[kind](self._ground)

    def _with_day(self) -> dict[str, Callable[[], Iterator[Prepared]]]:
        """Kinds that need to know the delivery day."""
        ground = self._ground
        return {
            "route_sheet": lambda: route_sheets(self._day),
            "drop_off_sheet": lambda: drop_off_sheets(self._day),
            "hand_out_list": lambda: hand_out_lists(self._bags, self._hand_out_day()),
            "collection_slip": lambda: self._collecting.slips(),
            "door_notice": lambda: door_notices(ground, self._day.modes, f"{public_url()}/enter"),
            "poster": lambda: posters(
                ground, {b.id: order_address(b.public_code) for b in ground.buildings.values()}, self._day.modes
            ),
        }

    def _with_bags(self) -> dict[str, Callable[[], Iterator[Prepared]]]:
        """Kinds that are views of the bags."""
        options = self._ground.options
        return {
            "bag_list": lambda: bag_lists(self._bags),
            "bag_label": lambda: bag_labels(self._bags, options.sheet(self._stock), self._used_places()),
            "roll_label": lambda: roll_labels(self._bags, options.roll(self._stock)),
        }

    def _used_places(self) -> dict[int, int]:
        """The labels that are printed first begin on the paper that lies in the printer."""
        served = {building.point_id for building in self._bags.buildings()}
        in_order = (point.id for point in self._ground.points_in_order() if point.id in served)
        first = self._used.point_id if self._used.point_id is not None else next(in_order, None)
        return {} if first is None else {first: self._used.places}

    def _hand_out_day(self) -> HandOutDay:
        return HandOutDay(self._day.modes, self._day.captains, self._collecting.by_order())


_OF_GROUND = {
    "order_form": order_forms,
    "tally": tallies,
    "purchase_order": purchase_orders,
    "goods_receipt": goods_receipts,
    "shortage_list": shortage_lists,
    "pick_list": pick_lists,
    "exception_list": exception_lists,
    "settlement_sheet": settlement_sheets,
    "collection_sheet": collection_sheets,
    "label_test": label_tests,
}
