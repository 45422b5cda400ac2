"""Side by side with PyVRP and VROOM: same instances, same seconds, same cores, several seeds.

    pip install --require-hashes -r requirements-bench.lock
    python benchmarks/routing.py ../shared/data/routing --group cvrp-small --seeds 5 --out table.md --plot cost.svg

Every solver runs in a process of its own, one after the other. Costs are recomputed from the rounds by `routing.check`,
whoever found them; a plan that does not pass counts as no plan. On a machine with other work, `--clock cpu` gives every
solver the processor's seconds instead of those of the wall. With `--runs FILE` finished runs are kept in a file of JSON
lines and not repeated, so a long comparison may be done in pieces. `benchmarks/generated.py` writes instances of any
size, such as one of 10,000 stops for the group cvrp-huge.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.chart import chart  # noqa: E402
from benchmarks.rivals import Clock, Deadline, Trace, as_plan, by_pyvrp, by_vroom, clock_named  # noqa: E402
from routing.check import check  # noqa: E402
from routing.formats.files import best_known, read_problem  # noqa: E402
from routing.plan import RoutePlan, SearchBudget, SearchControl  # noqa: E402
from routing.solve import solve  # noqa: E402

Row = dict[str, Any]
RunName = tuple[str, str, str, int]


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
    "cvrp-large": Group("cvrplib/*.vrp", 60, 2, 551, 5_000),
    "cvrp-huge": Group("cvrplib/*.vrp", 300, 2, 5_001, 20_000),
    "vrptw": Group("vrptw/*.txt", 20, 1, 0, 1000),
    "mtvrptwr": Group("rich/*R0*.vrp", 20, 1, 0, 1000),
}
SOLVERS = ("routing", "pyvrp", "vroom")


def main() -> int:
    """Run one solver once (in a child process), or the whole comparison."""
    options = parser().parse_args()
    if options.child:
        solver, seed, seconds, cores = options.child
        clock = clock_named(options.clock, int(cores) if solver == "routing" else 1)
        print(json.dumps(run_once(options.data, solver, int(seed), float(seconds), int(cores), clock)))
        return 0
    return compare(options)


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("data", type=Path)
    words.add_argument("--group", choices=[*GROUPS, "all"], default="all")
    words.add_argument("--seeds", type=int, default=5)
    words.add_argument("--seconds", type=float, help="instead of the seconds of the group")
    words.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="what seconds are counted by")
    words.add_argument("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    words.add_argument("--only", nargs="+", help="names of instances")
    words.add_argument("--runs", type=Path, help="keep finished runs here, and do not repeat those that are there")
    words.add_argument("--kept", action="store_true", help="run nothing: table and plot of the runs that are kept")
    words.add_argument("--out", type=Path, help="write the table as Markdown")
    words.add_argument("--plot", type=Path, help="write the mean gap over time as SVG")
    words.add_argument("--child", nargs=4, metavar=("SOLVER", "SEED", "SECONDS", "CORES"))
    return words


def run_once(file: Path, solver: str, seed: int, seconds: float, cores: int, clock: Clock) -> Row:
    """One run: recomputed cost (None if not sound), seconds, peak memory in MB, trace."""
    problem = read_problem(file)
    trace: Trace = []
    if solver == "routing":
        solve(problem, SearchBudget(iterations=1))  # compiled before the clock starts, like the others
    began = clock()
    if solver == "routing":
        plan: RoutePlan | None = solve(
            problem, SearchBudget(seconds=seconds), seed, control=SearchControl(cores=cores, clock=clock)
        )
        assert plan is not None
        trace = list(plan.statistics.trace)
    elif solver == "pyvrp":
        routes, trace = by_pyvrp(problem, seed, Deadline(seconds, clock))
        plan = as_plan(problem, routes)
    else:
        plan = as_plan(problem, by_vroom(problem, cores))
    elapsed = clock() - began
    is_sound = plan is not None and plan.is_complete and bool(check(problem, plan))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = plan.cost.total if plan is not None and is_sound else None
    return {"cost": cost, "seconds": elapsed, "memory_mb": memory, "trace": trace}


def compare(options: argparse.Namespace) -> int:
    """The table, and the plot if wanted, of all runs or of those that are kept."""
    done = {run_name(row): row for row in kept(options.runs)}
    rows = list(done.values()) if options.kept else list(runs(options, done))
    text = table(rows)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if options.plot:
        options.plot.write_text(chart(rows), encoding="utf-8")
    return 0


def runs(options: argparse.Namespace, done: dict[RunName, Row]) -> Iterator[Row]:
    """All instances of the chosen groups, seed by seed, except what is `done`; prints one line per run."""
    for seed in range(1, options.seeds + 1):
        for name, file in chosen(options):
            for solver in options.solvers:
                row: Row = {"group": name, "instance": file.stem, "solver": solver, "seed": seed, "best": known(file)}
                if run_name(row) not in done:
                    row |= run_in_child(file, row, GROUPS[name], options)
                    keep(options.runs, row)
                    print(told(row), flush=True)
                yield done.get(run_name(row), row)


def chosen(options: argparse.Namespace) -> list[tuple[str, Path]]:
    """Group and file of each instance to be run."""
    found = []
    for name, group in GROUPS.items():
        for file in sorted(options.data.glob(group.pattern)) if options.group in (name, "all") else ():
            size = len(read_problem(file).stops)
            if group.smallest <= size <= group.largest and (not options.only or file.stem in options.only):
                found.append((name, file))
    return found


def run_name(row: Row) -> RunName:
    """What a run is known by."""
    return row["group"], row["instance"], row["solver"], row["seed"]


def kept(file: Path | None) -> list[Row]:
    """Runs of earlier calls."""
    if file is None or not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def keep(file: Path | None, row: Row) -> None:
    """Add a run to the file."""
    if file is not None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")


def run_in_child(file: Path, row: Row, group: Group, options: argparse.Namespace) -> Row:
    """A process of its own, so that memory is counted for one run."""
    what = [row["solver"], str(row["seed"]), str(options.seconds or group.seconds), str(group.cores)]
    command = [sys.executable, __file__, str(file), "--clock", options.clock, "--child", *what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return {"cost": None, "seconds": 0.0, "memory_mb": 0.0, "trace": []}
    answer: Row = json.loads(done.stdout.splitlines()[-1])
    return answer


def known(file: Path) -> float | None:
    """Best known cost: a `.sol` beside the instance, or the table of the VRPTW instances."""
    listed = file.parent / "bks.csv"
    if file.suffix == ".txt" and listed.exists():
        with listed.open(encoding="utf-8") as lines:
            return {row["instance"]: float(row["bks_cost_x10"]) for row in csv.DictReader(lines)}.get(file.stem)
    return best_known(file)


def gap(row: Row) -> float | None:
    """Percent above the best known."""
    return 100 * (row["cost"] - row["best"]) / row["best"] if row["cost"] is not None and row["best"] else None


def told(row: Row) -> str:
    """One run in a line."""
    above = gap(row)
    shown = "no plan" if row["cost"] is None else f"{row['cost']}" + ("" if above is None else f" ({above:.2f} %)")
    where = f"{row['group']:12s} {row['instance']:14s} {row['solver']:8s} seed {row['seed']}"
    return f"{where}  {shown}  {row['seconds']:.1f} s  {row['memory_mb']:.0f} MB"


HEADINGS = ("group", "solver", "runs", "median gap %", "mean %", "worst %", "cost / PyVRP", "no plan", "s", "MB")


def table(rows: list[Row]) -> str:
    """Markdown, a line for each group and solver. Gaps are to the best known; the median is the mean over instances of
    the median over seeds; costs are compared with PyVRP's mean on the same instance; MB is the largest peak.
    """
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    for group in dict.fromkeys(row["group"] for row in rows):
        for solver in dict.fromkeys(row["solver"] for row in rows):
            own = [row for row in rows if row["group"] == group and row["solver"] == solver]
            if own:
                lines.append("| " + " | ".join([group, solver, *cells(own, rows)]) + " |")
    return "\n".join(lines) + "\n"


def cells(own: list[Row], rows: list[Row]) -> list[str]:
    """The figures of one line of the table."""
    gaps: dict[str, list[float]] = {name: [] for name in (row["instance"] for row in own)}
    for row in own:
        gaps[row["instance"]] += [value] if (value := gap(row)) is not None else []
    medians = [statistics.median(values) for values in gaps.values() if values]
    everything = [value for values in gaps.values() for value in values]
    ratios = [value for row in own if (value := ratio_to_pyvrp(row, rows)) is not None]
    return [
        str(len(own)),
        f"{statistics.mean(medians):.2f}" if medians else "-",
        f"{statistics.mean(everything):.2f}" if everything else "-",
        f"{max(everything):.2f}" if everything else "-",
        f"{statistics.mean(ratios):.4f}" if ratios else "-",
        str(sum(1 for row in own if row["cost"] is None)),
        f"{statistics.mean(row['seconds'] for row in own):.0f}",
        f"{max(row['memory_mb'] for row in own):.0f}",
    ]


def ratio_to_pyvrp(row: Row, rows: list[Row]) -> float | None:
    """Cost divided by PyVRP's mean cost on the same instance."""
    theirs = [r["cost"] for r in rows if r["solver"] == "pyvrp" and r["instance"] == row["instance"] and r["cost"]]
    return row["cost"] / statistics.mean(theirs) if theirs and row["cost"] is not None else None


if __name__ == "__main__":
    sys.exit(main())
