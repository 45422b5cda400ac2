"""Labels of bags: on sheets a point at a time, on rolls a building at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from app.core.db import db
from app.core.sentences import N_
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanBag, PlanState
from app.printing.contexts.builder import SheetBuilder
from app.printing.contexts.expected import ExpectedCounts
from app.printing.contexts.ground import BuildingPlace, Ground, Prepared, short_place
from app.printing.contexts.wave_bags import BagOnPaper, BagsOfWave, bag_control
from app.printing.kinds import PACKED, SheetKind, SheetStage, register
from app.printing.layout.labels import A4_3X8, ROLL_60X40, LabelStock
from app.printing.sheet import Totals
from app.printing.sheets.bags.bag_label import BagLabel, BagLabels, RollLabels


def bag_labels(
    wave: BagsOfWave, stock: LabelStock = A4_3X8, used: Mapping[int, int] | None = None
) -> Iterator[Prepared]:
    """Yield the labels of each point in packing order, building after building.

    ``used``: point → places of its first sheet of paper that are used up already and stay free.
    """
    ground, control, rounds = wave.ground, bag_control(wave.ground), _round_of_bag(wave.ground)
    for point in ground.points_in_order():
        buildings = [building for building in ground.at_point(point.id) if building.id in wave.by_building]
        if not buildings:
            continue
        labels = tuple(
            _label(wave, building, bag, rounds.get(bag.id, ""))
            for building in buildings
            for bag in wave.by_building[building.id]
        )
        bags = sum(control[building.id].bags for building in buildings if building.id in control)
        sheet = BagLabels(
            ground.head(point.id, has_wave=True), Totals(bags=bags), labels, stock, (used or {}).get(point.id, 0)
        )
        yield Prepared(ground.of_point(point.id), sheet)


def roll_labels(wave: BagsOfWave, stock: LabelStock = ROLL_60X40) -> Iterator[Prepared]:
    """Yield the labels of each building for a label printer."""
    ground, control, rounds = wave.ground, bag_control(wave.ground), _round_of_bag(wave.ground)
    for building in wave.buildings():
        bags = wave.by_building[building.id]
        labels = tuple(_label(wave, building, bag, rounds.get(bag.id, "")) for bag in bags)
        total = Totals(bags=control[building.id].bags if building.id in control else 0)
        sheet = RollLabels(ground.head(building.point_id, has_wave=True), total, labels, stock)
        yield Prepared(ground.of_building(building), sheet)


def _label(wave: BagsOfWave, building: BuildingPlace, bag: BagOnPaper, round_no: str) -> BagLabel:
    stairwell = bag.stairwell if building.id in wave.with_several_stairwells else ""
    place = short_place(building.label, stairwell, bag.room)
    point = wave.ground.points[building.point_id].name
    return BagLabel(
        bag.code,
        place,
        f"{building.compound}·{point}",
        bag.k,
        bag.n,
        round_no,
        bag.marks,
        no=bag.no,
        of=wave.day_totals.get(building.id, bag.no),
    )


def _round_of_bag(ground: Ground) -> dict[int, str]:
    rows = db.session.execute(
        select(PlanBag.bag_id, DeliveryRound.seq, DeliveryStop.seq)
        .join(DeliveryPlan, DeliveryPlan.id == PlanBag.plan_id)
        .join(DeliveryStop, DeliveryStop.id == PlanBag.stop_id)
        .join(DeliveryRound, DeliveryRound.id == DeliveryStop.round_id)
        .where(
            DeliveryPlan.cycle_id == ground.cycle_id,
            DeliveryPlan.wave == ground.wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
        )
    )
    return {bag: f"{round_seq}-{stop_seq}" for bag, round_seq, stop_seq in rows}


def _on_sheets(builder: SheetBuilder) -> Iterator[Prepared]:
    return bag_labels(builder.bags, builder.ground.options.sheet(builder.stock), builder.used_places())


def _on_rolls(builder: SheetBuilder) -> Iterator[Prepared]:
    return roll_labels(builder.bags, builder.ground.options.roll(builder.stock))


register(
    SheetKind(
        key="bag_label",
        code="LA",
        label_zh=N_("袋签"),
        reader_zh=N_("每个人"),
        stage=SheetStage.BAGGED,
        place=4,
        watches=f"{PACKED} plan",
        sheet=BagLabels,
        prepare=_on_sheets,
        expected=ExpectedCounts.points_with_bags,
        has_wave=True,
    )
)
register(
    SheetKind(
        key="roll_label",
        code="LR",
        label_zh=N_("袋签（卷纸）"),
        reader_zh=N_("每个人"),
        stage=SheetStage.BAGGED,
        place=5,
        watches=f"{PACKED} plan",
        sheet=RollLabels,
        prepare=_on_rolls,
        has_wave=True,
        is_in_kit=False,
    )
)
