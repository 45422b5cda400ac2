"""Days of the kind the planner is for: 300 stops × 12 teams, a whole subdistrict, and one stop moved by hand.

    python benchmarks/routing_day.py                       # four levels of tightness, OR-Tools alone beside it
    python benchmarks/routing_day.py --subdistrict FOLDER  # of gen_subdistrict.py --seed 1 --rate 0.3

Every solver runs in a process of its own, one after the other, on one core (the subdistrict on two). Times are by the
clock; the processor time is printed too, for machines that are shared. Plans are judged by `routing.check`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.days import LEVELS, rich_day, subdistrict_day  # noqa: E402
from routing import RoutePlan, RoutingProblem, check, solve  # noqa: E402
from routing.adjust import StopTarget, move_stop  # noqa: E402
from routing.compilation import ensure_compiled  # noqa: E402
from routing.construct import construct  # noqa: E402
from routing.draft import Draft  # noqa: E402
from routing.evaluate import build_plan  # noqa: E402
from routing.model import MISSED_COST  # noqa: E402
from routing.overfull import least_left_out  # noqa: E402
from routing.plan import SearchBudget, SearchControl, SearchProgress, Statistics  # noqa: E402

MARKS = (5, 10, 20)
"""Seconds at which costs are read."""


def main() -> int:
    """Run one solver once (in a child process), or the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seconds", type=int, default=MARKS[-1])
    parser.add_argument("--subdistrict", type=Path, help="a folder that gen_subdistrict.py wrote")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(_run(json.loads(options.run))))
        return 0
    if options.subdistrict:
        return _tell_subdistrict(options.subdistrict, options.seconds)
    return _compare(options.levels, options.seeds, options.seconds)


def _compare(levels: list[str], seeds: list[int], seconds: int) -> int:
    marks = "".join(f" | {mark} s" for mark in MARKS)
    print(f"| day | solver | first feasible (CPU){marks} | left out | of these proved | bound | CPU s | violations |")
    print("|---|---|---|" + "---|" * (len(MARKS) + 5))
    is_sound = True
    for level in levels:
        for seed in seeds:
            for solver in ("routing", "or-tools"):
                one = _in_child({"level": level, "seed": seed, "solver": solver, "seconds": seconds})
                is_sound = is_sound and not one["violations"]
                print(_line(f"{level} {seed}", solver, one), flush=True)
    return 0 if is_sound else 1


def _line(day: str, solver: str, one: dict[str, Any]) -> str:
    costs = " | ".join(_shown(one["at"].get(str(mark))) for mark in MARKS)
    last = f"{one['left_out']} | {one['proved']} | {one['bound'] or '–'} | {one['cpu_s']:.1f} | {one['violations']}"
    return f"| {day} | {solver} | {one['first_s']:.2f} s ({one['first_cpu_s']:.2f}) | {costs} | {last} |"


def _shown(key: list[int] | None) -> str:
    if key is None:
        return "–"
    return f"{key[1]:,}" + (f" (−{key[0]})" if key[0] else "")


def _in_child(what: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--run", json.dumps(what)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _run(what: dict[str, Any]) -> dict[str, Any]:
    if what["solver"] == "subdistrict":
        return _run_subdistrict(Path(what["folder"]), what["seconds"])
    day = rich_day(what["seed"], what["level"])
    trace = _Trace()
    if what["solver"] == "routing":
        ensure_compiled()
    began_cpu = time.process_time()
    plan = _by_routing(day, what["seconds"], trace) if what["solver"] == "routing" else _by_or_tools(day, what, trace)
    return {
        "first_s": trace.told[0][0],
        "first_cpu_s": trace.first_cpu_s - began_cpu,
        "at": {mark: trace.at(mark) for mark in MARKS},
        "left_out": plan.cost.missed,
        "proved": least_left_out(day),
        "bound": plan.statistics.lower_bound,
        "cpu_s": time.process_time() - began_cpu,
        "violations": len(check(day, plan).violations) if what["solver"] == "routing" else 0,
    }


class _Trace:
    """(missed, cost) of the best plan over time, and the processor time until the first one."""

    def __init__(self) -> None:
        self.told: list[tuple[float, int, int]] = []
        self.first_cpu_s = 0.0

    def note(self, elapsed_s: float, missed: int, cost: int) -> None:
        """A plan that exists now."""
        if not self.told:
            self.first_cpu_s = time.process_time()
        self.told.append((elapsed_s, missed, cost))

    def at(self, mark: int) -> list[int] | None:
        """The best key until `mark` seconds."""
        keys = [[missed, cost] for elapsed_s, missed, cost in self.told if elapsed_s <= mark + 0.5]
        return min(keys) if keys else None


def _by_routing(day: RoutingProblem, seconds: int, trace: _Trace) -> RoutePlan:
    def tell(progress: SearchProgress) -> None:
        trace.note(progress.elapsed_s, progress.missed, progress.best_cost)

    return solve(day, SearchBudget(seconds=seconds), seed=1, control=SearchControl(on_progress=tell))


def _by_or_tools(day: RoutingProblem, what: dict[str, Any], trace: _Trace) -> RoutePlan:
    """The OR-Tools model with the parameters that measured best, from its own first solution."""
    from routing.solver import RoutingModel, SolverLimits

    began = time.perf_counter()

    def on_solution(cost: int) -> None:
        trace.note(time.perf_counter() - began, *divmod(cost, MISSED_COST))

    model = RoutingModel(day)
    found = model.search(Draft({}), SolverLimits(what["seconds"], None), on_solution, lambda: False)
    if found is None:
        found = Draft(construct(day))
    plan = build_plan(day, found.rounds, (), Statistics())
    trace.note(time.perf_counter() - began, *plan.cost.key)
    return plan


def _tell_subdistrict(folder: Path, seconds: int) -> int:
    one = _in_child({"solver": "subdistrict", "folder": str(folder), "seconds": seconds})
    for word, value in one.items():
        print(f"{word:>22}: {value}")
    return 1 if one["violations"] or one["bags answered"] != one["bags"] else 0


def _run_subdistrict(folder: Path, seconds: int) -> dict[str, Any]:
    began, began_cpu = time.perf_counter(), time.process_time()
    day = subdistrict_day(folder)
    ensure_compiled()
    told: list[SearchProgress] = []
    plan = solve(day, SearchBudget(seconds=seconds), seed=1, control=SearchControl(on_progress=told.append, cores=2))
    load = {stop.name: stop.load.bags for stop in day.stops}
    answered = [name for one in plan.rounds for name in one.stops] + [item.stop for item in plan.unserved]
    return {
        "buildings": len({stop.location for stop in day.stops}),
        "stops": len(day.stops),
        "bags": sum(load.values()),
        "bags answered": sum(load[name] for name in answered),
        "left out": plan.cost.missed,
        "rounds": len(plan.rounds),
        "first cost": told[0].best_cost,
        "cost": plan.cost.total,
        "bound": plan.statistics.lower_bound,
        "violations": len(check(day, plan).violations),
        "seconds": round(time.perf_counter() - began, 1),
        "CPU seconds": round(time.process_time() - began_cpu, 1),
        "memory MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "one stop moved ms": round(_moved_ms(day, plan), 1),
    }


def _moved_ms(day: RoutingProblem, plan: RoutePlan) -> float:
    """Milliseconds (processor) of moving one stop to another round by hand, the check included."""
    first, second = sorted(plan.rounds, key=lambda one: -len(one.visits))[:2]
    began = time.process_time()
    move_stop(day, plan, first.stops[1], StopTarget(second.vehicle, second.number, 1))
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    raise SystemExit(main())
