"""Finding a part of the day to print: a building by its name, a round by its number or team."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from app.core.db import db
from app.core.text.natural import natural_key
from app.dispatch.models import DeliveryPlan, DeliveryRound, DeliveryStop, PlanState, RoundState, Shift, Team
from app.picking.models import LIVE_BAGS, Bag
from app.places.labels import building_label
from app.places.models import Building, Compound
from app.printing.kinds import of_parts
from app.printing.models import Document, DocumentState

SHOWN = 30


@dataclass(frozen=True)
class PrintablePart:
    """A building or a round that can be printed by itself; ``ready`` counts its current sheets."""

    kind: str  # building or round
    id: int
    label: str
    ready: int


def _squeezed(text: str) -> str:
    return "".join(text.lower().split())


def search_parts(cycle_id: int, wave: int, point_ids: list[int] | None, typed: str) -> list[PrintablePart]:
    """Rounds and buildings of a wave whose names contain every word typed; buildings of some points, or of all."""
    words = [_squeezed(word) for word in typed.split()]

    def fits(label: str) -> bool:
        return all(word in _squeezed(label) for word in words)

    rounds = [] if point_ids is not None else [one for one in _rounds(cycle_id, wave) if fits(one[1])]
    buildings = [one for one in _buildings(cycle_id, wave, point_ids) if fits(one[1])]
    ready = _ready(cycle_id, wave)
    found = [PrintablePart("round", id_, label, ready.get(("round", id_), 0)) for id_, label in rounds[:SHOWN]]
    return found + [
        PrintablePart("building", id_, label, ready.get(("building", id_), 0)) for id_, label in buildings[:SHOWN]
    ]


def _rounds(cycle_id: int, wave: int) -> list[tuple[int, str]]:
    rows = db.session.execute(
        select(DeliveryRound.id, DeliveryRound.seq, Team.name)
        .join(DeliveryPlan, DeliveryPlan.id == DeliveryRound.plan_id)
        .join(Shift, Shift.id == DeliveryRound.shift_id)
        .join(Team, Team.id == Shift.team_id)
        .where(
            DeliveryPlan.cycle_id == cycle_id,
            DeliveryPlan.wave == wave,
            DeliveryPlan.state == PlanState.PUBLISHED,
            DeliveryRound.state != RoundState.CANCELLED,
        )
        .order_by(DeliveryRound.seq)
    )
    return [(round_id, f"{seq} {team}") for round_id, seq, team in rows]


def _buildings(cycle_id: int, wave: int, point_ids: list[int] | None) -> list[tuple[int, str]]:
    bagged = select(Bag.building_id).where(Bag.cycle_id == cycle_id, Bag.wave == wave, Bag.state.in_(LIVE_BAGS))
    wanted = select(Building.id, Compound.name, Building.label).join(Compound).where(Building.id.in_(bagged))
    if point_ids is not None:
        wanted = wanted.where(Building.service_point_id.in_(point_ids))
    named = [
        (building_id, building_label(compound, label)) for building_id, compound, label in db.session.execute(wanted)
    ]
    return sorted(named, key=lambda one: natural_key(one[1]))


def _ready(cycle_id: int, wave: int) -> dict[tuple[str, int], int]:
    rows = db.session.execute(
        select(Document.subject_type, Document.subject_id).where(
            Document.cycle_id == cycle_id,
            Document.wave == wave,
            Document.subject_type.in_(("building", "round")),
            Document.state != DocumentState.SUPERSEDED,
        )
    )
    counted: dict[tuple[str, int], int] = {}
    for subject_type, subject_id in rows:
        counted[subject_type, subject_id] = counted.get((subject_type, subject_id), 0) + 1
    return counted


def _current(cycle_id: int, wave: int, within: ColumnElement[bool], about: ColumnElement[bool]) -> list[Document]:
    place = {kind.key: kind.part_place for kind in of_parts()}
    rows = db.session.scalars(
        select(Document).where(
            Document.cycle_id == cycle_id,
            Document.wave == wave,
            Document.state != DocumentState.SUPERSEDED,
            Document.kind.in_(place),
            within,
            about,
        )
    )
    return sorted(rows, key=lambda row: (place[row.kind], natural_key(row.label)))


def documents_of_building(cycle_id: int, wave: int, within: ColumnElement[bool], building_id: int) -> list[Document]:
    """The current sheets of a building: drop-off, hand-out, bags."""
    stops = select(DeliveryStop.id).where(DeliveryStop.building_id == building_id)
    about = ((Document.subject_type == "building") & (Document.subject_id == building_id)) | (
        (Document.subject_type == "stop") & Document.subject_id.in_(stops)
    )
    return _current(cycle_id, wave, within, about)


def documents_of_round(cycle_id: int, wave: int, within: ColumnElement[bool], round_id: int) -> list[Document]:
    """The current sheets of a round: its route sheet, then drop-off sheets, hand-out lists and bag lists."""
    stops = select(DeliveryStop.id).where(DeliveryStop.round_id == round_id)
    buildings = select(DeliveryStop.building_id).where(DeliveryStop.round_id == round_id)
    about = (
        ((Document.subject_type == "round") & (Document.subject_id == round_id))
        | ((Document.subject_type == "stop") & Document.subject_id.in_(stops))
        | ((Document.subject_type == "building") & Document.subject_id.in_(buildings))
    )
    return _current(cycle_id, wave, within, about)
