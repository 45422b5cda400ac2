"""The kit of a day printed by two checkouts and with the patches of the engine off, kind by kind in turns.

    git worktree add --detach ../before COMMIT
    python benchmarks/kit_ratio.py --day DIR --before ../before

Three processes hold the same day: the other checkout, this one, and this one as with `LOUDA_PRINT_FAST=0`. They print
one kind of sheet after the other and wait for each other, so a busy neighbour slows all of them alike and the ratios
hold. Seconds are processor time of all processes with reading the database. The files of the last two must be equal.
With ``--every N`` each n-th sheet is printed, but seven of a kind that has fewer; seconds and pages are then those of
the whole by the weight of its rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

MODES = ("before", "on", "off")
LEAST = 7  # sheets of a kind


def work(tree: Path, mode: str, day: Path, every: int, answers: IO[str]) -> None:
    """Print the next kind for each line that is read; answer with its cost."""
    sys.path.insert(0, str(tree))
    from app.factory import create_app
    from benchmarks import print as bench
    from benchmarks.loop import settings_in

    limits = {}
    if mode == "off":
        from app.printing.limits import RenderLimits

        limits = {"limits": RenderLimits(is_fast=False)}
    with create_app(settings_in(day)).app_context():
        kinds = bench.prepared(1, bench.KIT)
        for _line in sys.stdin:
            with bench.measured() as reading:
                kind, printouts = next(kinds)
            step = min(every, max(1, len(printouts) // LEAST))
            chosen = printouts[step // 2 :: step]
            share = _weight(printouts) / _weight(chosen)
            with bench.measured() as cost:
                rendered, size = bench.render(chosen, day, kind, **limits)
            digest = hashlib.sha256((day / f"{kind}.pdf").read_bytes()).hexdigest()
            whole = {"cpu": reading.cpu + share * cost.cpu, "wall": reading.wall + share * cost.wall}
            answer = {**whole, "pages": round(share * rendered.pages), "kind": kind, "bytes": size, "sha256": digest}
            answers.write(json.dumps({**answer, "read": reading.cpu, "mb": cost.child_mb}) + "\n")
            answers.flush()


def _weight(printouts: list[Any]) -> float:
    """What sheets cost together: 1 for the paper of each and as much again for sixty rows."""
    return sum(1 + max(one.sheet.control.bags, one.sheet.control.lines) / 60 for one in printouts)


def _start(tree: Path, mode: str, day: Path, every: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--worker", mode, "--before", str(tree), "--day", str(day)]
    command += ["--every", str(every)]
    return subprocess.Popen(command, cwd=tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ask(worker: subprocess.Popen[str]) -> dict[str, Any]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    answer: dict[str, Any] = json.loads(worker.stdout.readline())
    return answer


def _line(kind: str, found: dict[str, dict[str, Any]]) -> None:
    seconds = {mode: one["cpu"] for mode, one in found.items()}
    ratios = f"{seconds['on'] / seconds['before']:>11.2f}{seconds['off'] / seconds['on']:>8.2f}"
    pages = "".join(f"{found[mode]['pages']:>8}" for mode in ("before", "on"))
    walls = "".join(f"{found[mode]['wall']:>8.1f}" for mode in MODES)
    print(f"{kind:<16}{pages}" + "".join(f"{seconds[mode]:>8.1f}" for mode in MODES) + ratios + walls, flush=True)


def compare(before: Path, day: Path, every: int, folder: Path) -> None:
    """Print the table of all kinds, and their sums."""
    here = Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(here))
    from benchmarks.print import KIT

    workers = {}
    for mode in MODES:
        shutil.copytree(day, folder / mode)
        workers[mode] = _start(before if mode == "before" else here, mode, folder / mode, every)
    print(f"{'':<16}{'pages':>16}{'CPU s':>24}{'on/before':>11}{'off/on':>8}{'wall s':>24}")
    print(f"{'':<16}{'before':>8}{'on':>8}{'before':>8}{'on':>8}{'off':>8}{'':>19}{'before':>8}{'on':>8}{'off':>8}")
    total: dict[str, dict[str, Any]] = {mode: {"cpu": 0.0, "wall": 0.0, "pages": 0} for mode in MODES}
    for turn, _kind in enumerate(KIT):
        found: dict[str, dict[str, Any]] = {}
        for mode in MODES[turn % 3 :] + MODES[: turn % 3]:
            found[mode] = _ask(workers[mode])
            for name, sum_ in total[mode].items():
                total[mode][name] = sum_ + found[mode][name]
        _line(found["on"]["kind"], found)
        if found["on"]["sha256"] != found["off"]["sha256"]:
            print("  the files with and without the patches differ")
    _line("the whole kit", total)
    for worker in workers.values():
        worker.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", type=Path, required=True, help="folder of a day that benchmarks/print.py has made")
    parser.add_argument("--before", type=Path, required=True, help="another checkout")
    parser.add_argument("--every", type=int, default=1, help="print every n-th sheet only")
    parser.add_argument("--worker", choices=MODES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        answers, sys.stdout = sys.stdout, sys.stderr
        work(chosen.before, chosen.worker, chosen.day, chosen.every, answers)
        return
    with tempfile.TemporaryDirectory() as name:
        compare(chosen.before.resolve(), chosen.day, chosen.every, Path(name))


if __name__ == "__main__":
    main()
