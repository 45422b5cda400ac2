"""The pages on which two households of a building become one: which two, what will happen, and once yes."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.codes import grouped
from app.core.errors import Conflict, Invalid
from app.core.input.schemas import Form
from app.places.models import Building
from app.places.scope import reaches_building, require_building
from app.tally.merging import queries as merging_queries
from app.tally.merging import service as merging_service
from app.tally.merging.queries import Home, MergeConsequence
from app.tally.merging.schemas import Merge
from app.tally.merging.service import Merged

bp = Blueprint("merging", __name__)
KEY = Permission.HOUSEHOLD_KEY


@bp.get("/buildings/<int:building_id>/merge")
@requires(KEY)
def choose(building_id: int) -> str:
    """The doors of a building that may be one and the same, and a search for any other."""
    building = require_building(staff(), KEY, building_id)
    return _doors(building, merging_queries.homes(building.id), None)


def _doors(building: Building, every: list[Home], gone: Home | None) -> str:
    describe_page({"desk.building": building.label}, building_id=building.id)
    typed = (request.args.get("room") or "").strip()[:40]
    others = [home for home in every if gone is None or home.id != gone.id]
    alike = merging_queries.likely_pairs(every, building.label)
    return render_template(
        "tally/merge.html",
        building=building,
        gone=gone,
        typed=typed,
        found=merging_queries.search_homes(others, typed, building.label) if typed else [],
        pairs=[pair for pair in alike if gone is None or gone in pair],
    )


@bp.get("/households/<int:household_id>/merge")
@requires(KEY)
def ask(household_id: int) -> str:
    """With which one? Then: what will happen, as a list; nothing is written."""
    building, gone = merging_queries.home_at(staff(), household_id)
    into = request.args.get("into", type=int)
    if into is None:
        return _doors(building, merging_queries.homes(building.id), gone)
    return _question(household_id, into, Form())


def _question(household_id: int, into: int, form: Form) -> str:
    building, gone, kept = merging_queries.require_pair(staff(), household_id, into)
    describe_page({"desk.building": building.label}, building_id=building.id)
    held = merging_queries.holdings(building, gone, kept)
    return render_template(
        "tally/merge_ask.html",
        building=building,
        gone=gone,
        kept=kept,
        rows=[row for row in merging_queries.rows(held) if _may_read(row, building.id)],
        hindrances=merging_queries.hindrances(held),
        seen=held.seen,
        form=form,
    )


def _may_read(row: MergeConsequence, building_id: int) -> bool:
    return row.needs is None or reaches_building(staff(), row.needs, building_id)


@bp.post("/households/<int:household_id>/merge")
@requires(KEY)
def carry_out(household_id: int) -> ResponseReturnValue:
    """Make the household part of the other one."""
    form = Form(Merge, request.form)
    if not form.is_valid:
        merging_queries.home_at(staff(), household_id)
        raise Invalid(_("请先选另一户，看过清单再合并。"))
    try:
        return submit(then=_to_household, says=_said)(merging_service.merge, staff(), household_id, form.command)
    except Conflict as error:
        form.add(Invalid({"": [error.sentence]}))
    return _question(household_id, form.command.into, form), 409


def _said(done: Merged) -> str:
    if not done.codes:
        return str(_("已合并成一户。"))
    return str(_("已合并成一户。新的订单码 %(codes)s，请告诉住户。", codes="、".join(map(grouped, done.codes))))


def _to_household(done: Merged) -> str:
    return url_for("door_pins.show", household_id=done.household_id)
