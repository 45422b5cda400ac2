"""Texts ready to paste into the groups of buildings, as they will be read, copied in one tap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from app.access.guard import requires, staff
from app.access.permissions import Permission
from app.core.labels import Labelled
from app.core.paging import slice_page
from app.ordering.gate import readable_cycle
from app.ordering.models import CycleState
from app.oversight.texts import queries as group_texts
from app.oversight.texts.places import Occasion, TextRequest, Together, places
from app.oversight.texts.rules import Rooms
from app.places.scope import buildings_in_scope

bp = Blueprint("texts", __name__)
E = TypeVar("E", bound=Labelled)


@bp.get("/cycles/<int:cycle_id>/texts")
@requires(Permission.TEXTS)
def index(cycle_id: int) -> str:
    """The texts of one occasion, for the buildings within reach that the filters leave."""
    cycle = readable_cycle(staff(), Permission.TEXTS, cycle_id)
    everywhere = places(cycle_id, buildings_in_scope(staff(), Permission.TEXTS))
    wish = TextRequest(
        _choice(Occasion, "for", Occasion.OPENING if cycle.state == CycleState.OPEN else Occasion.ARRIVAL),
        _choice(Together, "group", Together.BUILDING),
        Rooms(request.args["rooms"]) if request.args.get("rooms") in set(Rooms) else Rooms.HIDDEN,
        _number("point"),
        _number("compound"),
        _number("building"),
    )
    near = [place for place in everywhere if wish.is_about(place)]
    page = slice_page(
        group_texts.texts(cycle, wish, near), request.args.get("page"), lambda number: _address(cycle_id, page=number)
    )
    return render_template(
        "oversight/texts.html",
        cycle=cycle,
        page=page,
        wish=wish,
        tabs=[
            {"label": one.label, "url": _address(cycle_id, **{"for": one.value}), "active": one == wish.occasion}
            for one in Occasion
        ],
        groups=Together.options(),
        points=_options((one.point_id, one.point) for one in everywhere),
        compounds=_options((one.compound_id, one.compound) for one in everywhere),
        buildings=[(one.id, one.name) for one in everywhere],
        rooms=[(Rooms.HIDDEN, _("只写户数")), (Rooms.MASKED, _("房号打星")), (Rooms.SHOWN, _("写房号"))],
        sees_loop=staff().may(Permission.OVERSEE),
    )


def _options(pairs: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    return list(dict.fromkeys(pairs))


def _choice(kind: type[E], name: str, otherwise: E) -> E:
    wanted = request.args.get(name, "")
    return kind(wanted) if wanted in {one.value for one in kind} else otherwise


def _number(name: str) -> int | None:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _address(cycle_id: int, **changed: Any) -> str:
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page"}
    return url_for("texts.index", cycle_id=cycle_id, **{**kept, **changed})
