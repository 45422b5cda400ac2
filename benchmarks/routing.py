"""Side by side with PyVRP and VROOM: same instances, same seconds, same cores, several seeds.

    pip install .[bench]
    python benchmarks/routing.py ../shared/data/routing --group cvrp-small --seeds 5 --out table.md --plot cost.svg

Every solver runs in a process of its own, one after the other. Costs are recomputed from the rounds by `routing.check`,
whoever found them; a plan that does not pass counts as no plan. PyVRP and VROOM are benchmark-only dependencies.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from routing import check, solve  # noqa: E402
from routing.evaluate import InfeasibleRounds, build_plan  # noqa: E402
from routing.formats.files import best_known, read_problem  # noqa: E402
from routing.model import HORIZON_S, Problem  # noqa: E402
from routing.plan import Budget, Control, Plan, Reason, Remedy, Statistics, Unserved  # noqa: E402
from routing.plot import plot_traces  # noqa: E402


@dataclass(frozen=True)
class Group:
    """Instances that are compared with the same budget."""

    pattern: str
    seconds: float
    cores: int
    smallest: int
    largest: int


GROUPS = {
    "cvrp-small": Group("cvrplib/*.vrp", 10, 1, 0, 205),
    "cvrp-medium": Group("cvrplib/*.vrp", 30, 1, 206, 550),
    "cvrp-large": Group("cvrplib/*.vrp", 60, 2, 551, 20_000),
    "vrptw": Group("vrptw/*.txt", 20, 1, 0, 1000),
    "mtvrptwr": Group("rich/*R0*.vrp", 20, 1, 0, 1000),
}
SOLVERS = ("routing", "pyvrp", "vroom")
Routes = dict[str, list[list[str]]]


def main() -> int:
    """Run one solver once (in a child process), or the whole comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--group", choices=[*GROUPS, "all"], default="all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, help="instead of the seconds of the group")
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    parser.add_argument("--only", nargs="+", help="names of instances")
    parser.add_argument("--out", type=Path, help="write the table as Markdown")
    parser.add_argument("--plot", type=Path, help="write cost over time as SVG")
    parser.add_argument("--child", nargs=4, metavar=("SOLVER", "SEED", "SECONDS", "CORES"))
    options = parser.parse_args()
    if options.child:
        solver, seed, seconds, cores = options.child
        print(json.dumps(run_once(options.data, solver, int(seed), float(seconds), int(cores))))
        return 0
    return compare(options)


def run_once(file: Path, solver: str, seed: int, seconds: float, cores: int) -> dict[str, Any]:
    """One run: recomputed cost (None if not sound), seconds, peak memory in MB, trace."""
    problem = read_problem(file)
    began = time.perf_counter()
    trace: list[tuple[float, int]] = []
    if solver == "routing":
        warm = solve(problem, Budget(iterations=1))  # compiled before the clock starts, like the others
        began = time.perf_counter()
        plan: Plan | None = solve(problem, Budget(seconds=seconds), seed, control=Control(cores=cores))
        assert warm is not None
        assert plan is not None
        trace = list(plan.statistics.trace)
    elif solver == "pyvrp":
        routes, trace = by_pyvrp(problem, seed, seconds)
        plan = as_plan(problem, routes)
    else:
        plan = as_plan(problem, by_vroom(problem, cores))
    elapsed = time.perf_counter() - began
    is_sound = plan is not None and plan.is_complete and bool(check(problem, plan))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = plan.cost.total if plan is not None and is_sound else None
    return {"cost": cost, "seconds": elapsed, "memory_mb": memory, "trace": trace}


def as_plan(problem: Problem, routes: Routes | None) -> Plan | None:
    """Rounds of another solver as a plan of ours, or None if they have no timetable."""
    if routes is None:
        return None
    served = {name for chain in routes.values() for stops in chain for name in stops}
    left = [
        Unserved(stop.name, Reason.NOT_FOUND, "Left out.", Remedy.MORE_TIME)
        for stop in problem.stops
        if stop.name not in served
    ]
    try:
        return build_plan(problem, routes, left, Statistics())
    except InfeasibleRounds:
        return None


