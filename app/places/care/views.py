"""The care list: for leaders of the point; captains see what a door should know, and nothing more."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.access.sessions import settings
from app.core.db import db
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.places.care import queries as care_queries
from app.places.care import service as care_service
from app.places.care.needs import carers_of
from app.places.care.schemas import SaveCareSchema
from app.places.finder.queries import MOST, find_households
from app.places.models import CareKind, CareNeed, Household
from app.places.scope import buildings_in_scope

bp = Blueprint("care", __name__)


@bp.get("/care")
@requires(Permission.CARE)
def index() -> str:
    """The households that need care, by address."""
    kind = request.args.get("kind", "")
    kind = kind if kind in set(CareKind) else ""
    alone = request.args.get("carer") == "none"
    rows = care_queries.care_list(staff())
    return render_template(
        "places/care.html",
        every=rows,
        rows=care_queries.care_list(staff(), kind, alone) if kind or alone else rows,
        kinds=list(CareKind),
        kind=kind,
        alone=alone,
    )


@bp.get("/care/new")
@requires(Permission.CARE)
def choose() -> str:
    """Who is to be put on the list."""
    typed = request.args.get("home", "").strip()[:40]
    found = find_households(typed, buildings_in_scope(staff(), Permission.CARE)) if typed else []
    return render_template("places/care_choose.html", typed=typed, found=found, is_cut=len(found) >= MOST)


@bp.get("/care/door-notes")
@requires(Permission.HAND_OUT)
def door_notes() -> str:
    """What the doors of the own buildings should know."""
    return render_template("places/care_door_notes.html", rows=care_queries.notes_for_doors(staff()))


@bp.route("/households/<int:household_id>/care", methods=["GET", "POST"])
@requires(Permission.CARE)
def edit(household_id: int) -> Any:
    """The care needs of one household."""
    building = care_service.building_of(staff(), household_id)
    needs = list(db.session.scalars(select(CareNeed).filter_by(household_id=household_id).order_by(CareNeed.id)))
    form, status = Form(initial=_noted(needs)), 200
    if request.method == "POST":
        form, status = Form(SaveCareSchema, request.form), 422
        if form.is_valid:
            try:
                return submit[int](then=lambda _n: url_for("care.index"), says=_("关爱名单已保存。"))(
                    care_service.save, staff(), household_id, form.command
                )
            except Invalid as error:
                form.add(error)
    home = db.session.get_one(Household, household_id)
    page = render_template(
        "places/care_edit.html",
        address=f"{building.compound.name} {building.label} {home.stairwell.label} {home.room_no}",
        household_id=household_id,
        form=form,
        kinds=CareKind.options(),
        carers=carers_of(building.id),
        is_listed=bool(needs),
        consent_on=needs[0].consent_on if needs else None,
        longest=settings().purge_after_days,
    )
    return page, status


def _noted(needs: list[CareNeed]) -> dict[str, Any]:
    longest = settings().purge_after_days
    if not needs:
        return {"keep_days": longest}
    return {
        "kinds": [str(need.kind) for need in needs],
        "carer_id": needs[0].carer_id,
        "door_note": needs[0].door_note,
        "keep_days": longest,
    }


@bp.post("/households/<int:household_id>/care/remove")
@requires(Permission.CARE)
def remove(household_id: int) -> Response:
    """Take a household off the list."""
    return submit[int](then=lambda _n: url_for("care.index"), says=_("已移出关爱名单。"), tone="warn")(
        care_service.remove, staff(), household_id
    )
