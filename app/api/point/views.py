"""Endpoints of chains (lists pasted from a group) and of the tally of a point."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.access.guard import staff
from app.access.permissions import Permission
from app.access.tokens.idempotent import once
from app.access.tokens.models import TokenScope
from app.api.cursor import part_of, part_of_list
from app.api.framework import ApiBlueprint
from app.api.ordering.schemas import CycleRecord
from app.api.point.schemas import (
    ChainList,
    CommitChain,
    PointTallyRecord,
    ReadChainRecord,
    TallyList,
)
from app.api.schemas import CursorQuery
from app.core.db import db
from app.core.lookup import or_not_found
from app.intake.booking import service as booking_service
from app.intake.models import ChainPaste
from app.intake.paste import service as paste_service
from app.intake.paste.schemas import Paste
from app.ordering.gate import readable_cycle
from app.ordering.models import Cycle
from app.places.models import ServicePoint
from app.places.scope import points_in_scope, require_point
from app.tally import queries, service
from app.tally.models import Tally, TallyState
from app.tally.schemas import Reopen, SignTally

bp = ApiBlueprint("api_point", __name__, description="Chains and tallies")


@bp.read("/cycles/<int:cycle_id>/chains", Permission.INTAKE, ChainList, takes=CursorQuery)
def list_chains(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """Lists pasted for the points within reach."""
    cycle = readable_cycle(staff(), Permission.INTAKE, cycle_id)
    found = (
        select(ChainPaste)
        .join(ServicePoint, ServicePoint.id == ChainPaste.service_point_id)
        .where(ChainPaste.cycle_id == cycle.id, points_in_scope(staff(), Permission.INTAKE))
    )
    rows, following = part_of(found, ChainPaste.id, asked)
    return {"items": rows, "next": following}


@bp.read("/chains/<int:paste_id>", Permission.INTAKE, ReadChainRecord)
def get_chain(paste_id: int) -> dict[str, Any]:
    """One list, line by line."""
    return _chain(paste_id)


def _chain(paste_id: int) -> dict[str, Any]:
    paste = or_not_found(db.session.get(ChainPaste, paste_id))
    require_point(staff(), Permission.INTAKE, paste.service_point_id)
    return {"chain": paste, "lines": paste.lines}


@bp.act("/cycles/<int:cycle_id>/chains", Permission.INTAKE, TokenScope.POINT, ReadChainRecord, takes=Paste)
def parse_chain(wanted: Paste, cycle_id: int) -> dict[str, Any]:
    """Read a list for a point; nothing is ordered until it is committed."""
    paste_id = once(lambda paste: paste.id, paste_service.paste_chain, staff(), cycle_id, wanted.point, wanted)
    return _chain(paste_id)


@bp.act("/chains/<int:paste_id>/commit", Permission.INTAKE, TokenScope.POINT, ReadChainRecord, takes=CommitChain)
def commit_chain(wanted: CommitChain, paste_id: int) -> dict[str, Any]:
    """Turn the clear lines into orders; a long list goes on in the background."""
    once(lambda paste: paste.id, booking_service.commit, staff(), paste_id, wanted.is_another)
    return _chain(paste_id)


@bp.read("/cycles/<int:cycle_id>/tallies", Permission.TALLY_READ, TallyList, takes=CursorQuery)
def list_tallies(asked: CursorQuery, cycle_id: int) -> dict[str, Any]:
    """The points within reach, and how far their tallies are."""
    cycle = readable_cycle(staff(), Permission.TALLY_READ, cycle_id)
    found = queries.point_rows(cycle.id, points_in_scope(staff(), Permission.TALLY_READ))
    rows, following = part_of_list(found, asked)
    return {"items": rows, "next": following}


@bp.read("/cycles/<int:cycle_id>/tallies/<int:point_id>", Permission.TALLY_READ, PointTallyRecord)
def get_tally(cycle_id: int, point_id: int) -> dict[str, Any]:
    """The tally of one point, building by item."""
    return _tally(cycle_id, point_id)


def _tally(cycle_id: int, point_id: int) -> dict[str, Any]:
    point = require_point(staff(), Permission.TALLY_READ, point_id)
    row = next(iter(queries.point_rows(cycle_id, ServicePoint.id == point.id)), None)
    signed = db.session.scalar(select(Tally).filter_by(cycle_id=cycle_id, service_point_id=point_id))
    is_signed = signed is not None and signed.state == TallyState.CONFIRMED
    cells = queries.frozen_cells(signed.id, point_id) if signed and is_signed else None
    return {"tally": or_not_found(row), "cells": cells or queries.ordered_cells(cycle_id, point_id)}


@bp.act(
    "/cycles/<int:cycle_id>/tallies/<int:point_id>/sign",
    Permission.TALLY_SIGN,
    TokenScope.POINT,
    PointTallyRecord,
    takes=SignTally,
)
def sign_tally(wanted: SignTally, cycle_id: int, point_id: int) -> dict[str, Any]:
    """Sign the tally of a point. `total`: the units that were seen; another number means that something changed."""
    once(lambda tally: tally.id, service.sign, staff(), cycle_id, point_id, wanted)
    return _tally(cycle_id, point_id)


@bp.act(
    "/cycles/<int:cycle_id>/tallies/<int:point_id>/reopen",
    Permission.TALLY_SIGN,
    TokenScope.POINT,
    PointTallyRecord,
    takes=Reopen,
)
def reopen_tally(wanted: Reopen, cycle_id: int, point_id: int) -> dict[str, Any]:
    """Open a signed tally again, with the reason."""
    once(lambda tally: tally.id, service.reopen, staff(), cycle_id, point_id, wanted)
    return _tally(cycle_id, point_id)


@bp.act("/cycles/<int:cycle_id>/start", Permission.CYCLE_EDIT, TokenScope.POINT, CycleRecord)
def start_cycle(cycle_id: int) -> Cycle:
    """Start the day once every point has signed."""
    once(lambda cycle: cycle.id, service.start_running, staff(), cycle_id)
    return readable_cycle(staff(), Permission.CYCLE_EDIT, cycle_id)
