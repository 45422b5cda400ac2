"""Posters: how the residents of a building order."""

from __future__ import annotations

from collections.abc import Iterator

from app.core import clock
from app.printing.contexts.ground import Ground, Prepared
from app.printing.sheets.base import Totals
from app.printing.sheets.poster import Poster


def posters(ground: Ground, address_of: dict[int, str]) -> Iterator[Prepared]:
    """Yield a poster for each building; ``address_of`` gives the address in its code."""
    cutoff = clock.to_local(ground.cutoff_at)
    until = f"{cutoff.month}月{cutoff.day}日 {cutoff:%H:%M}"
    delivery = f"{ground.deliver_on.month}月{ground.deliver_on.day}日"
    for building in ground.in_order(address_of):
        sheet = Poster(
            head=ground.head(building.point_id),
            control=Totals(),
            compound=building.compound,
            building=building.label,
            order_url=address_of[building.id],
            cutoff=until,
            delivery=delivery,
            leader_phone="",
        )
        yield Prepared(ground.of_building(building), sheet)
