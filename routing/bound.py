"""A lower bound on the cost of every plan that leaves no mandatory stop out: how much there is left to gain at most.

Take away the last leg of every round, and the legs of a plan form a tree over depot and stops; the legs taken away
end at different stops, and there are at least as many as the loads need rounds. So the cheapest tree and the cheapest
such legs home cost no more than any plan. The tree touches some stops too often and others too seldom; prices on the
stops, and one on leaving the depot, correct that without making the bound invalid (Held and Karp 1971, "The
traveling-salesman problem and minimum spanning trees: Part II"; for vehicles Fisher 1994, "Optimal solution of vehicle
routing problems using minimum K-trees"). A leg costs what the cheapest vehicle that may serve both ends asks, waiting
included, and exists only if windows, zones and gates allow it in some direction. Everything is whole numbers, so the
bound is exact and the same every time. Where rounds are short and far from the depot, the ways out and home weighed
by load (`routing.radial`) say more; the better of the two counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.eligibility import may_serve
from routing.model import Load, RoutingProblem, Stop, Vehicle
from routing.radial import round_share, shortest_legs
from routing.travel_times import UNREACHABLE
from routing.tree import FAR, cheapest_tree

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
LARGEST = 1500
"""Of more stops nothing is claimed: it would take most of a second in which nothing can be stopped."""
WORK = 150_000_000
"""Table entries looked at altogether; rounds of correcting prices are as many as this allows."""
MOST_ROUNDS, FEWEST_ROUNDS = 300, 20
PULL, PATIENCE = 0.3, 12
"""First step as a part of the bound over the square of the errors; rounds without progress before it is halved."""


def lower_bound(problem: RoutingProblem) -> int | None:
    """No plan that serves every mandatory stop costs less.

    Parameters
    ----------
    problem : RoutingProblem
        Without locks. Changes against a plan before are taken as free.

    Returns
    -------
    int or None
        In the unit of `Cost.total`, prizes of optional stops left out included; None if nothing is known.
    """
    stops, teams = problem.stops, [vehicle for vehicle in problem.vehicles if vehicle.max_rounds > 0]
    if not stops or not teams or len(stops) > LARGEST:
        return None
    relaxed = _relax(problem, teams)
    if bool(((relaxed.depart >= FAR) & (relaxed.skip >= FAR)).any()):
        return None
    return max(0, relaxed.constant + max(_priced(relaxed), _weighed(relaxed)))


@dataclass(frozen=True)
class _Relaxed:
    """Costs of the legs; arrays are [stop] or [stop, stop]."""

    legs: Ints
    """Cheaper of both directions."""
    depart: Ints
    """Loading, the price of a round and the way to the stop."""
    home: Ints
    skip: Ints
    """What leaving an optional stop out costs more than its service; `FAR` for a mandatory one."""
    weighed: Ints
    """Way out and home, loading and the price of a round, weighed by the part of a round that the load takes."""
    rounds: int
    """At least so many."""
    most: int
    """And at most so many: what the vehicles may make altogether."""
    constant: int
    """Service and fixed costs."""


def _weighed(relaxed: _Relaxed) -> int:
    return int(np.minimum(relaxed.weighed, relaxed.skip).sum())


def _priced(relaxed: _Relaxed) -> int:
    """The best bound over all prices tried: subgradient steps that shrink while nothing improves."""
    n = len(relaxed.depart)
    price, gate = np.zeros(n, dtype=np.int64), 0
    scratch = np.zeros((3, n), dtype=np.int64)
    best, step, idle = -FAR, 1.0, 0
    for _ in range(max(FEWEST_ROUNDS, min(MOST_ROUNDS, WORK // (n * n)))):
        value, degree, surplus = _evaluate(relaxed, price, gate, scratch)
        idle = 0 if value > best else idle + 1
        best = max(best, value)
        if idle >= PATIENCE:
            step, idle = step / 2, 0
        wrong = degree - 2
        norm = int((wrong * wrong).sum()) + surplus * surplus
        if norm == 0:
            break
        length = step * max(1.0, PULL * abs(value)) / norm
        price = price + np.rint(length * wrong).astype(np.int64)
        gate += round(length * surplus)
    return best


def _evaluate(relaxed: _Relaxed, price: Ints, gate: int, scratch: Ints) -> tuple[int, Ints, int]:
    """(cost of tree and legs home at these prices, edges at each stop, legs home less departures)."""
    departing = np.minimum(relaxed.depart + price - gate, FAR)
    skipping = np.minimum(relaxed.skip + 2 * price, FAR)
    degree = np.zeros(len(price), dtype=np.int64)
    tree = cheapest_tree(relaxed.legs, price, np.minimum(departing, skipping), scratch, degree)
    hangs = scratch[0] < 0
    skipped = hangs & (skipping < departing)
    degree[skipped] += 1
    homes = relaxed.home + price + gate
    order = np.argsort(homes, kind="stable")
    count = min(len(order), max(relaxed.rounds, min(relaxed.most, int((homes < 0).sum()))))
    degree[order[:count]] += 1
    value = tree + int(homes[order[:count]].sum()) - 2 * int(price.sum())
    return value, degree, count - int((hangs & ~skipped).sum())


def _relax(problem: RoutingProblem, teams: list[Vehicle]) -> _Relaxed:
    stops = problem.stops
    n = len(stops)
    legs = np.full((n, n), FAR, dtype=np.int64)
    depart, home, service, weighed = (np.full(n, FAR, dtype=np.int64) for _ in range(4))
    follows = _may_follow(problem)
    for team, may in _kinds(problem, teams):
        own = np.flatnonzero(may)
        places = np.array([stops[c].location for c in own], dtype=np.int64)
        asked = _Asked(problem, team)
        pair = np.ix_(own, own)
        cost = np.where(follows[pair], asked.legs(places, places, _wait(problem, own)), FAR)
        legs[pair] = np.minimum(legs[pair], cost)
        start = np.array([problem.depot_by_name[team.depot].location])
        end = np.array([problem.end_location(team)])
        out = asked.legs(start, places)[0] + team.round_cost + team.cost_per_s * team.reload_s
        depart[own] = np.minimum(depart[own], out)
        back = asked.legs(places, end)[:, 0]
        home[own] = np.minimum(home[own], back)
        part = np.array([round_share(stops[c], team) for c in own])
        weighed[own] = np.minimum(weighed[own], np.floor(part * asked.out_and_home(places, out, back)).astype(np.int64))
        busy = team.cost_per_s * np.array([stops[c].service_s for c in own], dtype=np.int64)
        service[own] = np.minimum(service[own], busy)
    legs = np.ascontiguousarray(np.minimum(legs, legs.T))
    service = np.where(service >= FAR, 0, service)
    prize = np.array([FAR if stop.prize is None else stop.prize for stop in stops], dtype=np.int64)
    skip = np.where(prize >= FAR, FAR, prize - service)
    rounds = _rounds_needed(problem, teams)
    constant = int(service.sum()) + _fixed_needed(problem, teams)
    most = sum(team.max_rounds for team in teams)
    return _Relaxed(legs, np.minimum(depart, FAR), np.minimum(home, FAR), skip, weighed, rounds, most, constant)


def _kinds(problem: RoutingProblem, teams: list[Vehicle]) -> Iterator[tuple[Vehicle, Bools]]:
    """One vehicle of each kind as far as costs of legs go, and which stops it may serve."""
    seen: set[object] = set()
    named = {name for stop in problem.stops for name in stop.only_vehicles}
    for team in teams:
        rights = (team.clearance, team.skills, team.capacity, team.name if team.name in named else "")
        costs = (team.mode, team.cost_per_m, team.cost_per_s, team.round_cost, team.reload_s)
        kind = (rights, costs, team.depot, team.end_depot)
        if kind not in seen:
            seen.add(kind)
            yield team, np.array([may_serve(problem, team, stop) for stop in problem.stops], dtype=np.bool_)


@dataclass(frozen=True)
class _Asked:
    """What one kind of vehicle asks for its legs."""

    problem: RoutingProblem
    team: Vehicle

    def legs(self, froms: Ints, tos: Ints, wait: Ints | None = None) -> Ints:
        """[from, to] metres and seconds, waiting included, in money; `FAR` where no way leads."""
        matrix = self.problem.matrix_by_mode[self.team.mode]
        where = np.ix_(froms, tos)
        seconds = matrix.seconds[where].astype(np.int64)
        waiting = 0 if wait is None else np.maximum(0, wait - seconds)
        money: Ints = self.team.cost_per_m * matrix.metres[where] + self.team.cost_per_s * (seconds + waiting)
        asked: Ints = np.where(seconds >= UNREACHABLE, FAR, np.minimum(money, FAR))
        return asked

    def out_and_home(self, places: Ints, out: Ints, back: Ints) -> Ints:
        """[place] the cheapest way from the depot and home again, over whichever places."""
        between = self.legs(places, places)
        there_and_back: Ints = np.minimum(shortest_legs(out, between) + shortest_legs(back, between.T), FAR)
        return there_and_back


def _wait(problem: RoutingProblem, own: Ints) -> Ints:
    """[from, to] seconds from the latest leaving of one stop to the first opening of the other."""
    opens = np.array([problem.stops[c].windows[0].opens_s for c in own], dtype=np.int64)
    leaves = np.array([problem.stops[c].windows[-1].closes_s + problem.stops[c].service_s for c in own], dtype=np.int64)
    gap: Ints = opens[None, :] - leaves[:, None]
    return gap


def _may_follow(problem: RoutingProblem) -> Bools:
    """[from, to] whether the windows and zones allow it, at the speed of the fastest mode."""
    stops = problem.stops
    places = np.array([stop.location for stop in stops], dtype=np.int64)
    quickest = np.minimum.reduce([matrix.seconds[np.ix_(places, places)] for matrix in problem.matrices])
    opens = np.array([stop.windows[0].opens_s + stop.service_s for stop in stops], dtype=np.int64)
    closes = np.array([stop.windows[-1].closes_s for stop in stops], dtype=np.int64)
    may: Bools = opens[:, None] + quickest <= closes[None, :]
    if problem.limits.zones_in_order:
        zones = np.array([stop.zone for stop in stops])
        may &= zones[:, None] <= zones[None, :]
    np.fill_diagonal(may, False)
    return may


def _brought(stops: tuple[Stop, ...]) -> tuple[list[Stop], Load]:
    """The mandatory stops, and the load that must leave a depot for them."""
    must = [stop for stop in stops if stop.prize is None]
    load = Load()
    for stop in must:
        if stop.pair is None and not stop.is_pickup:
            load = load + stop.load
    return must, load


def _rounds_needed(problem: RoutingProblem, teams: list[Vehicle]) -> int:
    """No fewer rounds can carry the mandatory stops."""
    must, load = _brought(problem.stops)
    needed = -(-len(must) // problem.limits.max_stops)
    for measure in ("g", "ml", "bags"):
        most = max(getattr(team.capacity, measure) for team in teams)
        needed = max(needed, -(-getattr(load, measure) // most) if most else 0)
    return needed


def _fixed_needed(problem: RoutingProblem, teams: list[Vehicle]) -> int:
    """Fixed costs of the fewest vehicles whose rounds hold the load and whose shifts hold the service."""
    must, load = _brought(problem.stops)
    service_s = sum(stop.service_s for stop in must)
    shifts = [min(team.shift_end_s - team.shift_start_s, team.max_shift_s) for team in teams]
    needs = [(service_s, shifts)]
    for measure in ("g", "ml", "bags"):
        needs.append((getattr(load, measure), [getattr(t.capacity, measure) * t.max_rounds for t in teams]))
    count = 1 if must else 0
    for amount, holds in needs:
        total, used = 0, 0
        for hold in sorted(holds, reverse=True):
            if total >= amount:
                break
            total, used = total + hold, used + 1
        count = max(count, used)
    return sum(sorted(team.fixed_cost for team in teams)[:count])
