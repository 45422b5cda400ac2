"""The household's own page of an order: its code, where each bag is, what to do next, and a text for the group."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.access.guard import requires, resident
from app.access.permissions import Permission
from app.core.codes import grouped
from app.core.text.spoken import date_and_time, spoken_day
from app.ordering import entry
from app.ordering.cycles import queries as cycles_queries
from app.ordering.models import HouseholdOrder, OrderState
from app.ordering.resident import queries as resident_queries
from app.ordering.resident.queries import HouseholdCycleCard
from app.oversight.order_status import queries as order_status_queries
from app.oversight.order_status.rules import Around, bag_steps, next_step, order_steps
from app.oversight.texts.rules import Rooms, masked
from app.places.serving import mode_of

bp = Blueprint("way", __name__)


@bp.get("/my/cycles/<int:cycle_id>")
@requires(Permission.OWN_HOUSEHOLD)
def status(cycle_id: int) -> Any:
    """The household's order of a cycle; straight to the form where there is none yet and orders are taken."""
    household = resident().household_id
    card = resident_queries.card(resident(), cycle_id)
    mine = card.order
    taking = entry.is_taking_orders(card.cycle)
    if mine is None and taking:
        return redirect(url_for("own_order.order", cycle_id=cycle_id))
    building, room = cycles_queries.address_of(household)
    page = {"cycle": card.cycle, "taking": taking, "address": f"{building} {room}"} | _identity_context(mine)
    if mine is None:
        return render_template("oversight/way.html", order=None, **page)
    lines = cycles_queries.lines(mine.id)
    rooms = _rooms()
    return render_template(
        "oversight/way.html",
        order=mine,
        state=OrderState(mine.state),
        lines=lines,
        code=grouped(mine.code),
        rooms=rooms,
        group_text=_group_text(card, lines, " ".join(filter(None, (building, _room(room, rooms))))) if lines else "",
        **_status_context(card, mine, taking),
        **page,
    )


def _identity_context(mine: HouseholdOrder | None) -> dict[str, bool]:
    """Whether this phone showed a code or the PIN, and whether somebody else made the order by room alone."""
    return {"is_proven": resident().is_proven, "is_unproven": bool(mine and mine.hand and resident().is_proven)}


def _status_context(card: HouseholdCycleCard, mine: HouseholdOrder, taking: bool) -> dict[str, Any]:
    bags = order_status_queries.own_bags(mine.id)
    mode = mode_of(mine.building_id, card.cycle.deliver_on)
    around = Around(taking, mine.state not in (OrderState.PLACED,), spoken_day(card.cycle.deliver_on), mode.value)
    return {
        "steps": order_steps(order_status_queries.order_times(mine), bool(bags)),
        "bags": [(bag, bag_steps(bag.facts)) for bag in bags],
        "next_step": next_step(around, [bag.facts for bag in bags]),
        "shortages": order_status_queries.share_sentences(mine.id),
    }


def _rooms() -> Rooms:
    wanted = request.args.get("rooms", "")
    return Rooms(wanted) if wanted in set(Rooms) else Rooms.SHOWN


def _room(room: str, how: Rooms) -> str:
    """ "1单元 302" with its last part masked as wished."""
    stairwell, _blank, number = room.rpartition(" ")
    return " ".join(part for part in (stairwell, masked(number, how)) if part)


def _group_text(card: HouseholdCycleCard, lines: list[cycles_queries.LineView], address: str) -> str:
    goods = "、".join(f"{line.item}×{line.qty}" for line in lines if not line.instead_of)
    text = _(
        "%(address)s：%(goods)s（%(cycle)s，%(at)s 截单）",
        address=address,
        goods=goods,
        cycle=card.cycle.name,
        at=date_and_time(card.cycle.cutoff_at),
    )
    return str(text)