def by_pyvrp(problem: Problem, seed: int, seconds: float) -> tuple[Routes | None, list[tuple[float, int]]]:
    """PyVRP on the same integers: depots, clients with windows and releases, reloads at the depot."""
    import pyvrp
    from pyvrp.stop import MaxRuntime

    depot = problem.depots[0]
    matrix = problem.matrices[0]
    first = problem.vehicles[0]
    clients = [
        pyvrp.Client(
            location=stop.location,
            delivery=[stop.load.g],
            service_duration=stop.service_s,
            tw_early=stop.windows[0].opens_s,
            tw_late=stop.windows[0].closes_s,
            release_time=stop.release_s,
        )
        for stop in problem.stops
    ]
    kind = pyvrp.VehicleType(
        num_available=len(problem.vehicles),
        capacity=[first.capacity.g],
        start_depot=0,
        end_depot=0,
        fixed_cost=first.fixed_cost,
        tw_early=max(depot.opens_s, first.shift_start_s),
        tw_late=min(depot.closes_s, first.shift_end_s),
        unit_distance_cost=first.cost_per_m,
        reload_depots=[0] if first.max_rounds > 1 else [],
        max_reloads=max(0, first.max_rounds - 1),
    )
    locations = [pyvrp.Location(x, y) for x, y in problem.points]
    data = pyvrp.ProblemData(
        locations, clients, [pyvrp.Depot(location=depot.location)], [kind], [matrix.metres], [matrix.seconds]
    )
    result = pyvrp.solve(data, stop=MaxRuntime(seconds), seed=seed, display=False)
    if not result.is_feasible():
        return None, []
    routes: Routes = {}
    for vehicle, route in zip(problem.vehicles, result.best.routes(), strict=False):
        chains: list[list[str]] = [[]]
        for activity in route:
            if activity.is_client():
                chains[-1].append(problem.stops[activity.idx].name)
            else:
                chains.append([])
        routes[vehicle.name] = [chain for chain in chains if chain]
    clock = 0.0
    trace: list[tuple[float, int]] = []
    for datum, runtime in zip(result.stats, result.stats.runtimes, strict=False):
        clock += runtime
        if datum.best_feas:
            trace.append((clock, int(datum.best_cost)))
    return routes, trace


def by_vroom(problem: Problem, cores: int) -> Routes | None:
    """VROOM at its most thorough; it has neither releases nor reloads, so problems with those give None."""
    import numpy as np
    import vroom

    if any(stop.release_s for stop in problem.stops) or problem.vehicles[0].max_rounds > 1:
        return None
    depot = problem.depots[0]
    model = vroom.Input()
    model.set_durations_matrix(profile="car", matrix_input=problem.matrices[0].seconds.astype(np.uint32))
    latest = min(depot.closes_s, HORIZON_S)
    for number, vehicle in enumerate(problem.vehicles):
        window = vroom.TimeWindow(depot.opens_s, latest)
        model.add_vehicle(
            vroom.Vehicle(number, start=0, end=0, capacity=[min(vehicle.capacity.g, 2**31)], time_window=window)
        )
    for number, stop in enumerate(problem.stops):
        window = vroom.TimeWindow(stop.windows[0].opens_s, min(stop.windows[0].closes_s, latest))
        model.add_job(
            vroom.Job(
                number,
                location=stop.location,
                delivery=[stop.load.g],
                default_service=stop.service_s,
                time_windows=[window],
            )
        )
    solution = model.solve(exploration_level=5, nb_threads=cores).to_dict()
    if solution["unassigned"]:
        return None
    return {
        problem.vehicles[route["vehicle"]].name: [
            [problem.stops[step["id"]].name for step in route["steps"] if step["type"] == "job"]
        ]
        for route in solution["routes"]
    }


