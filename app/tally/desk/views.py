"""The point's desk: everything a leader has to do before the tally is signed, on one page; what came in twice."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.permissions import Permission
from app.core.errors import Invalid, NotFound
from app.core.input.schemas import Form
from app.errands import queries as errands
from app.intake.booking import service as booking_service
from app.intake.booking.schemas import Settle
from app.intake.models import PasteLine
from app.intake.paste.service import require_line
from app.intake.reasons import sentence
from app.ordering import entry
from app.ordering.gate import cycle_or_not_found
from app.ordering.remarks import queries as remarks_queries
from app.places.care import queries as care_queries
from app.places.scope import buildings_in_scope, points_in_scope
from app.tally import queries
from app.tally.claims import queries as claims_queries
from app.tally.desk import queries as desk_queries
from app.tally.desk.schemas import ChoiceSchema

bp = Blueprint("point_desk", __name__)


@bp.get("/cycles/<int:cycle_id>/point")
@requires(Permission.TALLY_SIGN)
def index(cycle_id: int) -> str:
    """What waits, in the order in which it is done."""
    cycle = cycle_or_not_found(cycle_id)
    scope = points_in_scope(staff(), Permission.TALLY_SIGN)
    points = queries.point_rows(cycle_id, scope)
    if not points:
        raise NotFound
    reviews, doubles = desk_queries.waiting_lines(cycle_id, scope)
    due, short = desk_queries.standing_counts(cycle_id, buildings_in_scope(staff(), Permission.TALLY_SIGN))
    return render_template(
        "tally/desk.html",
        cycle=cycle,
        points=points,
        reviews=reviews,
        doubles=doubles,
        standing=due,
        standing_short=short,
        errands=errands.errand_counts(staff()),
        care=care_queries.count(staff()),
        words=sum(1 for row in remarks_queries.rows(staff(), cycle_id) if row.is_waiting),
        claims=claims_queries.waiting_count(cycle_id, buildings_in_scope(staff(), Permission.HOUSEHOLD_KEY)),
        taking=entry.is_taking_orders(cycle),
    )


@bp.get("/cycles/<int:cycle_id>/duplicates")
@requires(Permission.INTAKE)
def duplicates(cycle_id: int) -> str:
    """What came in twice: the same household from two sources, item by item."""
    return _duplicates(cycle_id, Form())


def _duplicates(cycle_id: int, form: Form) -> str:
    cycle = cycle_or_not_found(cycle_id)
    scope = points_in_scope(staff(), Permission.INTAKE)
    if not queries.point_rows(cycle_id, scope):
        raise NotFound
    return render_template(
        "tally/duplicates.html", cycle=cycle, rows=desk_queries.duplicates(cycle_id, scope), form=form
    )


@bp.post("/cycles/<int:cycle_id>/duplicates/<int:line_id>")
@requires(Permission.INTAKE)
def settle(cycle_id: int, line_id: int) -> Response | tuple[str, int]:
    """Keep what stands, put the new in its place, or add both."""
    line = require_line(staff(), line_id)
    form = Form(ChoiceSchema, request.form)
    if not form.is_valid or line.household_id is None:
        return _duplicates(cycle_id, form), 422
    there = url_for("point_desk.duplicates", cycle_id=cycle_id)
    decided = Settle(line.household_id, "", form.command["choice"])
    try:
        return submit[PasteLine](then=lambda _line: there, says=_settled)(
            booking_service.settle, staff(), line_id, decided
        )
    except Invalid as error:
        form.add(Invalid({"": [said for sentences in error.problems.values() for said in sentences]}))
    return _duplicates(cycle_id, form), 422


def _settled(line: PasteLine) -> str:
    """A line that could not be booked waits again, with a new reason."""
    if line.settled_at is None:
        return str(_("这一户还没有处理：%(why)s。", why=sentence(line.reason)))
    return str(_("已处理这一户。"))
