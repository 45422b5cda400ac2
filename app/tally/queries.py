"""What the tally pages show. Every function sends a fixed number of statements, however many orders there are."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from app.catalog.models import Item
from app.core.db import db
from app.intake.models import ChainPaste, LineOutcome, PasteLine, PasteState
from app.ordering.models import ORDERS_COUNTED, CyclePoint, HouseholdOrder, OrderLine, RollCall, RollCallOutcome
from app.places.labels import building_label
from app.places.models import Building, Community, Compound, Household, ServicePoint, Stairwell
from app.tally.claims import queries as claims_queries
from app.tally.models import Tally, TallyLine, TallyState
from app.tally.rules import Cell, SigningState, TallyMatrix, obstacles, tally


@dataclass(frozen=True)
class TallyPointRow:
    """One point of a cycle: how far its tally is."""

    point_id: int
    point: str
    community: str
    orders: int
    units: int
    households: int
    without_outcome: int
    open_reviews: int
    claims: int
    state: str
    state_label: str
    number: int

    @property
    def is_ready(self) -> bool:
        """Nothing stands in the way of signing."""
        return not obstacles(SigningState(self.claims, self.open_reviews, self.without_outcome))


@dataclass(frozen=True)
class TallyPage:
    """The tally of one point: buildings down, items across."""

    items: list[tuple[int, str, str]]  # id, name, sale unit
    buildings: list[tuple[int, str]]  # id, "compound label"
    matrix: TallyMatrix
    roll_call: dict[str, int]  # outcome label → households
    without_outcome: int
    open_reviews: int


def point_rows(cycle_id: int, in_scope: ColumnElement[bool]) -> list[TallyPointRow]:
    """The points of a cycle within a scope, in order of community and name. Six statements."""
    points = db.session.execute(
        select(ServicePoint.id, ServicePoint.name, Community.name)
        .join(CyclePoint, CyclePoint.service_point_id == ServicePoint.id)
        .join(Community, Community.id == ServicePoint.community_id)
        .where(CyclePoint.cycle_id == cycle_id, in_scope)
        .order_by(Community.name, ServicePoint.name)
    ).all()
    ordered = _orders_by_point(cycle_id)
    homes, answered = _roll_call_by_point(cycle_id)
    reviews, claims = _reviews_by_point(cycle_id), claims_queries.waiting_by_point(cycle_id)
    tallies = {t.service_point_id: t for t in db.session.scalars(select(Tally).where(Tally.cycle_id == cycle_id))}
    rows = []
    for point_id, name, community in points:
        orders, units = ordered.get(point_id, (0, 0))
        signed = tallies.get(point_id)
        state = TallyState(signed.state) if signed else TallyState.DRAFT
        missing = homes.get(point_id, 0) - answered.get(point_id, 0)
        rows.append(
            TallyPointRow(
                point_id,
                name,
                community,
                orders,
                units,
                homes.get(point_id, 0),
                missing,
                reviews.get(point_id, 0),
                claims.get(point_id, 0),
                state.value,
                state.label,
                signed.number if signed else 0,
            )
        )
    return rows


def _orders_by_point(cycle_id: int) -> dict[int, tuple[int, int]]:
    found = db.session.execute(
        select(
            HouseholdOrder.service_point_id,
            func.count(func.distinct(HouseholdOrder.id)),
            func.coalesce(func.sum(OrderLine.qty_ordered), 0),
        )
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.state.in_(ORDERS_COUNTED),
            OrderLine.substitute_for_id.is_(None),
        )
        .group_by(HouseholdOrder.service_point_id)
    )
    return {point: (orders, int(units)) for point, orders, units in found}


def has_outcome(cycle_id: int) -> ColumnElement[int]:
    """1 for a household whose roll call has ended: an order that counts, or an outcome written down."""
    ordered = (
        select(HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.household_id == Household.id,
            HouseholdOrder.state.in_(ORDERS_COUNTED),
        )
        .exists()
    )
    written = (
        select(RollCall.household_id)
        .where(
            RollCall.cycle_id == cycle_id,
            RollCall.household_id == Household.id,
            RollCall.outcome != RollCallOutcome.ORDERED,
        )
        .exists()
    )
    return case((ordered | written, 1), else_=0)


def _roll_call_by_point(cycle_id: int, point_id: int | None = None) -> tuple[dict[int, int], dict[int, int]]:
    """Point → active households, and point → those with an outcome; of one point or of all."""
    counted = (
        select(
            Building.service_point_id,
            func.count(Household.id),
            func.sum(has_outcome(cycle_id).cast(Integer)),
        )
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .join(CyclePoint, CyclePoint.service_point_id == Building.service_point_id)
        .where(CyclePoint.cycle_id == cycle_id, Household.is_active)
        .group_by(Building.service_point_id)
    )
    if point_id is not None:
        counted = counted.where(Building.service_point_id == point_id)
    found = db.session.execute(counted).all()
    return {point: homes for point, homes, _done in found}, {point: int(done or 0) for point, _homes, done in found}


_THERE = aliased(ChainPaste)  # the list at the point to which a line was handed over


def open_reviews_at(cycle_id: int | BindParameter[int], point_id: int | None = None) -> ColumnElement[bool]:
    """A condition on ChainLine joined with ChainPaste: lines that still need somebody's decision.

    Those are the doubtful ones, the clear ones of a list that was read and not taken back while no order stands for
    them, and those handed over to a point that has neither placed nor refused them: refused, they wait here again.
    """
    asked = and_(PasteLine.outcome == LineOutcome.REVIEW, PasteLine.settled_at.is_(None))
    acts = (LineOutcome.ROW, LineOutcome.AMEND, LineOutcome.CANCEL)
    being_entered = and_(ChainPaste.state == PasteState.COMMITTING, PasteLine.order_id.is_(None))
    unplaced = and_(or_(ChainPaste.state == PasteState.PREVIEW, being_entered), PasteLine.outcome.in_(acts))
    waits_there = and_(_THERE.id == PasteLine.routed_to_id, _THERE.state == PasteState.PREVIEW)
    handed_over = select(_THERE.id).where(waits_there).exists()
    condition = and_(
        ChainPaste.cycle_id == cycle_id,
        ChainPaste.state.in_((PasteState.PREVIEW, PasteState.COMMITTING, PasteState.COMMITTED)),
        or_(asked, unplaced, handed_over),
    )
    return condition if point_id is None else and_(condition, ChainPaste.service_point_id == point_id)


def counting_open_reviews(cycle_id: int | BindParameter[int], point_id: int | None = None) -> Select[int]:
    """A statement: how many lines of pastes and workbooks of a cycle, or of one point, still need a decision."""
    found = select(func.count(PasteLine.id)).join(ChainPaste, ChainPaste.id == PasteLine.paste_id)
    return found.where(open_reviews_at(cycle_id, point_id))


def open_review_count(cycle_id: int, point_id: int | None = None) -> int:
    """Lines of pastes and workbooks of a cycle, or of one point, that still need somebody's decision."""
    return db.session.scalar(counting_open_reviews(cycle_id, point_id)) or 0


