"""The OR-Tools routing model with every constraint of the problem, pickups and pairs among them.

Each possible round of a vehicle is a vehicle of the model; rounds of one team follow each other in time. Distances
and times go in as matrices, not as Python callbacks: ten times faster at 2,000 stops. The solve holds the
interpreter lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ortools.constraint_solver import pywrapcp

from routing.draft import Draft
from routing.eligibility import may_serve
from routing.evaluate import departure_load
from routing.model import HORIZON_S, MISSED_COST, RoutingProblem, Stop, Vehicle
from routing.search_parameters import search_parameters
from routing.travel_times import UNREACHABLE

MEASURES = ("g", "ml", "bags")


@dataclass(frozen=True, slots=True)
class RoundSlot:
    """One possible round: vehicle of the problem, number of the round from 0."""

    vehicle: Vehicle
    number: int


@dataclass(frozen=True, slots=True)
class SolverLimits:
    """Limits of one OR-Tools search: seconds, or improved solutions for a result that is the same every time."""

    seconds: float | None
    solutions: int | None


class RoutingModel:
    """The model of one problem without locks; build once, search once."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.slots = [RoundSlot(vehicle, k) for vehicle in problem.vehicles for k in range(vehicle.max_rounds)]
        count = len(problem.stops)
        self._depots = {depot.name: count + k for k, depot in enumerate(problem.depots)}
        starts = [self._depots[slot.vehicle.depot] for slot in self.slots]
        ends = [self._depots[slot.vehicle.end_depot or slot.vehicle.depot] for slot in self.slots]
        self._manager = pywrapcp.RoutingIndexManager(count + len(problem.depots), len(self.slots), starts, ends)
        self._model = pywrapcp.RoutingModel(self._manager)
        self._row = {stop.name: row for row, stop in enumerate(problem.stops)}
        self._add_costs()
        self._add_time()
        self._add_loads()
        self._add_permissions()
        self._add_pairs()
        self._add_optional()

    def search(
        self, draft: Draft, effort: SolverLimits, on_solution: Callable[[int], None], is_cancelled: Callable[[], bool]
    ) -> Draft | None:
        """Improve the draft (or start from nothing if it is empty or does not fit); None if no solution was found.

        `on_solution` is told the cost of every solution; `is_cancelled` is asked between solutions too.
        """
        self._model.AddAtSolutionCallback(lambda: on_solution(int(self._model.CostVar().Max())))
        self._model.AddSearchMonitor(self._model.solver().CustomLimit(is_cancelled))
        parameters = search_parameters(effort.seconds, effort.solutions)
        self._model.CloseModelWithParameters(parameters)
        routes = self._routes(draft) if any(draft.rounds.values()) else None
        initial = self._model.ReadAssignmentFromRoutes(routes, True) if routes is not None else None
        if initial is not None:
            found = self._model.SolveFromAssignmentWithParameters(initial, parameters)
        else:
            found = self._model.SolveWithParameters(parameters)
        return None if found is None else self._draft(found)

    def _places(self) -> list[int]:
        return [stop.location for stop in self.problem.stops] + [depot.location for depot in self.problem.depots]

    def _add_costs(self) -> None:
        places = self._places()
        evaluators: dict[tuple[str, int], int] = {}
        for index, slot in enumerate(self.slots):
            key = (slot.vehicle.mode, slot.vehicle.cost_per_m)
            if key not in evaluators:
                metres = self.problem.matrix_by_mode[key[0]].metres[places][:, places].astype("int64") * key[1]
                evaluators[key] = self._model.RegisterTransitMatrix(metres.tolist())
            self._model.SetArcCostEvaluatorOfVehicle(evaluators[key], index)
            fixed = slot.vehicle.round_cost + (slot.vehicle.fixed_cost if slot.number == 0 else 0)
            self._model.SetFixedCostOfVehicle(fixed, index)

    def _add_time(self) -> None:
        """Clock, windows, shifts, order of rounds; a second dimension carries the start of the round to each of its
        stops.
        """
        model = self._model
        evaluators = [self._seconds(slot.vehicle) for slot in self.slots]
        model.AddDimensionWithVehicleTransits(evaluators, HORIZON_S, HORIZON_S, False, "time")
        zero = model.RegisterUnaryTransitVector([0] * self._manager.GetNumberOfNodes())
        model.AddDimension(zero, 0, HORIZON_S, False, "start")
        self._time = model.GetDimensionOrDie("time")
        start = model.GetDimensionOrDie("start")
        for row, stop in enumerate(self.problem.stops):
            index = self._manager.NodeToIndex(row)
            self._time.CumulVar(index).SetRange(stop.windows[0].opens_s, stop.windows[-1].closes_s)
            for before, after in zip(stop.windows, stop.windows[1:], strict=False):
                self._time.CumulVar(index).RemoveInterval(before.closes_s + 1, after.opens_s - 1)
            start.CumulVar(index).SetMin(stop.release_s)
        for index, slot in enumerate(self.slots):
            self._bound_slot(index, slot, start)

    def _bound_slot(self, index: int, slot: RoundSlot, start: Any) -> None:
        model, solver = self._model, self._model.solver()
        vehicle = slot.vehicle
        depot = self.problem.depot_by_name[vehicle.depot]
        end = self.problem.depot_by_name[vehicle.end_depot or vehicle.depot]
        begin_var, end_var = self._time.CumulVar(model.Start(index)), self._time.CumulVar(model.End(index))
        begin_var.SetMin(max(vehicle.shift_start_s, depot.opens_s))
        begin_var.SetMax(max(begin_var.Min(), min(vehicle.shift_end_s, depot.closes_s)))
        end_var.SetMin(max(vehicle.shift_start_s, end.opens_s))
        end_var.SetMax(max(end_var.Min(), min(vehicle.shift_end_s, end.closes_s)))
        solver.Add(start.CumulVar(model.Start(index)) == begin_var)
        if vehicle.max_round_s < HORIZON_S:
            self._time.SetSpanUpperBoundForVehicle(vehicle.max_round_s, index)
        if vehicle.cost_per_s:
            self._time.SetSpanCostCoefficientForVehicle(vehicle.cost_per_s, index)
        for var in (begin_var, end_var):
            model.AddVariableMinimizedByFinalizer(var)
        active = model.ActiveVehicleVar(index)
        if slot.number > 0:
            before = self._time.CumulVar(model.End(index - 1))
            solver.Add(begin_var >= before)
            solver.Add(active <= model.ActiveVehicleVar(index - 1))
        if vehicle.max_shift_s < HORIZON_S:
            first = self._time.CumulVar(model.Start(index - slot.number))
            solver.Add(end_var - first <= vehicle.max_shift_s + HORIZON_S * (1 - active))

    def _seconds(self, vehicle: Vehicle) -> int:
        places = self._places()
        seconds = self.problem.matrix_by_mode[vehicle.mode].seconds[places][:, places].astype("int64")
        seconds[seconds >= UNREACHABLE] = HORIZON_S + 1
        seconds[: len(self.problem.stops)] += [[stop.service_s] for stop in self.problem.stops]
        seconds[len(self.problem.stops) :] += vehicle.reload_s
        return int(self._model.RegisterTransitMatrix(seconds.tolist()))

    def _add_loads(self) -> None:
        """What is on board along the way; what leaves the depot equals what is delivered from there."""
        model = self._model
        for measure in MEASURES:
            amounts = [getattr(stop.load, measure) for stop in self.problem.stops]
            holds = [getattr(slot.vehicle.capacity, measure) for slot in self.slots]
            if not any(amounts) or sum(amounts) <= min(holds, default=0):
                continue
            depots = [0] * len(self.problem.depots)
            change = [self._change(stop, measure) for stop in self.problem.stops] + depots
            carried = [getattr(departure_load([stop]), measure) for stop in self.problem.stops] + depots
            on_board = f"on board {measure}"
            model.AddDimensionWithVehicleCapacity(model.RegisterUnaryTransitVector(change), 0, holds, False, on_board)
            model.AddDimensionWithVehicleCapacity(model.RegisterUnaryTransitVector(carried), 0, holds, True, measure)
            first, second = model.GetDimensionOrDie(on_board), model.GetDimensionOrDie(measure)
            for index in range(len(self.slots)):
                leaving = second.CumulVar(model.End(index))
                model.solver().Add(first.CumulVar(model.Start(index)) == leaving)

    @staticmethod
    def _change(stop: Stop, measure: str) -> int:
        amount = int(getattr(stop.load, measure))
        return amount if stop.is_pickup else -amount

    def _add_permissions(self) -> None:
        """Who may go where, zones in order, number of stops."""
        model, limits = self._model, self.problem.limits
        for row, stop in enumerate(self.problem.stops):
            may = [k for k, slot in enumerate(self.slots) if may_serve(self.problem, slot.vehicle, stop)]
            index = self._manager.NodeToIndex(row)
            if may:
                model.VehicleVar(index).SetValues([-1, *may])
            else:
                model.ActiveVar(index).SetMax(0)
        zero = model.RegisterUnaryTransitVector([0] * self._manager.GetNumberOfNodes())
        if limits.zones_in_order and any(stop.zone for stop in self.problem.stops):
            model.AddDimension(zero, 2, 2, False, "zone")
            zone = model.GetDimensionOrDie("zone")
            for row, stop in enumerate(self.problem.stops):
                zone.CumulVar(self._manager.NodeToIndex(row)).SetValue(stop.zone)
        if limits.max_stops < len(self.problem.stops):
            one = model.RegisterUnaryTransitVector([1] * len(self.problem.stops) + [0] * len(self.problem.depots))
            model.AddDimension(one, 0, limits.max_stops, True, "stops")

    def _add_pairs(self) -> None:
        model = self._model
        pairs: dict[str, dict[bool, int]] = {}
        for row, stop in enumerate(self.problem.stops):
            if stop.pair is not None:
                pairs.setdefault(stop.pair, {})[stop.is_pickup] = self._manager.NodeToIndex(row)
        for both in pairs.values():
            pickup, delivery = both[True], both[False]
            model.AddPickupAndDelivery(pickup, delivery)
            model.solver().Add(model.VehicleVar(pickup) == model.VehicleVar(delivery))
            model.solver().Add(model.ActiveVar(pickup) == model.ActiveVar(delivery))
            model.solver().Add(self._time.CumulVar(pickup) <= self._time.CumulVar(delivery))

    def _add_optional(self) -> None:
        for row, stop in enumerate(self.problem.stops):
            index = self._manager.NodeToIndex(row)
            self._model.AddDisjunction([index], MISSED_COST if stop.prize is None else stop.prize)

    def _routes(self, draft: Draft) -> list[list[int]] | None:
        """The draft as indices of the model, or None if a vehicle has more rounds than it may make."""
        routes: list[list[int]] = []
        for slot in self.slots:
            rounds = draft.rounds.get(slot.vehicle.name, ())
            if len(rounds) > slot.vehicle.max_rounds:
                return None
            stops = rounds[slot.number] if slot.number < len(rounds) else ()
            routes.append([self._manager.NodeToIndex(self._row[name]) for name in stops])
        return routes

    def _draft(self, found: Any) -> Draft:
        rounds: dict[str, list[list[str]]] = {vehicle.name: [] for vehicle in self.problem.vehicles}
        for k, slot in enumerate(self.slots):
            names: list[str] = []
            index = found.Value(self._model.NextVar(self._model.Start(k)))
            while not self._model.IsEnd(index):
                names.append(self.problem.stops[self._manager.IndexToNode(index)].name)
                index = found.Value(self._model.NextVar(index))
            if names:
                rounds[slot.vehicle.name].append(names)
        return Draft(rounds)
