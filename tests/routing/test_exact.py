"""Tiny instances against an exact CP-SAT model written only for this test."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from ortools.sat.python import cp_model

from routing import check, solve
from routing.model import Depot, Load, RoutingProblem, Stop, Vehicle, Window
from routing.plan import SearchBudget
from routing.travel_times import TravelMatrix


def tiny(seed: int, stops: int = 7, vehicles: int = 2) -> RoutingProblem:
    """Stops with windows and loads, a few of them optional; one round per vehicle."""
    rng = random.Random(seed)
    points = np.array([(rng.randrange(1000), rng.randrange(1000)) for _ in range(stops + 1)])
    metres = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)).astype(np.int32)

    def stop(k: int) -> Stop:
        opens = rng.randrange(0, 3000)
        prize = rng.choice((None, None, rng.randrange(200, 1500)))
        return Stop(
            f"s{k}", k, Load(bags=rng.randrange(1, 5)), service_s=rng.randrange(0, 100),
            windows=(Window(opens, opens + rng.randrange(500, 4000)),), prize=prize,
        )  # fmt: skip

    fleet = tuple(
        Vehicle(f"v{k}", "d", capacity=Load(bags=12), fixed_cost=rng.choice((0, 300)), shift_end_s=8000)
        for k in range(vehicles)
    )
    return RoutingProblem(
        (Depot("d", 0),), tuple(stop(k + 1) for k in range(stops)), fleet, (TravelMatrix("foot", metres, metres),)
    )


def exact_cost(problem: RoutingProblem) -> tuple[int, int]:
    """(mandatory stops left out, cost) of the optimum, by one circuit per vehicle."""
    model = cp_model.CpModel()
    metres = problem.matrices[0].metres
    size = len(problem.stops)
    visits = [[model.new_bool_var("") for _ in problem.stops] for _ in problem.vehicles]
    cost: list[cp_model.LinearExprT] = []
    for v, vehicle in enumerate(problem.vehicles):
        used = model.new_bool_var("")
        arcs: list[tuple[int, int, cp_model.IntVar]] = [(0, 0, used.negated())]
        times = [model.new_int_var(0, vehicle.shift_end_s, "") for _ in range(size + 2)]
        for a in range(size + 1):
            for b in range(size + 1):
                if a == b:
                    continue
                arc = model.new_bool_var("")
                arcs.append((a, b, arc))
                cost.append(int(metres[a, b]) * vehicle.cost_per_m * arc)
                service = problem.stops[a - 1].service_s if a else 0
                later = times[b] if b else times[size + 1]
                model.add(later >= times[a] + service + int(metres[a, b])).only_enforce_if(arc)
        for k, stop in enumerate(problem.stops):
            arcs.append((k + 1, k + 1, visits[v][k].negated()))
            model.add_implication(visits[v][k], used)
            model.add_linear_constraint(times[k + 1], stop.windows[0].opens_s, stop.windows[0].closes_s)
        model.add_circuit(arcs)
        model.add(sum(s.load.bags * x for s, x in zip(problem.stops, visits[v], strict=True)) <= vehicle.capacity.bags)
        cost.append(vehicle.fixed_cost * used)
    for k, stop in enumerate(problem.stops):
        left_out = model.new_bool_var("")
        model.add_exactly_one([left_out, *(visits[v][k] for v in range(len(problem.vehicles)))])
        cost.append((10**6 if stop.prize is None else stop.prize) * left_out)
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    missed, rest = divmod(round(solver.objective_value), 10**6)
    return missed, rest


@pytest.mark.parametrize("seed", range(8))
def test_the_search_finds_the_optimum_of_a_tiny_instance(seed: int) -> None:
    problem = tiny(seed, stops=5 + seed % 4)
    plan = solve(problem, SearchBudget(iterations=4000), seed=1)
    assert check(problem, plan).violations == ()
    assert plan.cost.key == exact_cost(problem)


@pytest.mark.parametrize("seed", range(4))
def test_one_more_vehicle_never_makes_the_optimum_worse(seed: int) -> None:
    problem = tiny(seed, stops=6, vehicles=1)
    more = replace(problem, vehicles=(*problem.vehicles, replace(problem.vehicles[0], name="more")))
    fewer_plan, more_plan = (solve(p, SearchBudget(iterations=3000), seed=1) for p in (problem, more))
    assert more_plan.cost.key <= fewer_plan.cost.key


@pytest.mark.parametrize("seed", range(3))
def test_turning_all_ways_around_does_not_change_the_cost(seed: int) -> None:
    problem = tiny(seed, stops=6)
    free = replace(problem, stops=tuple(replace(stop, windows=(Window(),)) for stop in problem.stops))
    lopsided = free.matrices[0].metres + np.triu(np.full_like(free.matrices[0].metres, 37), 1)
    there = replace(free, matrices=(TravelMatrix("foot", lopsided, lopsided),))
    back = replace(free, matrices=(TravelMatrix("foot", lopsided.T.copy(), lopsided.T.copy()),))
    costs = [solve(p, SearchBudget(iterations=3000), seed=1).cost.key for p in (there, back)]
    assert costs[0] == costs[1]