def _reviews_by_point(cycle_id: int) -> dict[int, int]:
    found = db.session.execute(
        select(ChainPaste.service_point_id, func.count(PasteLine.id))
        .join(PasteLine, PasteLine.paste_id == ChainPaste.id)
        .where(open_reviews_at(cycle_id))
        .group_by(ChainPaste.service_point_id)
    )
    return {point: int(count) for point, count in found}


def ordered_cells(cycle_id: int, point_id: int) -> list[Cell]:
    """Building × item units ordered at a point, from the orders that count."""
    found = db.session.execute(
        select(HouseholdOrder.building_id, OrderLine.item_id, func.sum(OrderLine.qty_ordered))
        .join(OrderLine, OrderLine.order_id == HouseholdOrder.id)
        .where(
            HouseholdOrder.cycle_id == cycle_id,
            HouseholdOrder.service_point_id == point_id,
            HouseholdOrder.state.in_(ORDERS_COUNTED),
            OrderLine.substitute_for_id.is_(None),
        )
        .group_by(HouseholdOrder.building_id, OrderLine.item_id)
    )
    return [Cell(point_id, building, item, int(qty)) for building, item, qty in found]


def frozen_cells(tally_id: int, point_id: int) -> list[Cell]:
    """The signed numbers of a tally."""
    lines = db.session.scalars(select(TallyLine).where(TallyLine.tally_id == tally_id))
    return [Cell(point_id, line.building_id, line.item_id, line.qty) for line in lines]


