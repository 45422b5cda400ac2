"""The command line of the package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from routing.check import check
from routing.formats.files import best_known, read_plan, read_problem, write_plan, write_problem
from routing.plan import RoutePlan, SearchBudget, SearchControl, SearchProgress
from routing.plot import plot_plan, plot_traces
from routing.solve import solve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (1 when a plan is not sound, 2 when a file cannot be read)."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (OSError, ValueError, KeyError) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m routing", description="Plan rounds and judge plans.")
    commands = parser.add_subparsers(required=True)
    solving = commands.add_parser("solve", help="plan a problem")
    solving.add_argument("file", type=Path)
    solving.add_argument("--out", type=Path, help="write the plan as .sol or .json")
    solving.add_argument("--progress", action="store_true")
    _search_options(solving)
    solving.set_defaults(run=_solve)
    checking = commands.add_parser("check", help="judge a plan")
    checking.add_argument("file", type=Path)
    checking.add_argument("plan", type=Path)
    checking.set_defaults(run=_check)
    plotting = commands.add_parser("plot", help="draw a plan")
    plotting.add_argument("file", type=Path)
    plotting.add_argument("plan", type=Path)
    plotting.add_argument("--out", type=Path, required=True)
    plotting.set_defaults(run=_plot)
    converting = commands.add_parser("convert", help="write a problem in another format")
    converting.add_argument("file", type=Path)
    converting.add_argument("out", type=Path)
    converting.set_defaults(run=_convert)
    bench = commands.add_parser("bench", help="plan several problems and compare with the best known")
    bench.add_argument("files", type=Path, nargs="+")
    bench.add_argument("--seeds", type=int, default=1)
    bench.add_argument("--plot", type=Path, help="write cost over time as .svg")
    _search_options(bench)
    bench.set_defaults(run=_bench)
    return parser


def _search_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--iterations", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=int, default=1)


def _budget(options: argparse.Namespace) -> SearchBudget:
    if options.seconds is None and options.iterations is None:
        return SearchBudget(seconds=10.0)
    return SearchBudget(options.seconds, options.iterations)


def _tell(progress: SearchProgress) -> None:
    bound = "" if progress.lower_bound is None else f"  bound {progress.lower_bound}"
    above = "" if progress.gap is None else f"  at most {progress.gap:.1%} above the best possible"
    what = f"cost {progress.best_cost}  left out {progress.missed}{bound}{above}"
    print(f"{progress.elapsed_s:7.1f} s  {what}", file=sys.stderr)


def _tell_of_compiling() -> None:
    """Say why nothing happens for a while, and that it does not count."""
    from routing.compilation import is_kept

    if not is_kept():
        print("Compiling the search, once for this installation; the budget counts from then on.", file=sys.stderr)


def _solve(options: argparse.Namespace) -> int:
    from routing.overfull import least_left_out

    problem = read_problem(options.file)
    _tell_of_compiling()
    control = SearchControl(on_progress=_tell if options.progress else None, cores=options.cores)
    plan = solve(problem, _budget(options), options.seed, control=control)
    print(_line(options.file, plan))
    for item in plan.unserved:
        print(f"  {item.reason}: {item.sentence} -> {item.remedy}")
    if plan.cost.missed:
        print(f"  left out {plan.cost.missed}, of which certainly {least_left_out(problem)} whoever plans")
    if options.out:
        write_plan(options.out, problem, plan)
    return 0 if check(problem, plan) else 1


def _line(file: Path, plan: RoutePlan) -> str:
    best = best_known(file)
    gap = f"  gap {100 * (plan.cost.total - best) / best:.2f} %" if best else ""
    bound = "" if plan.statistics.lower_bound is None else f"  bound {plan.statistics.lower_bound}"
    return (
        f"{file.stem}: cost {plan.cost.total}{gap}{bound}  rounds {len(plan.rounds)}  unserved {len(plan.unserved)}"
        f"  {plan.statistics.seconds:.1f} s  {plan.statistics.iterations} iterations  ({plan.statistics.method})"
    )


def _check(options: argparse.Namespace) -> int:
    problem = read_problem(options.file)
    plan = read_plan(options.plan, problem)
    verdict = check(problem, plan)
    for violation in verdict.violations:
        print(f"{violation.rule}: {violation.sentence}")
    print(f"cost {plan.cost.total}  rounds {len(plan.rounds)}  {'sound' if verdict else 'not sound'}")
    return 0 if verdict else 1


def _plot(options: argparse.Namespace) -> int:
    problem = read_problem(options.file)
    options.out.write_text(plot_plan(problem, read_plan(options.plan, problem)), encoding="utf-8")
    return 0


def _convert(options: argparse.Namespace) -> int:
    write_problem(options.out, read_problem(options.file))
    return 0


def _bench(options: argparse.Namespace) -> int:
    traces: dict[str, tuple[tuple[float, int], ...]] = {}
    is_sound = True
    _tell_of_compiling()
    for file in options.files:
        problem = read_problem(file)
        for seed in range(options.seed, options.seed + options.seeds):
            plan = solve(problem, _budget(options), seed, control=SearchControl(cores=options.cores))
            is_sound = bool(check(problem, plan)) and is_sound
            traces[f"{file.stem} {seed}"] = plan.statistics.trace
            print(_line(file, plan), flush=True)
    if options.plot:
        options.plot.write_text(plot_traces(traces), encoding="utf-8")
    return 0 if is_sound else 1
