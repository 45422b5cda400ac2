"""A door that stays shut: one page whatever the reason, and the claim that somebody may leave there."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.access import service as access_service
from app.access import throttle
from app.access.guard import earlier_outcome, submit
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.input.schemas import Form
from app.core.lookup import or_not_found
from app.ordering import entry, order_form, orders
from app.ordering.claims import service as claims_service
from app.ordering.claims.models import ClaimKind, RoomClaim
from app.ordering.claims.schemas import ClaimPage, LeaveClaim, LeaveClaimSchema
from app.ordering.claims.service import claim_budgets
from app.ordering.entry import BuildingDoor
from app.ordering.models import Cycle
from app.ordering.queries import OfferRow
from app.ordering.resident import queries as resident_queries

KEPT = ("stairwell_id", "room", "phone", "kind", "note")  # of a claim for goods that comes too late


def refusal_page(at: BuildingDoor | None, form: Form) -> str:
    """The page of every refusal at a door: what was typed, and every other way in. `at`: None without a poster."""
    return render_template("ordering/refused.html", door=at, form=form)


def instead_of_order(household_id: int, cycle_id: int, typed: dict[str, str]) -> str:
    """The claim form, filled in with what a phone wanted to order that may not touch the order of its household."""
    home = resident_queries.home_of(household_id)
    at = or_not_found(entry.building_by_code(home.poster_code))
    at = entry.with_cycle(at, cycle_id)
    offers = order_form.available_offers(cycle_id)
    kept = {name: value for name, value in typed.items() if name.startswith(("qty_", "sub_"))}
    words = [typed.get(name, "").strip() for name in ("door_note", "remark", "other_need")]
    kept |= {"stairwell_id": str(home.stairwell_id), "room": home.room_no, "note": "；".join(filter(None, words))[:200]}
    return form_page(at, Form(initial=kept), offers, is_one_step_left=True)


def claim_page(at: BuildingDoor, part: str) -> Any:
    """The claim form of a building, what it was sent with, and what happens next."""
    if part == "left":
        return render_template("ordering/claim_left.html", door=at)
    if request.method == "GET":
        return redirect(url_for("resident.enter", code=at.public_code))
    done = earlier_outcome(by_anybody=True)  # before anything is looked at: its cycle may have closed since
    if done is not None:
        return done
    named = request.form.get("cycle_id", "")
    cycle = db.session.get(Cycle, int(named)) if named.isdecimal() and len(named) < 10 else None
    if cycle is not None and not entry.is_taking_orders(cycle):
        return _too_late(at, cycle)
    at = entry.with_cycle(at, cycle.id) if cycle is not None else at
    offers = order_form.available_offers(at.cycle.id) if at.cycle else []
    form = Form(LeaveClaimSchema(offer.id for offer in offers), request.form, page=ClaimPage)
    if form.is_valid and form.page.step == "leave":
        return _leave(at, form, offers)
    if not form.is_valid and form.value("step", "") == "leave":
        return form_page(at, form, offers), 422
    return form_page(at, Form(initial=request.form.to_dict()), offers)


def _leave(at: BuildingDoor, form: Form, offers: list[OfferRow]) -> Any:
    wanted: LeaveClaim = form.command
    problems = _problems(at, wanted)
    if (
        not problems
        and not access_service.take_attempt(claim_budgets(at.building_id, throttle.place_of_request())).is_granted
    ):
        problems = {"": [_("刚才留了好几次，请直接打电话。")]}
    if problems:
        form.add(Invalid(problems))
        return form_page(at, form, offers), 422
    there = url_for("resident.enter", code=at.public_code, part="left")
    place = claims_service.ClaimPlace(at.building_id, at.cycle.id if at.cycle else None)
    try:
        return submit[RoomClaim](then=lambda _claim: there, by_anybody=True)(claims_service.leave, place, wanted)
    except Conflict:
        if at.cycle is None or entry.is_taking_orders(at.cycle):
            raise
        return _too_late(at, at.cycle)


def _too_late(at: BuildingDoor, cycle: Cycle) -> Any:
    """No goods are taken any more: what was chosen stays to be read out, and a telephone may still be left."""
    typed = {name: value.strip() for name, value in request.form.items()}
    picked = [(offer, typed.get(f"qty_{offer.id}", "")) for offer in order_form.available_offers(cycle.id)]
    return render_template(
        "ordering/too_late.html",
        cycle=cycle,
        order=None,
        picked=[(offer, qty) for offer, qty in picked if qty not in ("", "0")],
        address=at.name,
        door=at,
        typed={name: typed[name] for name in KEPT if name in typed},
    ), 409


def _problems(at: BuildingDoor, wanted: LeaveClaim) -> dict[str, list[Any]]:
    if wanted.stairwell_id not in {stairwell for stairwell, _label in at.stairwells}:
        return {"stairwell_id": [_("请选择单元。")]}
    problems, is_hard = orders.limit_problems(orders.offer_terms(at.cycle.id if at.cycle else 0), wanted.picks)
    return problems if is_hard else {}


def form_page(at: BuildingDoor, form: Form, offers: list[OfferRow], is_one_step_left: bool = False) -> str:
    """The claim form: room, telephone, what it is about, and the goods where orders are taken."""
    return render_template(
        "ordering/claim.html",
        door=at,
        form=form,
        kinds=ClaimKind.options(),
        sections=order_form.sections(offers, _("套餐"), _("其他")),
        shown={offer.id for offer in offers},
        is_one_step_left=is_one_step_left,
        picked=any(str(form.value(f"qty_{offer.id}", "0") or "0") != "0" for offer in offers),
    )