def tally_page(cycle_id: int, point_id: int) -> TallyPage:
    """The tally of one point as it stands: signed numbers where it is signed, the orders otherwise."""
    signed = db.session.scalar(select(Tally).filter_by(cycle_id=cycle_id, service_point_id=point_id))
    is_signed = signed is not None and signed.state == TallyState.CONFIRMED
    rows = frozen_cells(signed.id, point_id) if signed and is_signed else ordered_cells(cycle_id, point_id)
    matrix = tally(rows).get(point_id, TallyMatrix(point_id, {}, {}, {}, 0))
    outcomes = roll_call_counts(cycle_id, point_id)
    missing = without_outcome(cycle_id, point_id)
    return TallyPage(
        items=_item_names(list(matrix.by_item)),
        buildings=_building_names(list(matrix.by_building)),
        matrix=matrix,
        roll_call=outcomes,
        without_outcome=missing,
        open_reviews=open_review_count(cycle_id, point_id),
    )


def without_outcome(cycle_id: int, point_id: int) -> int:
    """Active households of a point whose roll call has not ended."""
    homes, answered = _roll_call_by_point(cycle_id, point_id)
    return homes.get(point_id, 0) - answered.get(point_id, 0)


def roll_call_counts(cycle_id: int, point_id: int) -> dict[str, int]:
    """Outcome label → households of the point that ended so; a household with an order counts as ordered."""
    homes = (
        select(Household.id)
        .join(Stairwell, Stairwell.id == Household.stairwell_id)
        .join(Building, Building.id == Stairwell.building_id)
        .where(Building.service_point_id == point_id, Household.is_active)
    )
    ordered = select(HouseholdOrder.household_id).where(
        HouseholdOrder.cycle_id == cycle_id,
        HouseholdOrder.state.in_(ORDERS_COUNTED),
        HouseholdOrder.household_id.in_(homes),
    )
    counts = {
        RollCallOutcome.ORDERED.label: db.session.scalar(select(func.count()).select_from(ordered.subquery())) or 0
    }
    written = db.session.execute(
        select(RollCall.outcome, func.count())
        .where(
            RollCall.cycle_id == cycle_id,
            RollCall.household_id.in_(homes),
            RollCall.household_id.not_in(ordered),
            RollCall.outcome != RollCallOutcome.ORDERED,
        )
        .group_by(RollCall.outcome)
    )
    return counts | {RollCallOutcome(outcome).label: count for outcome, count in written}


def _item_names(ids: list[int]) -> list[tuple[int, str, str]]:
    found = db.session.execute(select(Item.id, Item.name, Item.sale_unit).where(Item.id.in_(ids)).order_by(Item.sku))
    return [(item, name, unit) for item, name, unit in found]


def _building_names(ids: list[int]) -> list[tuple[int, str]]:
    found = db.session.execute(
        select(Building.id, Compound.name, Building.label)
        .join(Compound, Compound.id == Building.compound_id)
        .where(Building.id.in_(ids))
        .order_by(Compound.name, Building.sort_key)
    )
    return [(building, building_label(compound, label)) for building, compound, label in found]


def is_every_point_signed(cycle_id: int) -> bool:
    """Whether all points of the cycle have a confirmed tally."""
    points = select(func.count()).select_from(CyclePoint).where(CyclePoint.cycle_id == cycle_id)
    signed = select(func.count()).select_from(Tally)
    signed = signed.where(Tally.cycle_id == cycle_id, Tally.state == TallyState.CONFIRMED)
    return bool(db.session.scalar(points) == db.session.scalar(signed))
