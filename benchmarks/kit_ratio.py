"""What the kit of a day costs beside another checkout, and beside this one with the patches of the engine off.

    git worktree add --detach ../before COMMIT
    python benchmarks/kit_ratio.py --day DIR --before ../before [--turns 3] [--weight 60]

Three processes hold the same day: the other checkout, this one, and this one as with `LOUDA_PRINT_FAST=0`. Of each kind
they render the same few sheets in turns, each in its own process, and the least of a few turns counts: so ratios hold
on a machine that others use as well, where one run after the other tells more about the neighbours. Seconds are
processor time, reading the database included, and stand for the whole kind by the weight of its rows; starting render
processes and joining their files is left out. The files of the last two must be equal.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

MODES = ("before", "on", "off")
LEAST = 3  # sheets of a kind
CHUNK = 51.0  # weight of the sheets that are rendered together


def _weight(printout: Any) -> float:
    """What a sheet costs: 1 for the paper and as much again for sixty rows."""
    control = printout.sheet.control
    return float(1 + max(control.bags, control.lines) / 60)


def _sample(printouts: list[Any], weight: float) -> list[Any]:
    whole = sum(map(_weight, printouts))
    count = max(LEAST, round(len(printouts) * weight / whole))
    step = max(1, len(printouts) // count)
    return printouts[step // 2 :: step]


def _chunks(printouts: list[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for one in printouts:
        if chunk and sum(map(_weight, chunk)) + _weight(one) > CHUNK:
            yield chunk
            chunk = []
        chunk.append(one)
    yield chunk


def _renderer(is_fast: bool) -> Callable[[list[Any]], Any]:
    try:
        from app.printing.pdf.html import html_of
        from app.printing.pdf.patches import switch
        from app.printing.pdf.render import render_chunk
    except ImportError:  # a checkout from before the room of printing was divided; it has no switch
        from app.printing.markup import html_of

        from app.printing.pdf import render_chunk
    else:
        if is_fast:
            switch.install()
    return lambda chunk: render_chunk([html_of(one) for one in chunk], 500)


def work(tree: Path, mode: str, day: Path, weight: float, answers: IO[str]) -> None:
    """Read the day; then render the sample of the kind that each line of the input names, and answer with its cost."""
    sys.path.insert(0, str(tree))
    from app.factory import create_app
    from benchmarks import print as bench
    from benchmarks.loop import settings_in

    render = _renderer(mode != "off")
    samples: dict[str, tuple[list[Any], float, float]] = {}
    with create_app(settings_in(day)).app_context():
        before = time.process_time()
        for kind, printouts in bench.prepared(1, bench.KIT):
            read = time.process_time() - before
            sample = _sample(printouts, weight)
            samples[kind] = sample, sum(map(_weight, printouts)) / sum(map(_weight, sample)), read
            before = time.process_time()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        sample, share, read = samples[line.strip()]
        before = time.process_time()
        done = [render(chunk) for chunk in _chunks(sample)]
        seconds = time.process_time() - before
        digest = hashlib.sha256(b"".join(one.pdf for one in done)).hexdigest()
        pages = sum(sum(one.pages) for one in done)
        answer = {"pages": pages, "read": read, "seconds": seconds, "share": share, "sha256": digest}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _start(tree: Path, mode: str, day: Path, weight: float) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--worker", mode, "--before", str(tree), "--day", str(day)]
    command += ["--weight", str(weight)]
    return subprocess.Popen(command, cwd=tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ask(worker: subprocess.Popen[str], kind: str) -> dict[str, Any]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{kind}\n")
    worker.stdin.flush()
    answer: dict[str, Any] = json.loads(worker.stdout.readline())
    return answer


def _line(kind: str, pages: int, seconds: dict[str, float], note: str) -> None:
    ratios = f"{seconds['on'] / seconds['before']:>11.2f}{seconds['off'] / seconds['on']:>8.2f}"
    print(f"{kind:<16}{pages:>8}" + "".join(f"{seconds[mode]:>9.1f}" for mode in MODES) + ratios + note, flush=True)


def compare(chosen: argparse.Namespace, folder: Path) -> None:
    """Print the table of all kinds, and their sum."""
    here = Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(here))
    from benchmarks.print import KIT

    workers = {}
    for mode in MODES:
        shutil.copytree(chosen.day, folder / mode)
        tree = chosen.before.resolve() if mode == "before" else here
        workers[mode] = _start(tree, mode, folder / mode, chosen.weight)
    print(f"{'':<16}{'pages':>8}{'before':>9}{'on':>9}{'off':>9}{'on/before':>11}{'off/on':>8}")
    total = dict.fromkeys(MODES, 0.0)
    all_pages = 0
    for kind in KIT:
        found: dict[str, list[dict[str, Any]]] = {mode: [] for mode in MODES}
        for turn in range(chosen.turns):
            for mode in MODES[turn % 3 :] + MODES[: turn % 3]:
                found[mode].append(_ask(workers[mode], kind))
        least = {mode: min(one["seconds"] for one in turns) for mode, turns in found.items()}
        of_one = {mode: turns[0] for mode, turns in found.items()}
        seconds = {mode: of_one[mode]["read"] + of_one[mode]["share"] * least[mode] for mode in MODES}
        pages = round(of_one["on"]["pages"] * of_one["on"]["share"])
        is_same = of_one["on"]["sha256"] == of_one["off"]["sha256"]
        sample = " / ".join(f"{least[mode]:.2f}" for mode in MODES)
        _line(kind, pages, seconds, f"   sample {sample} s, {'same bytes' if is_same else 'OTHER BYTES'}")
        total = {mode: total[mode] + seconds[mode] for mode in MODES}
        all_pages += pages
    _line("the whole kit", all_pages, total, "")
    for worker in workers.values():
        worker.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", type=Path, required=True, help="folder of a day that benchmarks/print.py has made")
    parser.add_argument("--before", type=Path, required=True, help="another checkout")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--weight", type=float, default=60, help="sheets in the sample of a kind, sixty rows for one")
    parser.add_argument("--worker", choices=MODES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        answers, sys.stdout = sys.stdout, sys.stderr
        work(chosen.before, chosen.worker, chosen.day, chosen.weight, answers)
        return
    with tempfile.TemporaryDirectory() as name:
        compare(chosen, Path(name))


if __name__ == "__main__":
    main()
