"""Paper on the walls: posters while orders are taken, notices at the door before the goods come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.core import clock
from app.core.sentences import N_
from app.core.text.delivery_words import ON_POSTER
from app.handover import group_texts
from app.places.models import DeliveryMode
from app.printing.contexts.builder import SheetBuilder, order_address, public_url
from app.printing.contexts.ground import Ground, Prepared
from app.printing.contexts.telling import Saying
from app.printing.kinds import SheetKind, SheetStage, register
from app.printing.sheet import Totals
from app.printing.sheets.residents.poster import DoorNotice, Poster

COMPLAINT_HOURS = 48  # after the hand-out; later it counts as accepted (handover says so too)


def _on_the_day(ground: Ground) -> str:
    return f"{ground.deliver_on.month}月{ground.deliver_on.day}日"


def posters(ground: Ground, address_of: dict[int, str], modes: Mapping[int, str]) -> Iterator[Prepared]:
    """Yield a poster for each building; ``address_of`` gives the address in its code, ``modes`` how it is served."""
    cutoff = clock.to_local(ground.cutoff_at)
    until = f"{cutoff.month}月{cutoff.day}日 {cutoff:%H:%M}"
    for building in ground.in_order(address_of):
        sheet = Poster(
            head=ground.head(building.point_id),
            control=Totals(),
            compound=building.compound,
            building=building.label,
            order_url=address_of[building.id],
            cutoff=until,
            delivery=_on_the_day(ground),
            served=ON_POSTER[modes.get(building.id, DeliveryMode.TO_DOOR)],
            leader_phone=ground.points[building.point_id].phone,
        )
        yield Prepared(ground.of_building(building), sheet)


def door_notices(ground: Ground, modes: Mapping[int, str], status_url: str) -> Iterator[Prepared]:
    """Yield a notice for each building: how its goods come to the door, and where to say that something is wrong."""
    for building in ground.in_order(ground.buildings):
        sheet = DoorNotice(
            head=ground.head(building.point_id),
            control=Totals(),
            compound=building.compound,
            building=building.label,
            mode=modes.get(building.id, DeliveryMode.TO_DOOR),
            delivery=_on_the_day(ground),
            drop_spot=building.drop_spot,
            status_url=status_url,
            leader_phone=ground.points[building.point_id].phone,
            hours=COMPLAINT_HOURS,
        )
        yield Prepared(ground.of_building(building), sheet)


def _opening(ground: Ground, address: str) -> Saying:
    cutoff = clock.to_local(ground.cutoff_at)
    until = f"{cutoff.month}月{cutoff.day}日 {cutoff:%H:%M}"
    delivery = f"{ground.deliver_on.month}月{ground.deliver_on.day}日"
    what = group_texts.Opening(ground.cycle, until, delivery)
    return lambda at: group_texts.ordering_opens(at.name, what, f"{address}/{at.public_code}")


def _posters(builder: SheetBuilder) -> Iterator[Prepared]:
    addresses = {b.id: order_address(b.public_code) for b in builder.ground.buildings.values()}
    return posters(builder.ground, addresses, builder.day.modes)


def _door_notices(builder: SheetBuilder) -> Iterator[Prepared]:
    return door_notices(builder.ground, builder.day.modes, f"{public_url()}/enter")


register(
    SheetKind(
        key="poster",
        code="NO",
        label_zh=N_("楼栋海报"),
        reader_zh=N_("居民"),
        stage=SheetStage.POSTED,
        place=1,
        watches="cycle building service_point",
        sheet=Poster,
        prepare=_posters,
        group_text=_opening,
        expected=lambda counted: counted.buildings,
        is_in_kit=False,
    )
)
register(
    SheetKind(
        key="door_notice",
        code="DN",
        label_zh=N_("门口告知"),
        reader_zh=N_("居民"),
        stage=SheetStage.POSTED,
        place=2,
        watches="cycle building zone_designation service_point",
        sheet=DoorNotice,
        prepare=_door_notices,
        expected=lambda counted: counted.buildings,
        is_in_kit=False,
    )
)
