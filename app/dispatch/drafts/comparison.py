"""Two plans side by side: what a person weighs before publishing one of them."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.core import clock
from app.dispatch import queries
from app.dispatch.models import DeliveryPlan


@dataclass(frozen=True)
class Compared:
    """One figure of both plans as text; `better` is 1 or 2 where one of them is better, else 0."""

    label: str
    first: str
    second: str
    better: int


@dataclass(frozen=True)
class Sums:
    """Figures of one plan. `spread_min`: longest less shortest working time among the teams that go out."""

    rounds: int
    stops: int
    bags: int
    held: int
    metres: int
    minutes: int
    teams: int
    spread_min: int
    back_by: str
    cost: int


def plan_figures(plan: DeliveryPlan) -> Sums:
    """The figures of a plan; two statements."""
    rows = queries.round_rows(plan.id)
    busy: dict[str, int] = {}
    for row in rows:
        busy[row.team] = busy.get(row.team, 0) + int((row.returns_at - row.departs_at).total_seconds()) // 60
    latest = max((row.returns_at for row in rows), default=None)
    return Sums(
        rounds=len(rows),
        stops=sum(row.stops for row in rows),
        bags=sum(row.bags for row in rows),
        held=sum(row.bags for row in queries.held_rows(plan.id)),
        metres=sum(row.distance_m for row in rows),
        minutes=sum(busy.values()),
        teams=len(busy),
        spread_min=max(busy.values()) - min(busy.values()) if busy else 0,
        back_by=clock.to_local(latest).strftime("%H:%M") if latest else "–",
        cost=plan.cost,
    )


def comparison(first: DeliveryPlan, second: DeliveryPlan) -> list[Compared]:
    """The figures of two plans, line by line."""
    one, two = plan_figures(first), plan_figures(second)
    return [
        _lower_is_better(_("暂缓的袋"), one.held, two.held),
        Compared(_("已排的袋"), str(one.bags), str(two.bags), _sign(two.bags, one.bags)),
        _lower_is_better(_("趟数"), one.rounds, two.rounds),
        _lower_is_better(_("出动队伍"), one.teams, two.teams),
        Compared(_("总路程（公里）"), _km(one.metres), _km(two.metres), _sign(one.metres, two.metres)),
        _lower_is_better(_("在外时间合计（分钟）"), one.minutes, two.minutes),
        _lower_is_better(_("最忙与最闲的队伍相差（分钟）"), one.spread_min, two.spread_min),
        Compared(_("最晚返回"), one.back_by, two.back_by, 0),
        _lower_is_better(_("成本"), one.cost, two.cost),
    ]


def _km(metres: int) -> str:
    return f"{metres / 1000:.1f}"


def _lower_is_better(label: str, one: int, two: int) -> Compared:
    return Compared(label, str(one), str(two), _sign(one, two))


def _sign(one: int, two: int) -> int:
    return 0 if one == two else 1 if one < two else 2
