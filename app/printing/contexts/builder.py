"""One preparation of sheets: what several kinds share is loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from flask import current_app

from app.printing.contexts.day import DeliveryDay, arrivals, load_day
from app.printing.contexts.ground import Ground, Prepared, load_ground
from app.printing.contexts.slots import Collecting
from app.printing.contexts.wave_bags import BagsOfWave, load_bags
from app.printing.kinds import by_key
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


class SheetBuilder:
    """Builds the sheets of a cycle and wave; reads the database, and keeps what the next kind needs too.

    ``stock`` is the label paper, "" for the one that is remembered. ``on_progress`` is called after each of the long
    reads, so that whoever waits sees that the work goes on.
    """

    def __init__(
        self,
        cycle_id: int,
        wave: int,
        stock: str = "",
        used: LabelsUsed | None = None,
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self.ground: Ground = load_ground(cycle_id, wave)
        self.stock = stock
        self._used = used or LabelsUsed()
        self._on_progress = on_progress

    def narrowed_to(self, buildings: Iterable[int] | None) -> SheetBuilder:
        """Read only the bags of these buildings (None: all); call it before anything is prepared."""
        self.ground = replace(self.ground, only=None if buildings is None else frozenset(buildings))
        return self

    @cached_property
    def bags(self) -> BagsOfWave:
        """The bags of the wave."""
        found = load_bags(self.ground)
        self._on_progress()
        return found

    @cached_property
    def day(self) -> DeliveryDay:
        """The delivery day."""
        found = load_day(self.ground)
        self._on_progress()
        return found

    @cached_property
    def collecting(self) -> Collecting:
        """Who comes down when."""
        return Collecting(self.bags, self.day.modes, arrivals(self.ground))

    def prepare(self, kind: str) -> Iterator[Prepared]:
        """Yield all sheets of a kind.

        Raises:
            ControlTotalMismatch: rows and database disagree (somebody is writing right now).
        """
        prepare = by_key()[kind].prepare
        assert prepare is not None, f"{kind} is bound of other sheets"
        return prepare(self)

    def used_places(self) -> dict[int, int]:
        """Point → used places: the labels that are printed first begin on the paper that lies in the printer."""
        served = {building.point_id for building in self.bags.buildings()}
        in_order = (point.id for point in self.ground.points_in_order() if point.id in served)
        first = self._used.point_id if self._used.point_id is not None else next(in_order, None)
        return {} if first is None else {first: self._used.places}
