"""Free packs: choose what and for whom, see the numbers, give; take back before the cut-off."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid
from app.core.input.schemas import Form
from app.core.lookup import row_or_not_found
from app.ordering import entry
from app.ordering.gate import require_cycle
from app.ordering.models import Cycle
from app.ordering.packs import queries as packs_queries
from app.ordering.packs import service as packs_service
from app.ordering.packs.models import FreePack, PackScope
from app.ordering.packs.queries import GivePack
from app.ordering.packs.schemas import GivePackSchema

bp = Blueprint("packs", __name__)


@bp.get("/cycles/<int:cycle_id>/packs")
@requires(Permission.CYCLE_EDIT)
def index(cycle_id: int) -> str:
    """What may be given and to whom; with a choice in the address, what it would come to."""
    cycle = _cycle(cycle_id)
    is_asked = bool(request.args.get("offer_id"))
    return _page(cycle, Form(GivePackSchema, request.args) if is_asked else Form(initial={"scope_kind": _kind()}))


def _cycle(cycle_id: int) -> Cycle:
    return require_cycle(staff(), Permission.CYCLE_EDIT, cycle_id)


def _kind() -> str:
    asked = request.args.get("scope_kind", "")
    return asked if asked in set(PackScope) else PackScope.SUBDISTRICT.value


@bp.post("/cycles/<int:cycle_id>/packs")
@requires(Permission.CYCLE_EDIT)
def give(cycle_id: int) -> Any:
    """Give the pack that was looked at."""
    cycle = _cycle(cycle_id)
    form = Form(GivePackSchema, request.form)
    if form.is_valid:
        there = url_for("packs.index", cycle_id=cycle_id)
        try:
            return submit[FreePack](then=lambda _pack: there, says=_said)(
                packs_service.give, staff(), cycle_id, form.command
            )
        except Invalid as error:
            form.add(error)
    return _page(cycle, form), 422


def _said(pack: FreePack) -> str:
    if pack.job_id:
        return str(_("正在发放，下面可以看到进度。可以离开这一页。"))
    return str(_("已发给 %(n)s 户，共 %(units)s 份。", n=pack.households, units=pack.units))


@bp.post("/packs/<int:pack_id>/undo")
@requires(Permission.CYCLE_EDIT)
def undo(pack_id: int) -> Response:
    """Take a pack back."""
    pack = row_or_not_found(FreePack, pack_id)
    cycle = _cycle(pack.cycle_id)
    there = url_for("packs.index", cycle_id=cycle.id)
    return submit[FreePack](then=lambda _pack: there, says=_("已撤回这次发放。"), tone="warn")(
        packs_service.undo, staff(), pack_id
    )


def _page(cycle: Cycle, form: Form) -> str:
    wanted: GivePack | None = form.command if form.is_valid else None
    kind = wanted.scope_kind if wanted else _kind()
    options = packs_queries.scope_options(cycle.id, kind)
    is_chosen = wanted is not None and (kind == PackScope.SUBDISTRICT or wanted.scope_id in dict(options))
    offers = packs_queries.free_offers(cycle.id)
    is_free = wanted is not None and wanted.offer_id in dict(offers)
    packs = packs_queries.packs(cycle.id)
    return render_template(
        "ordering/packs.html",
        cycle=cycle,
        form=form,
        kinds=PackScope.options(),
        kind=kind,
        options=options,
        offers=offers,
        wanted=wanted,
        preview=packs_queries.preview(cycle.id, wanted) if wanted is not None and is_chosen and is_free else None,
        packs=packs,
        busy=next((pack.job for pack in packs if pack.job is not None and not pack.job.is_over), None),
        taking=entry.is_taking_orders(cycle),
    )
