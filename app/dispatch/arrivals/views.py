"""Counting bags at a building, and settling what two people counted differently. No page here names a household."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.access.guard import requires, staff, submit
from app.access.page_registry import describe_page
from app.access.permissions import Permission
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.input.schemas import Form
from app.core.lookup import row_or_not_found
from app.dispatch import counts, queries
from app.dispatch.arrivals import queries as arrivals_queries
from app.dispatch.arrivals import service as arrivals_service
from app.dispatch.arrivals.schemas import RoundArrivedSchema, SettleRoundSchema
from app.dispatch.models import CountedAs, DeliveryRound, DeliveryStop, DifferenceState, DropOff, PlanState, RoundState
from app.dispatch.rounds import conditions, staying
from app.dispatch.rounds import service as rounds_service
from app.ordering.models import Cycle
from app.picking.models import Bag
from app.places.scope import require_part_of

bp = Blueprint("arrivals", __name__)


@dataclass(frozen=True)
class RunnerVisit:
    """A stop of the runner's own round: the building, what was counted, and whom to call there."""

    row: queries.StopRow
    counts: list[counts.BagCount]
    is_contested: bool
    line: arrivals_queries.DutyLine | None
    spot: str


def round_page(found: DeliveryRound, stops: list[queries.StopRow], form: Form) -> str:
    """The round as its runner carries it: the next stop large, the rest as a list."""
    said = counts.counts_at([row.stop_id for row in stops])
    lines = arrivals_queries.duty_lines([row.building_id for row in stops], clock.today())
    if not arrivals_queries.shows_duty_lines(found):
        lines = {}
    contested = arrivals_queries.contested_stops([row.stop_id for row in stops])
    spots = arrivals_queries.drop_spots([row.building_id for row in stops])
    visits = [
        RunnerVisit(
            row,
            said.get(row.stop_id, []),
            row.stop_id in contested,
            lines.get(row.building_id),
            spots.get(row.building_id, ""),
        )
        for row in stops
    ]
    is_running = found.state == RoundState.DEPARTED
    waiting = [visit for visit in visits if visit.row.state in arrivals_service.SIGNABLE]
    return render_template(
        "dispatch/round_phone.html",
        broken=conditions.of_round(found.id),
        cycle=db.session.get_one(Cycle, found.plan.cycle_id),
        round=found,
        state=RoundState(found.state),
        is_published=found.plan.state == PlanState.PUBLISHED,
        bags=sum(row.bags for row in stops),
        weight_g=sum(row.weight_g for row in stops),
        next=waiting[0] if is_running and waiting else None,
        visits=visits,
        rows=stops,
        staying=staying.staying_of(found),
        left=queries.bags_by_stop(found.id) if found.state in (RoundState.PLANNED, RoundState.LOADING) else {},
        is_running=is_running,
        form=form,
    )


def _about_stop(stop: DeliveryStop) -> None:
    plan, round_ = stop.round.plan, stop.round
    names = {
        "dispatch.plan": _("方案 #%(n)d", n=plan.id),
        "dispatch.round": _("第 %(n)d 趟", n=round_.seq),
    }
    describe_page(names, cycle_id=plan.cycle_id, plan_id=plan.id, round_id=round_.id, building_id=stop.building_id)


def sign_page(stop: DeliveryStop, form: Form) -> str:
    """The bags of a stop as a list to tick, and what was counted there already."""
    _about_stop(stop)
    is_first = stop.state in arrivals_service.SIGNABLE
    bags = queries.bags_at_stop(stop.id) if is_first else counts.expected_bags_at(stop)
    said = counts.counts_at([stop.id]).get(stop.id, [])
    difference = counts.difference_at(stop.id)
    line = arrivals_queries.duty_lines([stop.building_id], clock.today()).get(stop.building_id)
    return render_template(
        "dispatch/sign.html",
        stop=stop,
        row=next(row for row in queries.stop_rows(stop.round_id) if row.stop_id == stop.id),
        bags=bags,
        staying=staying.staying_by_stop(stop.plan_id).get(stop.id, []),
        form=form,
        round=stop.round,
        counts=said,
        mine=[count for count in said if count.by_id == staff().id],
        is_first=is_first,
        difference=difference,
        is_settled=difference is not None and difference.state == DifferenceState.SETTLED,
        seen_as=counts.counting_role(staff(), stop),
        line=line if arrivals_queries.shows_duty_lines(stop.round) else None,
        broken=[one for one in conditions.of_round(stop.round_id) if one.stop is not None and one.stop.id == stop.id],
    )


