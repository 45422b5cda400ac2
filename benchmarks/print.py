"""Printing at the size of a whole subdistrict: the kit, labels, one sheet again, and the same beside other engines.

    python benchmarks/print.py [--data ../shared] [--rate 0.3] [--day DIR] [--sample 60]

Builds the day of `benchmarks/loop.py` once (kept in ``--day``), then prints it. Seconds are processor time of every
process taken together, since the clock on the wall says more about the neighbours than about us; the wall is given
beside it. ``pages/s`` is per processor second, so per core. Memory is the most that any one process held.
The comparison prints the same sheets with WeasyPrint as it comes (the whole document at once, nothing of ours) and with
headless Chromium, where it is installed; memory there is that of the largest process and of all processes together.
Nothing here is a test: compare runs of one machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.watch import Watch  # noqa: E402 - this file is run by its name

KIT = ("hand_out_list", "drop_off_sheet", "route_sheet", "bag_list", "pick_list", "tally")
# What is compared is all HTML, the other kinds have pictures that only our engine draws; sheets of each for a sample of
# 60: a tally is twenty pages long.
PLAIN = {"drop_off_sheet": 1.0, "route_sheet": 0.5, "tally": 0.05}
LABELS = 10_000
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-pdf-header-footer")


@dataclass
class Cost:
    """Wall and processor seconds of a block, all processes; the most memory of one process of ours and of a child."""

    wall: float = 0.0
    own: float = 0.0
    children: float = 0.0
    child_mb: int = 0
    all_mb: int = 0
    pages: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        return self.own + self.children

    def __add__(self, other: Cost) -> Cost:
        most = max(self.child_mb, other.child_mb)
        return Cost(
            self.wall + other.wall,
            self.own + other.own,
            self.children + other.children,
            most,
            max(self.all_mb, other.all_mb),
            self.pages + other.pages,
        )


def _children() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure a block; render processes must have ended when it ends."""
    cost, before = Cost(), _children()
    wall, own = time.perf_counter(), time.process_time()
    yield cost
    after = _children()
    cost.wall, cost.own = time.perf_counter() - wall, time.process_time() - own
    cost.children = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cost.child_mb = after.ru_maxrss // 1024


def line(what: str, cost: Cost, size: int = 0) -> None:
    """Print one row of the table."""
    speed = f"{cost.pages / cost.cpu:8.1f}" if cost.pages and cost.cpu else " " * 8
    weight = f"{size / 1024 / cost.pages:8.1f}" if size and cost.pages else " " * 8
    per = f"{1000 * cost.cpu / cost.pages:8.0f}" if cost.pages else " " * 8
    print(
        f"{what:<34}{cost.pages:>7}{cost.cpu:>9.1f}{cost.cpu / 2:>9.1f}{cost.wall:>8.1f}{speed}{per}{weight}"
        f"{cost.child_mb:>7}{cost.all_mb or '':>7}",
        flush=True,
    )


def build(folder: Path, data: Path, rate: str) -> None:
    """Make the day, unless it is there."""
    if (folder / "ready").exists():
        return
    command = [sys.executable, str(ROOT / "benchmarks" / "loop.py"), "--data", str(data), "--rate", rate]
    subprocess.run([*command, "--keep", str(folder)], check=True)
    (folder / "ready").touch()


