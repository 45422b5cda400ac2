"""Try an address: which household it means, how sure, how it was read; teach the register other names and words."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.db import db
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.places import queries
from app.places.address import service as address_service
from app.places.address.explain import explain
from app.places.address.reading import AddressReading
from app.places.address.rules import Profile, Register, resolve
from app.places.address.schemas import REQUIRABLE, SaveProfile
from app.places.address.service import LEVEL_NAMES
from app.places.address.wording import sentence
from app.places.labels import building_label
from app.places.models import AddressProfile, Building, Compound, ServicePoint
from app.places.registry import queries as registry_queries
from app.places.registry import service
from app.places.registry.schemas import NewAlias
from app.places.scope import points_in_scope, require_compound

bp = Blueprint("addresses", __name__, url_prefix="/places/addresses")
READ, EDIT = Permission.PLACES_READ, Permission.PLACES_EDIT
LONGEST = 200


@bp.get("/")
@requires(READ)
def index() -> str:
    """The box to try an address in, and what came of it."""
    return _page(Form())


def _page(form: Form) -> str:
    scope = points_in_scope(staff(), READ)
    found = select(ServicePoint.id, ServicePoint.name).where(scope).order_by(ServicePoint.name)
    points = [(point, name) for point, name in db.session.execute(found)]
    if not points:
        return render_template("places/address_none.html", may_edit=staff().may(EDIT))
    asked = request.args.get("point", "")
    point = next((point for point, _name in points if str(point) == asked), points[0][0])
    text = " ".join(request.args.get("q", "").split())[:LONGEST]
    explained = explain(text, queries.register_for([point])) if text else None
    return render_template(
        "places/address.html",
        points=points,
        point=point,
        q=text,
        explained=explained,
        said=sentence(explained.resolution.reason) if explained else "",
        readings=[_cells(read) for read in explained.readings] if explained else [],
        levels=LEVEL_NAMES,
        compounds=_compounds(point),
        form=form,
        may_edit=staff().may(EDIT),
    )


def _cells(read: AddressReading) -> tuple[str | float, ...]:
    return (read.building, read.stairwell, read.floor, read.room, read.lane, round(read.cost, 1))


def _compounds(point: int) -> list[tuple[int, str]]:
    held = select(Building.compound_id).where(Building.service_point_id == point)
    found = select(Compound.id, Compound.name).where(Compound.id.in_(held)).order_by(Compound.name)
    return [(compound, name) for compound, name in db.session.execute(found)]


@bp.post("/compounds/<int:compound_id>/alias")
@requires(EDIT)
def add_alias(compound_id: int) -> ResponseReturnValue:
    """Another name of a compound; the address is tried again at once."""
    form = Form(NewAlias, request.form)
    if form.is_valid:
        try:
            return submit(then=lambda _compound: _again(), says=_("已添加别名"))(
                service.add_alias, staff(), compound_id, form.command
            )
        except Invalid as error:
            form.add(error)
    require_compound(staff(), EDIT, compound_id)
    return _page(form), 422


def _again() -> str:
    return url_for("addresses.index", q=request.args.get("q", "")[:LONGEST], point=request.args.get("point", "")[:9])


@bp.get("/compounds/<int:compound_id>")
@requires(EDIT)
def profile(compound_id: int) -> str:
    """How addresses are written in a compound."""
    return _profile(compound_id, Form())


def _profile(compound_id: int, form: Form) -> str:
    compound = require_compound(staff(), EDIT, compound_id)
    describe_page({"places.compound": compound.name})
    row = db.session.get(AddressProfile, compound_id)
    initial = {
        "words": "\n".join(f"{word}={LEVEL_NAMES[level]}" for word, level in dict(row.words if row else {}).items()),
        "buildings": "\n".join(f"{alias}={label}" for alias, label in dict(row.buildings if row else {}).items()),
    }
    return render_template(
        "places/address_profile.html",
        compound=compound,
        form=form if form.is_bound else Form(initial=initial),
        required=list(row.levels or []) if row else [],
        levels=[(level, LEVEL_NAMES[level]) for level in REQUIRABLE],
        names="、".join(str(name) for name in LEVEL_NAMES.values()),
        labels=address_service.labels_of(compound_id),
        effects=_effects(compound, row, form.command) if form.is_valid else [],
    )


def _effects(compound: Compound, row: AddressProfile | None, wanted: SaveProfile) -> list[tuple[str, str, str]]:
    """(address, what it means now, what it would mean) of the samples that were typed."""
    try:
        words, buildings = address_service.check_profile(wanted, address_service.labels_of(compound.id))
    except Invalid:
        return []
    points = set(db.session.scalars(select(Building.service_point_id).where(Building.compound_id == compound.id)))
    households = list(queries.register_for(sorted(points)).households.values())
    aliases = tuple(alias.alias for alias in registry_queries.aliases_of(compound.id))
    present = queries.profile_of(compound.name, aliases, row)
    planned = Profile(compound.name, aliases, words, frozenset(wanted.levels), buildings)
    now, then = Register(households, [present]), Register(households, [planned])
    samples = [line.strip()[:LONGEST] for line in wanted.samples.splitlines() if line.strip()][:20]
    return [(text, _meaning(text, now), _meaning(text, then)) for text in samples]


def _meaning(text: str, register: Register) -> str:
    found = resolve(text, register).household
    return building_label(found.compound, found.label) if found else ""


@bp.post("/compounds/<int:compound_id>")
@requires(EDIT)
def save_profile(compound_id: int) -> ResponseReturnValue:
    """Save the profile, or first show what it would change (button 试一试)."""
    tries = "try" in request.form
    form = Form(SaveProfile, request.form)
    if form.is_valid:
        try:
            address_service.check_profile(form.command, address_service.labels_of(compound_id))
            if not tries:
                return submit(
                    then=lambda compound: url_for("addresses.profile", compound_id=compound.id),
                    says=_("已保存地址写法"),
                )(address_service.save_profile, staff(), compound_id, form.command)
        except Invalid as error:
            form.add(error)
    page = _profile(compound_id, form)
    return page if form.is_valid else (page, 422)