def compare(options: argparse.Namespace) -> int:
    """All instances of the chosen groups; prints one line per run and the table at the end."""
    rows: list[dict[str, Any]] = []
    traces: dict[str, list[tuple[float, float]]] = {}
    for name, group in GROUPS.items():
        if options.group not in (name, "all"):
            continue
        for file in sorted(options.data.glob(group.pattern)):
            size = len(read_problem(file).stops)
            if not group.smallest <= size <= group.largest or (options.only and file.stem not in options.only):
                continue
            for solver in options.solvers:
                for seed in range(1, options.seeds + 1):
                    row = run_in_child(file, solver, seed, options.seconds or group.seconds, group.cores)
                    row |= {"group": name, "instance": file.stem, "solver": solver, "seed": seed, "best": known(file)}
                    rows.append(row)
                    if row["best"]:
                        gaps = [(s, 100 * (c - row["best"]) / row["best"]) for s, c in row["trace"]]
                        traces[f"{solver} {file.stem} {seed}"] = gaps
                    print(told(row), flush=True)
    text = table(rows)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if options.plot:
        options.plot.write_text(plot_traces(traces), encoding="utf-8")
    return 0


def run_in_child(file: Path, solver: str, seed: int, seconds: float, cores: int) -> dict[str, Any]:
    """A process of its own, so that memory is counted for one run."""
    command = [sys.executable, __file__, str(file), "--child", solver, str(seed), str(seconds), str(cores)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return {"cost": None, "seconds": 0.0, "memory_mb": 0.0, "trace": []}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def known(file: Path) -> float | None:
    """Best known cost: a `.sol` beside the instance, or the table of the VRPTW instances."""
    listed = file.parent / "bks.csv"
    if file.suffix == ".txt" and listed.exists():
        with listed.open(encoding="utf-8") as lines:
            return {row["instance"]: float(row["bks_cost_x10"]) for row in csv.DictReader(lines)}.get(file.stem)
    return best_known(file)


def gap(row: dict[str, Any]) -> float | None:
    """Percent above the best known."""
    return 100 * (row["cost"] - row["best"]) / row["best"] if row["cost"] is not None and row["best"] else None


def told(row: dict[str, Any]) -> str:
    """One run in a line."""
    above = gap(row)
    shown = "no plan" if row["cost"] is None else f"{row['cost']}" + ("" if above is None else f" ({above:.2f} %)")
    where = f"{row['group']:12s} {row['instance']:14s} {row['solver']:8s} seed {row['seed']}"
    return f"{where}  {shown}  {row['seconds']:.1f} s  {row['memory_mb']:.0f} MB"


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: for each group and solver the mean gap, the worst, the ratio to PyVRP, runs without a plan, memory."""
    lines = [
        "| group | solver | mean gap % | worst % | cost / PyVRP | no plan | seconds | MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for group in dict.fromkeys(row["group"] for row in rows):
        for solver in dict.fromkeys(row["solver"] for row in rows):
            own = [row for row in rows if row["group"] == group and row["solver"] == solver]
            gaps = [value for row in own if (value := gap(row)) is not None]
            ratios = [value for row in own if (value := ratio_to_pyvrp(row, rows)) is not None]
            if not own:
                continue
            cells = [
                group,
                solver,
                f"{statistics.mean(gaps):.2f}" if gaps else "-",
                f"{max(gaps):.2f}" if gaps else "-",
                f"{statistics.mean(ratios):.4f}" if ratios else "-",
                str(sum(1 for row in own if row["cost"] is None)),
                f"{statistics.mean(row['seconds'] for row in own):.0f}",
                f"{max(row['memory_mb'] for row in own):.0f}",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def ratio_to_pyvrp(row: dict[str, Any], rows: list[dict[str, Any]]) -> float | None:
    """Cost divided by PyVRP's mean cost on the same instance."""
    theirs = [r["cost"] for r in rows if r["solver"] == "pyvrp" and r["instance"] == row["instance"] and r["cost"]]
    return row["cost"] / statistics.mean(theirs) if theirs and row["cost"] is not None else None


if __name__ == "__main__":
    sys.exit(main())
