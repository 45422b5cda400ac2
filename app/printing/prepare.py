"""From wished kinds to prepared sheets: what several kinds share is loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from flask import current_app

from app.printing.contexts.afterwards import exception_lists, settlement_sheets
from app.printing.contexts.bags import BagsOfWave, bag_labels, bag_lists, hand_out_lists, load_bags, roll_labels
from app.printing.contexts.bought import goods_receipts, purchase_orders
from app.printing.contexts.day import Day, load_day
from app.printing.contexts.ground import Ground, Prepared, load_ground
from app.printing.contexts.notices import posters
from app.printing.contexts.ordered import order_forms, tallies
from app.printing.contexts.rounds import drop_off_sheets, route_sheets
from app.printing.contexts.shared_out import pick_lists, shortage_lists
from app.printing.labels import A4_3X8, ROLL_60X40, STOCKS
from app.settings import Settings


def public_url() -> str:
    """The address of this installation as residents and staff reach it."""
    settings: Settings = current_app.extensions["louda_settings"]
    return settings.public_url.rstrip("/")


def order_address(public_code: str) -> str:
    """The address in the code of a building's poster."""
    path = current_app.url_map.bind("").build("resident.enter", {"code": public_code})
    return f"{public_url()}{path}"


class Workbench:
    """One preparation: reads the database, keeps what the next kind needs too."""

    def __init__(self, cycle_id: int, wave: int, stock: str) -> None:
        self._ground = load_ground(cycle_id, wave)
        self._stock = STOCKS[stock]

    @property
    def ground(self) -> Ground:
        """The cycle with its places and items."""
        return self._ground

    @cached_property
    def _bags(self) -> BagsOfWave:
        return load_bags(self._ground)

    @cached_property
    def _day(self) -> Day:
        return load_day(self._ground)

    def prepare(self, kind: str) -> Iterator[Prepared]:
        """Yield all sheets of a kind.

        Raises:
            ControlTotalMismatch: rows and database disagree (somebody is writing right now).
        """
        ground = self._ground
        if kind == "hand_out_list":
            modes = {building: zone.mode for building, zone in self._day.zones.items()}
            return hand_out_lists(self._bags, modes, dict(self._day.captains))
        if kind == "bag_label":
            return bag_labels(self._bags, A4_3X8 if self._stock.is_roll else self._stock)
        if kind == "roll_label":
            return roll_labels(self._bags, self._stock if self._stock.is_roll else ROLL_60X40)
        if kind == "bag_list":
            return bag_lists(self._bags)
        if kind in ("route_sheet", "drop_off_sheet"):
            return (route_sheets if kind == "route_sheet" else drop_off_sheets)(self._day)
        if kind == "poster":
            return posters(ground, {b.id: order_address(b.public_code) for b in ground.buildings.values()})
        return _OF_GROUND[kind](ground)


_OF_GROUND = {
    "order_form": order_forms,
    "tally": tallies,
    "purchase_order": purchase_orders,
    "goods_receipt": goods_receipts,
    "shortage_list": shortage_lists,
    "pick_list": pick_lists,
    "exception_list": exception_lists,
    "settlement_sheet": settlement_sheets,
}