def record(stop_id: int) -> Response | tuple[str, int]:
    """Take a count that was sent; the page comes again with what stands in its way."""
    stop, form = rounds_service.require_stop(staff(), stop_id), Form(RoundArrivedSchema, request.form)
    status = 422
    if form.is_valid:
        try:
            return submit[DeliveryStop](then=_after, says=_says)(
                arrivals_service.record_arrival, staff(), stop_id, form.command
            )
        except Invalid as error:
            form.add(error)
        except Conflict as error:
            status = error.status
            form.add(Invalid(error.sentence))
    db.session.refresh(stop)
    return sign_page(stop, form), status


def _is_contested(stop: DeliveryStop) -> bool:
    difference = counts.difference_at(stop.id)
    return difference is not None and difference.state == DifferenceState.OPEN


def _after(stop: DeliveryStop) -> str:
    """Back to the page that the count was made from; to the difference where there is one."""
    if _is_contested(stop):
        return url_for("arrivals.difference", stop_id=stop.id)
    seen_as = counts.counting_role(staff(), stop)
    if seen_as == CountedAs.RUNNER:
        return url_for("dispatch.round", round_id=stop.round_id)
    if seen_as == CountedAs.CAPTAIN:
        return url_for("doors.building", cycle_id=stop.round.plan.cycle_id, building_id=stop.building_id)
    return url_for("dispatch.sign_page", stop_id=stop.id)


def _says(stop: DeliveryStop) -> str:
    if _is_contested(stop):
        return str(_("两边数得不一样，两个数都留着，等人核对。"))
    done = db.session.query(DropOff).filter_by(stop_id=stop.id).one()
    return str(_("已签收：应到 %(all)d 袋，实到 %(here)d 袋。", all=done.bags_expected, here=done.bags_counted))


# --- differences ------------------------------------------------------------------------------------------------------
@bp.get("/stops/<int:stop_id>/difference")
@requires(Permission.ARRIVAL)
def difference(stop_id: int) -> str:
    """Two counts of a stop beside each other, and who may say which of them holds."""
    return _difference_page(rounds_service.require_stop(staff(), stop_id), Form())


def _difference_page(stop: DeliveryStop, form: Form) -> str:
    _about_stop(stop)
    found = counts.difference_at(stop.id)
    said = counts.counts_at([stop.id]).get(stop.id, [])
    last = counts.latest_counts_at([stop.id]).get(stop.id, [])
    contested = counts.disputed_bag_ids(last)
    decides = arrivals_service.may_settle(staff(), stop)
    return render_template(
        "dispatch/difference.html",
        stop=stop,
        round=stop.round,
        row=next(row for row in queries.stop_rows(stop.round_id) if row.stop_id == stop.id),
        counts=said,
        codes=_codes([bag for count in said for bag in count.missing]),
        difference=found,
        is_open=found is not None and found.state == DifferenceState.OPEN,
        contested=sorted(contested),
        offers=[count for count in last if decides or count.by_id != staff().id],
        decides=decides,
        owner=arrivals_queries.point_of(stop.building_id),
        seen_as=counts.counting_role(staff(), stop),
        signed=db.session.query(DropOff).filter_by(stop_id=stop.id).one_or_none(),
        form=form,
    )


def _codes(bag_ids: Sequence[int]) -> dict[int, str]:
    return {bag.id: bag.code for bag in db.session.query(Bag).filter(Bag.id.in_(bag_ids)).order_by(Bag.id)}


@bp.post("/stops/<int:stop_id>/difference")
@requires(Permission.ARRIVAL)
def settle(stop_id: int) -> Response | tuple[str, int]:
    """Say which count holds."""
    stop, form = rounds_service.require_stop(staff(), stop_id), Form(SettleRoundSchema, request.form)
    status = 422
    if form.is_valid:
        try:
            return submit[DeliveryStop](
                then=lambda stop: url_for("arrivals.difference", stop_id=stop.id), says=_("已核对，按这个数为准。")
            )(arrivals_service.settle, staff(), stop_id, form.command)
        except Invalid as error:
            form.add(error)
        except Conflict as error:
            status = error.status
            form.add(Invalid(error.sentence))
    return _difference_page(stop, form), status


@bp.get("/cycles/<int:cycle_id>/differences")
@requires(Permission.DROP_OFF)
def differences(cycle_id: int) -> str:
    """What nobody has settled yet, in the buildings that the actor signs for."""
    cycle = row_or_not_found(Cycle, cycle_id)
    require_part_of(staff(), Permission.DROP_OFF, cycle.subdistrict_id)
    return render_template(
        "dispatch/differences.html", cycle=cycle, rows=arrivals_queries.differences_within(staff(), cycle_id)
    )