def prepared(cycle_id: int, kinds: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
    """Kind → stamped sheets, one kind after the other."""
    from app.printing.contexts.builder import SheetBuilder
    from app.printing.numbers import SheetNumber
    from app.printing.sheet import Printout, Stamp

    bench = SheetBuilder(cycle_id, 1)
    for kind in kinds:
        sheets = []
        for one in bench.prepare(kind):
            number = SheetNumber(kind, cycle_id, 1, one.subject.id, 1)
            sheets.append(Printout(one.sheet, Stamp(number, "11-22 08:15", f"https://louda.example/s/{number}")))
        yield kind, sheets


def render(printouts: list[Any], folder: Path, name: str) -> tuple[Any, int]:
    """Render to a file with all cores; end the render processes so that their time is counted."""
    from app.printing.renderer.engine import render_to_file
    from app.printing.renderer.warm_pool import stop_all

    path = folder / f"{name}.pdf"
    rendered = render_to_file(printouts, path)
    stop_all()
    return rendered, path.stat().st_size


def kit(cycle_id: int, folder: Path, every: int) -> Cost:
    """All sheets of the day, or every n-th of them."""
    total, found = Cost(), prepared(cycle_id, KIT)
    while True:
        with measured() as reading:
            one = next(found, None)
        if one is None:
            return total + reading
        kind, printouts = one[0], one[1][::every]
        with measured() as cost:
            rendered, size = render(printouts, folder, kind)
        cost.pages = rendered.pages
        line(f"{kind} ({len(printouts)} sheets, read {reading.cpu:.1f} s)", cost, size)
        total = total + reading + cost
        if rendered.missing_glyphs:
            print(f"  no font for: {''.join(rendered.missing_glyphs)}")


def labels(cycle_id: int, folder: Path) -> None:
    """Labels of 10,000 bags."""
    ((_kind, printouts),) = prepared(cycle_id, ("bag_label",))
    chosen, bags = [], 0
    for printout in printouts:
        take = min(len(printout.sheet.labels), LABELS - bags)
        if take:
            own = replace(printout.sheet.control, bags=take)
            sheet = replace(printout.sheet, labels=printout.sheet.labels[:take], control=own)
            chosen.append(replace(printout, sheet=sheet))
            bags += take
    with measured() as cost:
        rendered, size = render(chosen, folder, "labels")
    cost.pages = rendered.pages
    line(f"{bags} labels (limit 45 s)", cost, size)


def _printed(cycle_id: int, kinds: tuple[str, ...] = (), **wanted: Any) -> Cost:
    """A print as somebody asks for it: a job that prepares, renders, keeps the file and enters it in the register."""
    from app.core import jobs
    from app.core.db import db
    from app.core.queue import worker
    from app.printing.centre import service
    from app.printing.centre.service import PrintRequest
    from benchmarks.loop import actor

    with Watch() as watch, measured() as cost, beats() as silence:
        job_id = service.request_printing(actor("buyer"), cycle_id, PrintRequest(kinds, 1, **wanted)).id
        worker.run_next(None if kinds else worker.QUICK)
    cost.children, cost.own, cost.child_mb = max(cost.children, watch.cpu), cost.own - watch.own, watch.one_mb
    job = db.session.get_one(jobs.Job, job_id)
    cost.pages = job.result["pages"] if job.result else 0
    cost.notes = dict(job.result or {}, state=job.state, error=job.error, longest_silence_s=round(max(silence), 1))
    return cost


@contextmanager
def beats() -> Iterator[list[float]]:
    """Seconds between one word of progress and the next, within the block."""
    from app.core import jobs

    silence, beat, last = [0.0], jobs._beat, time.perf_counter()

    def timed(*args: Any) -> None:
        nonlocal last
        now = time.perf_counter()
        silence.append(now - last)
        last = now
        beat(*args)

    jobs._beat = timed
    yield silence
    silence.append(time.perf_counter() - last)
    jobs._beat = beat


def one_sheet(cycle_id: int) -> None:
    """From the click to the file: a building cold and warm, then again after one household changed."""
    from sqlalchemy import select

    from app.core.db import db
    from app.picking.models import Bag
    from app.printing.renderer.warm_pool import keep_warm, stop_all

    buildings = list(db.session.scalars(select(Bag.building_id).where(Bag.wave == 1).distinct().limit(3)))
    stop_all()
    line("one building, nothing running", _printed(cycle_id, building_id=buildings[0]))
    keep_warm()
    line("one building, renderer warm (2 s)", _printed(cycle_id, building_id=buildings[1]))
    bag = db.session.scalars(select(Bag).where(Bag.building_id == buildings[1], Bag.wave == 1)).first()
    assert bag is not None
    bag = db.session.get_one(Bag, bag.id)
    bag.is_heavy = not bag.is_heavy
    db.session.commit()
    again = _printed(cycle_id, building_id=buildings[1])
    line("again after one change (3 s)", again)
    print(f"  {again.notes}")
    stop_all()


def whole_job(cycle_id: int) -> None:
    """The whole kit as one job, from the click to the register."""
    from app.printing.renderer.warm_pool import stop_all

    cost = _printed(cycle_id, KIT)
    stop_all()
    line("the whole kit as a job (240 s)", cost)
    print(f"  {cost.notes}")


def memory() -> None:
    """Peak memory of the process that prepares, and what the whole day's preparation holds."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory of the preparing process {own} MB, of any render process {_children().ru_maxrss // 1024} MB")


# --- beside others ----------------------------------------------------------------------------------------------------
def _joined(pages: Sequence[str]) -> str:
    bodies = [re.search(r"<body class=\"([^\"]*)\">(.*)</body>", page, re.DOTALL) for page in pages]
    parts = [f'<div class="{found[1]}" style="break-before:page">{found[2]}</div>' for found in bodies if found]
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>x</title><body>{"".join(parts)}</body></html>'
    )


def plain(source: str, target: str) -> None:
    """In a process of its own: WeasyPrint as it comes, and nothing of ours is put into it."""
    from weasyprint import CSS, HTML

    from app.printing.pdf import render as pdf_render

    fetcher = pdf_render.AssetFetcher()
    style = CSS(filename=str(pdf_render.ASSETS / "sheets.css"), url_fetcher=fetcher)
    HTML(string=Path(source).read_text("utf-8"), url_fetcher=fetcher).write_pdf(target, stylesheets=[style])


def _for_chromium(html: str) -> str:
    from base64 import b64encode

    from app.printing.layout import qr
    from app.printing.pdf import render as pdf_render

    style = (pdf_render.ASSETS / "sheets.css").read_text("utf-8")

    def picture(found: re.Match[str]) -> str:
        return "data:image/png;base64," + b64encode(qr.png(qr.text_of_url(found[0]))).decode()

    return re.sub(rf"{qr.SCHEME}:[^\"]+", picture, html).replace("<title>", f"<style>{style}</style><title>", 1)


def _chromium(html: str, folder: Path) -> Callable[[], Path] | None:
    program = os.environ.get("LOUDA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return None
    source, target = folder / "chromium.html", folder / "chromium.pdf"
    source.write_text(_for_chromium(html), "utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"

    def run() -> Path:
        command = [program, *CHROMIUM, profile, f"--print-to-pdf={target}", source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        return target

    return run


def _weasyprint(html: str, folder: Path) -> Callable[[], Path]:
    source, target = folder / "plain.html", folder / "plain.pdf"
    source.write_text(html, "utf-8")

    def run() -> Path:
        command = [sys.executable, str(ROOT / "benchmarks" / "print.py"), "--plain", str(source), str(target)]
        subprocess.run(command, check=True, cwd=ROOT)
        return target

    return run


def beside_others(cycle_id: int, count: int, folder: Path) -> None:
    """The same sheets by three engines, one process each, start-up included."""
    import pikepdf

    from app.printing.limits import RenderLimits
    from app.printing.pdf.html import html_of
    from app.printing.renderer.engine import render_to_file
    from app.printing.renderer.warm_pool import stop_all

    chosen = []
    for kind, found in prepared(cycle_id, tuple(PLAIN)):
        wanted = min(len(found), max(1, round(count * PLAIN[kind])))
        chosen += found[:: len(found) // wanted][:wanted]
    html = _joined([html_of(printout) for printout in chosen])
    ours = folder / "ours.pdf"

    def run_ours() -> Path:
        render_to_file(chosen, ours, RenderLimits(processes=1))
        stop_all()
        return ours

    runs = {"ours, one process": run_ours, "WeasyPrint as it comes": _weasyprint(html, folder)}
    if (chromium := _chromium(html, folder)) is not None:
        runs["Chromium, print to PDF"] = chromium
    print(f"\nthe same {len(chosen)} sheets, one after the other")
    for name, run in runs.items():
        with measured() as cost, Watch() as watch:
            target = run()
        cost.children = max(cost.children, watch.cpu)
        cost.own -= watch.own
        cost.child_mb, cost.all_mb = watch.one_mb, watch.all_mb
        with pikepdf.open(target) as printed:
            cost.pages = len(printed.pages)
        line(name, cost, target.stat().st_size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--rate", default="0.3")
    parser.add_argument("--day", type=Path, default=Path(tempfile.gettempdir()) / "louda-print-day")
    parser.add_argument("--sample", type=int, default=60, help="drop-off sheets in the comparison; 0: none")
    parser.add_argument("--every", type=int, default=1, help="print every n-th sheet of the kit only")
    parser.add_argument("--plain", nargs=2, metavar=("HTML", "PDF"))
    chosen = parser.parse_args()
    if chosen.plain:
        plain(*chosen.plain)
        return
    build(chosen.day, chosen.data, chosen.rate)
    with tempfile.TemporaryDirectory() as name:
        run(chosen, Path(name))


def run(chosen: argparse.Namespace, folder: Path) -> None:
    """Print all of it, on a copy of the day: what is printed once would be ready the next time."""
    from app.factory import create_app
    from benchmarks.loop import settings_in

    print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()}))
    columns = ("pages", 7), ("CPU s", 9), ("CPU/2", 9), ("wall", 8), ("pages/s", 8), ("ms/page", 8), ("kB/page", 8)
    print(" " * 34 + "".join(f"{name:>{width}}" for name, width in (*columns, ("MB", 7), ("all MB", 7))))
    shutil.copytree(chosen.day, folder / "day")
    with create_app(settings_in(folder / "day")).app_context():
        one_sheet(1)
        labels(1, folder)
        line("the whole kit (limit 240 s)", kit(1, folder, chosen.every))
        if chosen.every == 1:
            whole_job(1)
        memory()
        if chosen.sample:
            beside_others(1, chosen.sample, folder)


if __name__ == "__main__":
    main()
