"""The job that makes a plan: state the problem, solve it, have it judged, store an answer for every bag.

The solver is never trusted: it searches in a process of its own that is killed five seconds after its time; a plan that
the independent check does not accept, or a solver that fails or hangs, gives way to the constructed plan, and the
stored plan says so. What a plan leaves out is cut again for the teams that have room (`leftover`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db, end_read
from app.core.errors import Conflict
from app.core.jobs import Running, handles, keep_alive
from app.dispatch.models import DeliveryPlan, DeliveryRound, PlanState, RoundState
from app.dispatch.planning.budget import budget_of
from app.dispatch.planning.leftover import serve_leftover
from app.dispatch.planning.problem import Stated, state_problem
from app.dispatch.planning.replanning import replan_wave
from app.dispatch.planning.service import PLAN_JOB
from app.dispatch.planning.storing.service import store
from app.dispatch.planning.work import read_work
from app.ordering.models import Cycle
from routing import RoutePlan as Solved
from routing import check
from routing.codec import problem_hash
from routing.locks import without_locks
from routing.model import RoutingProblem
from routing.plan import SearchControl, SearchProgress, Statistics
from routing.solve import finish, first_draft
from routing.supervise import SearchFailed, searcher

log = logging.getLogger("louda.planning")

BY_HAND = "by hand"
SOLVER = "solve"  # what `routing.child` calls
CUT_AGAIN = 0.5
"""What the first search leaves out is cut and searched for again, for this part of the time more; only then."""


@handles(PLAN_JOB)
def make_plan(run: Running) -> dict[str, Any] | None:
    """Make the plan of a wave. Payload: cycle_id, wave, day (ISO), seconds, seed. Result: plan_id."""
    cycle = db.session.get_one(Cycle, run.payload["cycle_id"])
    wave, day, seed = run.payload["wave"], date.fromisoformat(run.payload["day"]), run.payload["seed"]
    seconds = run.payload["seconds"]
    run.progress(0, seconds, _("正在读取袋子和队伍"))
    work = read_work(cycle.id, cycle.subdistrict_id, wave, day)
    if not any(building.bags for building in work.buildings) and not work.held:
        raise Conflict(_("这一波没有在仓的袋，不用排路线。"))
    keep = db.session.get(DeliveryPlan, run.payload.get("keep") or 0)
    parts = keep.statistics.get("parts") if keep is not None else None
    end_read()
    stated = state_problem(work, parts=parts)
    control = _control(run, seconds)
    if keep is not None:
        again = replan_wave(stated, keep, seconds, seed, control)
        run.progress(seconds, seconds, _("正在保存"))
        kept = {"kept_of": keep.id, "others": again.others, "changed": again.changed}
        return _stored(run, cycle.id, wave, again.stated, again.solved, {**kept, **_attempt_number(run)})
    digest = problem_hash(stated.problem)
    earlier = db.session.scalar(select(DeliveryPlan).filter_by(cycle_id=cycle.id, wave=wave, input_sha256=digest))
    if earlier is not None and _still_holds(earlier):
        return {"plan_id": earlier.id}
    end_read()
    stated, solved = full_plan(stated, seconds, seed, control)
    run.progress(seconds, seconds, _("正在保存"))
    return _stored(run, cycle.id, wave, stated, solved, _attempt_number(run) if earlier else {})


def _still_holds(plan: DeliveryPlan) -> bool:
    """Whether a plan of the same input is the answer: nobody discarded or changed it, or called off a round of it."""
    is_current = plan.state in (PlanState.PROPOSED, PlanState.PUBLISHED) and plan.solver != BY_HAND
    over = (RoundState.CANCELLED, RoundState.ABORTED)
    called_off = (
        select(DeliveryRound.id).where(DeliveryRound.plan_id == plan.id, DeliveryRound.state.in_(over)).limit(1)
    )
    return is_current and db.session.scalar(called_off) is None


def _stored(
    run: Running, cycle_id: int, wave: int, stated: Stated, solved: Solved, more: dict[str, Any]
) -> dict[str, Any] | None:
    """Store the plan; its job ends in the same transaction."""
    return run.finish_with(store, lambda plan: {"plan_id": plan.id}, cycle_id, wave, stated, solved, more)


def _attempt_number(run: Running) -> dict[str, int]:
    """Which asking it is: the same input is a plan of its own when the earlier one holds no more."""
    return {"turn": run.job_id}


def _control(run: Running, seconds: int) -> SearchControl:
    """How the search is watched and stopped: somebody who presses stop gets the best plan so far."""
    cancel = threading.Event()
    tell = _progress_reporter(run, seconds)

    def watch(progress: SearchProgress) -> None:
        if tell(progress) and run.is_cancelled():
            cancel.set()

    return SearchControl(on_progress=watch, cancel=cancel)


def _progress_reporter(run: Running, seconds: int) -> Callable[[SearchProgress], bool]:
    """Tells how far the search is, about once a second; the function returns whether it did."""
    last = [-1.0]

    def tell(progress: SearchProgress) -> bool:
        if time.monotonic() - last[0] < 0.5:  # each telling is a transaction, the search reports five times a second
            return False
        last[0] = time.monotonic()
        db.session.rollback()
        done = min(seconds, int(progress.elapsed_s))
        run.progress(
            done,
            seconds,
            _progress_sentence(progress),
        )
        return True

    return tell


def _progress_sentence(progress: SearchProgress) -> str:
    """The best plan so far in words, with how far it may be from the best possible where that is known."""
    if progress.gap is None:
        return str(_("目前最好：成本 %(cost)d，未排 %(missed)d 站", cost=progress.best_cost, missed=progress.missed))
    above = round(progress.gap * 100)
    return str(_("目前最好：成本 %(cost)d，全部排上，最多比最优高 %(above)d%%", cost=progress.best_cost, above=above))


def full_plan(stated: Stated, seconds: float, seed: int, control: SearchControl | None = None) -> tuple[Stated, Solved]:
    """A checked plan that leaves no bag out which a team could bring, and the statement with the stops it has."""
    watched = control or SearchControl()
    solved = checked_plan(stated, seconds, seed, watched)

    def further(problem: RoutingProblem, start: Solved) -> Solved:
        return _searched(problem, seconds * CUT_AGAIN, seed, watched, start)

    return serve_leftover(stated, solved, further)


def checked_plan(stated: Stated, seconds: float, seed: int, control: SearchControl | None = None) -> Solved:
    """A plan that `routing.check` accepts: the solver's, or the constructed one where the solver fails or hangs.

    Raises Conflict if even that is not accepted.
    """
    return _searched(stated.problem, seconds, seed, control or SearchControl(), None)


def _searched(
    problem: RoutingProblem, seconds: float, seed: int, control: SearchControl, start: Solved | None
) -> Solved:
    if problem.stops and problem.vehicles:
        try:
            budget = budget_of(problem, seconds)
            solved: Solved = searcher.run(
                SOLVER, problem, start, budget=budget, seed=seed, control=control, while_waiting=keep_alive
            )
            # Judged here too, outside of the process that searched: what it sent back is input like any other.
            if verdict := check(problem, solved):
                return solved
            log.error("the solver's plan broke %s", verdict.rules)
        except SearchFailed:
            log.exception("the solver failed")
    return constructed_plan(problem, start)


def constructed_plan(problem: RoutingProblem, start: Solved | None = None) -> Solved:
    """The deterministic first plan, or what is possible of `start`, checked; nothing is searched for, so that nothing
    can hang. Raises Conflict if even that is not accepted."""
    free = without_locks(problem)
    plan = finish(problem, free, first_draft(free, start), Statistics("construct"))
    if not check(problem, plan):
        raise Conflict(_("排出的路线没有通过检查，请联系管理员。"))
    return plan
