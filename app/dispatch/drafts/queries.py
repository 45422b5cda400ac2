"""What the page of adjustments shows: the stops of one round, those left out, and where a stop may go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.dispatch.drafts.editing import Fixed, OpenedPlan, plan_instant
from app.dispatch.models import Shift, Team
from app.dispatch.queries import RoundRow


@dataclass(frozen=True)
class Card:
    """One stop. `lock` is "", "stop" or "round"."""

    name: str
    label: str
    bags: int
    weight_g: int
    place: int = 0
    arrive_at: datetime | None = None
    lock: str = ""


@dataclass(frozen=True)
class Board:
    """Stops of the opened round, stops left out, choices of the forms, and names of teams by shift."""

    stops: list[Card]
    left_out: list[Card]
    targets: list[tuple[str, str]]
    all_stops: list[tuple[str, str]]
    teams: dict[int, str]
    is_locked: bool


def board(opened: OpenedPlan, fixed: Fixed, rows: list[RoundRow], round_id: int) -> Board:
    """Prepare the page with round `round_id` opened."""
    solved = opened.solved
    seq = {row.round_id: row.seq for row in rows}
    teams = _team_names(opened)
    cards: list[Card] = []
    everything: list[tuple[str, str]] = []
    for one in solved.rounds:
        for place, visit in enumerate(one.visits, start=1):
            row = opened.stop_rows[visit.stop]
            label = opened.stated.stops[visit.stop].label
            everything.append((visit.stop, _("第 %(n)d 趟第 %(p)d 站 %(b)s", n=seq[row.round_id], p=place, b=label)))
            if row.round_id == round_id:
                lock = "round" if visit.stop in fixed.in_rounds else "stop" if visit.stop in fixed.stops else ""
                cards.append(_card(opened, visit.stop, place, plan_instant(opened, visit.begins_s), lock))
    left = [_card(opened, item.stop, 0, None, "") for item in solved.unserved]
    is_locked = bool(cards) and cards[0].lock == "round"
    return Board(cards, left, _targets(opened, rows, teams), everything, teams, is_locked)


def _team_names(opened: OpenedPlan) -> dict[int, str]:
    """Names of teams by shift."""
    found = select(Shift.id, Team.name).join(Team).where(Shift.id.in_(opened.stated.shifts.values()))
    return {shift_id: name for shift_id, name in db.session.execute(found)}  # noqa: C416


def _card(opened: OpenedPlan, name: str, place: int, at: datetime | None, lock: str) -> Card:
    stop = opened.stated.problem.stop_by_name[name]
    return Card(name, opened.stated.stops[name].label, stop.load.bags, stop.load.g, place, at, lock)


def _targets(opened: OpenedPlan, rows: list[RoundRow], teams: dict[int, str]) -> list[tuple[str, str]]:
    """Every round, then one more round of each team."""
    seq = {row.round_id: row.seq for row in rows}
    found: list[tuple[int, str, str]] = []
    used: dict[str, int] = {}
    for one in opened.solved.rounds:
        number = seq[opened.stop_rows[one.stops[0]].round_id]
        leaves = clock.to_local(plan_instant(opened, one.departs_s)).strftime("%H:%M")
        text = _("第 %(n)d 趟 %(team)s %(at)s 出发", n=number, team=teams[int(one.vehicle)], at=leaves)
        found.append((number, f"{one.vehicle}:{one.number}", text))
        used[one.vehicle] = used.get(one.vehicle, 0) + 1
    extra = [
        (f"{shift}:{used.get(shift, 0) + 1}", _("%(team)s 加开一趟", team=teams[shift_id]))
        for shift, shift_id in opened.stated.shifts.items()
    ]
    return [(key, text) for _number, key, text in sorted(found)] + extra
