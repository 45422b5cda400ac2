"""Who holds a sheet on the day, and the page that it leads its holder to.

    holder                sheet             the code opens
    captain               hand-out list     the doors of the building
    captain               drop-off sheet    the count of its stop
    runner of the round   route sheet       the round
    runner of the round   drop-off sheet    the count of its stop

Anybody else finds nothing, as behind a number that was never printed.
"""

from __future__ import annotations

from flask import url_for

from app.access.permissions import Permission, Staff
from app.core.db import db
from app.core.errors import NotFound
from app.core.lookup import row_or_not_found
from app.dispatch.models import DeliveryPlan, DeliveryStop, PlanState
from app.dispatch.rounds import service as rounds_service
from app.places.scope import reaches_building, require_building
from app.printing.models import Document


def page_of(by: Staff, document: Document) -> str:
    """The address of the page that a sheet is about, for its holder. Raises NotFound for everybody else."""
    if document.kind == "route_sheet":
        return url_for("dispatch.round", round_id=rounds_service.require_round(by, document.subject_id).id)
    if document.kind == "drop_off_sheet":
        return _page_of_stop(by, document)
    if document.kind == "hand_out_list":
        building = require_building(by, Permission.HAND_OUT, document.subject_id)
        return url_for("doors.building", cycle_id=document.cycle_id, building_id=building.id)
    raise NotFound


def _page_of_stop(by: Staff, document: Document) -> str:
    """The count of the stop; where its plan was replaced, the building's page for its captain, the runner's rounds."""
    stop = own_stop(by, document.subject_id)
    if db.session.get_one(DeliveryPlan, stop.plan_id).state == PlanState.PUBLISHED:
        return url_for("dispatch.sign_page", stop_id=stop.id)
    if reaches_building(by, Permission.DROP_OFF, stop.building_id):
        return url_for("doors.building", cycle_id=document.cycle_id, building_id=stop.building_id)
    return url_for("dispatch.my_rounds")


def own_stop(by: Staff, stop_id: int) -> DeliveryStop:
    """A stop that the actor counts at, of whichever plan. Raises NotFound."""
    stop = row_or_not_found(DeliveryStop, stop_id)
    if not reaches_building(by, Permission.DROP_OFF, stop.building_id):
        rounds_service.require_round(by, stop.round_id)
    return stop
