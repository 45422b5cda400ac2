"""Pages of the register: the list of compounds, and a compound with its buildings, gates and other names."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access.forms.submission import run_or_show_again
from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core.input.schemas import Form
from app.core.paging import page_url_of
from app.places.buildings import service as buildings_service
from app.places.buildings.queries import blackouts_of_compound, level_options
from app.places.buildings.schemas import AddBlackout
from app.places.models import Compound
from app.places.registry import queries as registry_queries
from app.places.registry import service
from app.places.registry.schemas import EditCompound, NewAlias, SaveGate, typed_position
from app.places.scope import require_compound
from app.places.zones.schemas import SetZone

bp = Blueprint("places", __name__, url_prefix="/places")
READ, EDIT = Permission.PLACES_READ, Permission.PLACES_EDIT


@bp.get("/")
@requires(READ)
def index() -> ResponseReturnValue:
    """Compounds by name, alias, initials or address."""
    args = request.args
    wanted = registry_queries.CompoundFilter(
        args.get("q", ""), args.get("community", type=int), args.get("point", type=int)
    )
    page = registry_queries.compounds(
        staff(), wanted, args.get("page"), page_url_of(request.path, args.items(multi=True))
    )
    return render_template(
        "places/index.html",
        page=page,
        wanted=wanted,
        totals=registry_queries.totals(staff()),
        communities=registry_queries.choices_of_communities(staff()),
        points=registry_queries.choices_of_points(staff()),
        may_edit=staff().may(EDIT),
    )


@bp.get("/compounds/<int:compound_id>")
@requires(READ)
def compound(compound_id: int) -> ResponseReturnValue:
    """One compound. Editing goes through the addresses below."""
    return _page(require_compound(staff(), READ, compound_id))


def _page(
    shown: Compound, form: Form | None = None, theirs: dict[str, str] | None = None, part: str = ""
) -> ResponseReturnValue:
    """The page of a compound; `part` names the form that was refused."""
    return render_template(
        "places/compound.html",
        compound=shown,
        buildings=registry_queries.buildings_of(shown.id, staff()),
        aliases=registry_queries.aliases_of(shown.id),
        gates=registry_queries.gates_of(shown.id),
        levels=level_options(),
        blackouts=blackouts_of_compound(shown.id),
        position=typed_position(shown.lat_e6, shown.lon_e6),
        form=form,
        part=part,
        theirs=theirs or {},
        may_edit=staff().may(EDIT),
    )


@bp.post("/compounds/<int:compound_id>/edit")
@requires(EDIT)
def edit_compound(compound_id: int) -> ResponseReturnValue:
    """Another name or address."""
    return run_or_show_again(
        Form(EditCompound, request.form),
        lambda wanted: submit(then=_to_compound, says=_("已保存"))(service.edit_compound, staff(), compound_id, wanted),
        _again(compound_id, "edit"),
    )


@bp.post("/compounds/<int:compound_id>/aliases")
@requires(EDIT)
def add_alias(compound_id: int) -> ResponseReturnValue:
    """One more name by which addresses find the compound."""
    return run_or_show_again(
        Form(NewAlias, request.form),
        lambda wanted: submit(then=_to_compound, says=_("已添加别名"))(service.add_alias, staff(), compound_id, wanted),
        _again(compound_id, "alias"),
    )


@bp.post("/aliases/<int:alias_id>/remove")
@requires(EDIT)
def remove_alias(alias_id: int) -> ResponseReturnValue:
    """Take a name away."""
    return submit(then=_to_compound, says=_("已删除别名"))(service.remove_alias, staff(), alias_id)


@bp.post("/compounds/<int:compound_id>/gates")
@requires(EDIT)
def add_gate(compound_id: int) -> ResponseReturnValue:
    """A new gate."""
    return run_or_show_again(
        Form(SaveGate, request.form),
        lambda wanted: submit(then=lambda gate: _url(gate.compound_id), says=_("已添加大门"))(
            service.add_gate, staff(), compound_id, wanted
        ),
        _again(compound_id, "gate"),
    )


@bp.route("/gates/<int:gate_id>", methods=["GET", "POST"])
@requires(EDIT)
def gate(gate_id: int) -> ResponseReturnValue:
    """Open, close or move a gate."""
    shown = service.gate_in_scope(staff(), gate_id)
    compound_id = shown.compound_id
    describe_page(compound_id=compound_id)

    def page(form: Form | None, theirs: dict[str, str]) -> str:
        fresh = service.gate_in_scope(staff(), gate_id)
        position = typed_position(fresh.lat_e6, fresh.lon_e6)
        return render_template("places/gate.html", gate=fresh, position=position, form=form, theirs=theirs)

    if request.method == "GET":
        return page(None, {})
    return run_or_show_again(
        Form(SaveGate, request.form),
        lambda wanted: submit(then=lambda _gate: _url(compound_id), says=_("已保存大门"))(
            service.edit_gate, staff(), gate_id, wanted
        ),
        page,
    )


@bp.post("/compounds/<int:compound_id>/zone")
@requires(EDIT)
def set_zone(compound_id: int) -> ResponseReturnValue:
    """One level for every building of the compound."""
    require_compound(staff(), EDIT, compound_id)
    ids = [row.id for row in registry_queries.buildings_of(compound_id, staff())]
    url = _url(compound_id)

    def says(changed: int) -> str:
        return str(_("%(n)s 栋已改级别", n=changed))

    return run_or_show_again(
        Form(SetZone, request.form),
        lambda wanted: submit(then=lambda _: url, says=says)(buildings_service.set_zone, staff(), ids, wanted),
        _again(compound_id, "zone"),
    )


@bp.post("/compounds/<int:compound_id>/blackouts")
@requires(EDIT)
def add_blackout(compound_id: int) -> ResponseReturnValue:
    """A time without delivery for the whole compound."""
    return run_or_show_again(
        Form(AddBlackout, request.form),
        lambda wanted: submit(then=lambda _added: _url(compound_id), says=_("已添加停送时段"))(
            buildings_service.add_compound_blackout, staff(), compound_id, wanted
        ),
        _again(compound_id, "blackout"),
    )


def _url(compound_id: int) -> str:
    return url_for("places.compound", compound_id=compound_id)


def _to_compound(shown: Compound) -> str:
    return _url(shown.id)


def _again(compound_id: int, part: str) -> Callable[[Form, dict[str, str]], ResponseReturnValue]:
    return lambda form, theirs: _page(require_compound(staff(), EDIT, compound_id), form, theirs, part)
