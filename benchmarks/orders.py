"""Orders at the rush: residents' phones against the shipped server, over HTTP.

    python benchmarks/orders.py [--database sqlite|postgresql|URL] [--data ../shared] [--orders 1500] [--rate 30]

Makes a day of 251 offers and a few thousand households, starts the web server with one process (`--workers`), and lets
16 phones order one after another: each loads the order form and sends its order as a browser does. With `--rate` so
many orders are offered each second, whatever the server makes of them; without, each phone goes on as fast as it can.
CPU is that of all processes of the web server and of the database, read from /proc; the phones' own is printed apart,
and before it the CPU of a fixed loop, which says how fast the machine is at that moment.
`lost`: answered as placed and not in the database; `doubled`: units beyond those that were sent. With `--profile` one
process makes some orders under cProfile instead. Nothing here is a test: compare runs of one machine.
"""

from __future__ import annotations

import argparse
import cProfile
import gzip
import os
import pstats
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, insert, select, text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.access.models import HouseholdToken  # noqa: E402
from app.access.sessions import token_digest  # noqa: E402
from app.catalog.imports import service as catalog_import  # noqa: E402
from app.core import clock  # noqa: E402
from app.core.db import db  # noqa: E402
from app.core.input.tables import OPERATOR  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.ordering.cycles import service as cycles_service  # noqa: E402
from app.ordering.cycles.schemas import EditCycle  # noqa: E402
from app.ordering.models import HouseholdOrder, Offer, OrderLine  # noqa: E402
from app.places.imports import service as places_import  # noqa: E402
from app.places.models import Building, Community, Compound, Household, ServicePoint, Stairwell  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.upkeep.database import schema  # noqa: E402
from app.upkeep.serving import server  # noqa: E402
from benchmarks.phones import Home, Outcome, filled_in, phones  # noqa: E402

SECRET = "measured-" * 5
ITEMS = "data/catalogue/cumcm2023_veg_items.csv"
PICKS = 4
TICKS = os.sysconf("SC_CLK_TCK")


# --- the day ----------------------------------------------------------------------------------------------------------
def make_day(data: Path, orders: int) -> tuple[int, list[Home]]:
    """An open cycle with every item of the catalogue, and as many homes as will order."""
    office = places_import.found_subdistrict("330102099", "rush")
    by = places_import.operator_of(office.id)
    catalog_import.import_table(by, catalog_import.CatalogueUpload((data / ITEMS).read_bytes(), limits=OPERATOR))
    point_id, homes = _homes(office.id, orders)
    now = clock.now()
    wanted = EditCycle(
        "rush", now - timedelta(hours=1), now + timedelta(hours=5), clock.today() + timedelta(days=1), "equal_floor",
        (point_id,),
    )  # fmt: skip
    cycle = cycles_service.create_cycle(by, office.id, wanted)
    cycles_service.add_all_items(by, cycle.id)
    cycles_service.open_cycle(by, cycle.id)
    offers = list(db.session.scalars(select(Offer.id).where(Offer.cycle_id == cycle.id).order_by(Offer.position)))
    chance = random.Random(orders)
    found = [
        Home(home, f"phone-{home}-{'x' * 32}", {o: chance.randint(1, 3) for o in chance.sample(offers, PICKS)})
        for home in homes
    ]
    until = now + timedelta(days=30)
    keys = [
        {"household_id": h.household_id, "token_sha256": token_digest(h.token), "expires_at": until, "hand": h.token}
        for h in found
    ]
    db.session.execute(insert(HouseholdToken), keys)
    db.session.commit()
    return cycle.id, found


def _homes(subdistrict_id: int, orders: int) -> tuple[int, list[int]]:
    """A point and households of buildings with three stairwells of forty rooms."""
    community = Community(subdistrict_id=subdistrict_id, code="001", name="一社区")
    db.session.add(community)
    db.session.flush()
    point = ServicePoint(
        community_id=community.id,
        name="南门点位",
        lat_e6=30266000,
        lon_e6=120195000,
        is_depot=True,
        phone="057188880000",
    )
    compound = Compound(community_id=community.id, code="K1", name="杏花苑", lat_e6=30266000, lon_e6=120195000)
    db.session.add_all([point, compound])
    db.session.flush()
    wells: list[Stairwell] = []
    for number in range(-(-orders // 120)):
        building = Building(
            compound_id=compound.id, service_point_id=point.id, code=f"B{number}", label=f"{number + 1}号楼",
            public_code=f"RUSH{number:04d}", lat_e6=30266000, lon_e6=120195000,
        )  # fmt: skip
        db.session.add(building)
        db.session.flush()
        wells += [Stairwell(building_id=building.id, label=str(k)) for k in (1, 2, 3)]
    db.session.add_all(wells)
    db.session.flush()
    rooms = [f"{floor}{room:02d}" for floor in range(1, 11) for room in range(1, 5)]
    rows = [{"stairwell_id": well.id, "room_no": room, "sort_key": room.zfill(8)} for well in wells for room in rooms]
    db.session.execute(insert(Household), rows)
    db.session.commit()
    return point.id, list(db.session.scalars(select(Household.id).order_by(Household.id).limit(orders)))


# --- processor time ---------------------------------------------------------------------------------------------------
def cpu_of(roots: list[int]) -> float:
    """CPU seconds of these processes and all below them, those that have ended included."""
    parents: dict[int, int] = {}
    spent: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            spent[int(entry.name)] = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    total, rest = 0, list(roots)
    while rest:
        pid = rest.pop()
        own, ended = spent.get(pid, (0, 0))
        total += own + ended
        rest += [child for child, parent in parents.items() if parent == pid]
    return total / TICKS


def database_roots() -> list[int]:
    """The postmaster of a database on this machine; SQLite runs inside the web server."""
    if db.engine.dialect.name != "postgresql":
        return []
    with db.engine.connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return [int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])]


# --- one run ----------------------------------------------------------------------------------------------------------
@contextmanager
def web_server(settings: Settings, workers: int) -> Iterator[int]:
    """The shipped web server with so many processes; yields its process id."""
    command = server.web_command(settings)
    command[command.index("--workers") + 1] = str(workers)
    environment = os.environ | {
        "LOUDA_ENV": "testing", "LOUDA_SECRET_KEY": SECRET, "LOUDA_DATABASE_URL": settings.database_url,
        "LOUDA_DATA_DIR": str(settings.data_dir), "PORT": str(settings.port),
    }  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _try in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", settings.port)) == 0:
                    break
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def offered(settings: Settings, cycle_id: int, homes: list[Home], chosen: argparse.Namespace, rate: float) -> None:
    """Let the homes order, and print what it cost."""
    with web_server(settings, chosen.workers) as web:
        warm, homes = homes[: chosen.warm], homes[chosen.warm :]
        _drive(settings.port, cycle_id, warm, chosen.clients, 0.0)
        database = database_roots()
        before = cpu_of([web]), cpu_of(database)
        outcome = _drive(settings.port, cycle_id, homes, chosen.clients, rate)
        spent = cpu_of([web]) - before[0], cpu_of(database) - before[1]
    count = len(outcome.placed)
    took = sorted(outcome.placed.values()) or [0.0]
    lost, doubled = _compared(cycle_id, homes, outcome)
    each = 1000 / max(count, 1)
    begin = time.process_time()
    sum(number * 31 % 1_000_003 for number in range(1_000_000))
    loop = (time.process_time() - begin) * 1000
    print(
        f"{db.engine.dialect.name}, {chosen.workers} web, {chosen.clients} phones, "
        f"{f'{rate:g}/s offered' if rate else 'as fast as it goes'}: {count} placed, {len(outcome.refused)} refused"
        f" {sorted({entry[1:] for entry in outcome.refused})}\n"
        f"  CPU ms an order: web {spent[0] * each:.1f} + database {spent[1] * each:.1f}"
        f" = {sum(spent) * each:.1f}; phones {outcome.cpu_s * each:.1f}; loop {loop:.0f}\n"
        f"  {count / outcome.wall_s:.1f} orders/s, p50 {statistics.median(took) * 1000:.0f} ms,"
        f" p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms, lost {lost}, doubled {doubled}",
        flush=True,
    )


def _drive(port: int, cycle_id: int, homes: list[Home], clients: int, rate: float) -> Outcome:
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=phones, args=(port, cycle_id, homes, clients, rate, there))
    process.start()
    outcome: Outcome = here.recv()
    process.join()
    return outcome


def _compared(cycle_id: int, homes: list[Home], outcome: Outcome) -> tuple[int, int]:
    """Orders that were answered as placed and are not there as sent; households with more units than they sent."""
    found = select(HouseholdOrder.household_id, func.sum(OrderLine.qty_ordered)).join(HouseholdOrder.lines)
    rows = db.session.execute(found.where(HouseholdOrder.cycle_id == cycle_id).group_by(HouseholdOrder.household_id))
    stored = {int(home or 0): int(units) for home, units in rows}
    db.session.rollback()
    sent = {home.household_id: sum(home.basket.values()) for home in homes}
    lost = sum(stored.get(home, 0) < sent[home] for home in outcome.placed)
    return lost, sum(stored.get(home, 0) > units for home, units in sent.items())


def in_process(app: Any, cycle_id: int, homes: list[Home], profile: bool) -> None:
    """Orders in this process: statements of each request and CPU; with `profile` where it goes."""
    said: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _u, sql, *_a: said.append(sql))
    watch, costs, last = cProfile.Profile(), [], ([""], [""])
    path = f"/my/cycles/{cycle_id}/order"

    def timed(is_watched: bool, work: Callable[..., Any], **options: Any) -> tuple[Any, float, list[str]]:
        said.clear()
        if is_watched:
            watch.enable()
        begin = time.process_time()
        answer = work(path, **options)
        spent = time.process_time() - begin
        watch.disable()
        return answer, spent, list(said)

    for number, home in enumerate(homes):
        client = app.test_client()
        client.set_cookie("household", home.token)
        is_watched = profile and number >= 20
        page, loading, of_get = timed(is_watched, client.get, headers={"Accept-Encoding": "gzip"})
        fields = filled_in(gzip.decompress(page.data)[:20_000], home)
        answer, placing, of_post = timed(is_watched, client.post, data=fields)
        assert answer.status_code == 303, answer.status_code
        costs.append((loading, placing))
        last = of_get, of_post
    for name, statements in zip(("GET", "POST"), last, strict=True):
        print(f"{name}: {len(statements)} statements ({sum(s.startswith('BEGIN') for s in statements)} of them BEGIN)")
        for statement in statements if profile else ():
            print("   ", " ".join(statement.split())[:150])
    middle = [statistics.median(cost[k] for cost in costs[20:]) * 1000 for k in (0, 1)]
    print(f"in one process, CPU ms without the database's own: GET {middle[0]:.1f}, POST {middle[1]:.1f}")
    if profile:
        pstats.Stats(watch).sort_stats("tottime").print_stats(45)
        pstats.Stats(watch).sort_stats("cumtime").print_stats(90)


@contextmanager
def database(named: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: of a file, of a cluster of its own, or as given."""
    if named == "sqlite":
        yield f"sqlite:///{folder / 'louda.db'}"
    elif named == "postgresql":
        from tests import pgtest  # the same throw-away cluster: without fsync, which is no CPU

        programs = pgtest.find_programs()
        assert programs is not None, "no PostgreSQL is installed"
        with pgtest.cluster(programs) as url:
            yield url
    else:
        yield named


def main() -> None:
    """Make the day, then measure as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--orders", type=int, default=1500)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--warm", type=int, default=100)
    parser.add_argument("--port", type=int, default=8931)
    parser.add_argument("--in-process", action="store_true", help="only statements and CPU of requests in this process")
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="louda-orders-") as name, database(chosen.database, Path(name)) as url:
        folder = Path(name)
        settings = Settings(
            env="testing", secret_key=SECRET, database_url=url, data_dir=folder, documents_dir=folder / "documents",
            backups_dir=folder / "backups", port=chosen.port,
        )  # fmt: skip
        schema.upgrade(settings)
        app = create_app(settings)
        with app.app_context():
            few = 120 if chosen.in_process or chosen.profile else 0
            parts = [chosen.orders, int(chosen.rate * 20) + chosen.warm] if not few else []
            cycle_id, homes = make_day(chosen.data, few + 60 + sum(parts))
        in_process(app, cycle_id, homes[: few or 60], chosen.profile)  # outside: each request has a context of its own
        start = 60
        for count, rate in zip(parts, (0.0, chosen.rate), strict=False):
            with app.app_context():
                offered(settings, cycle_id, homes[start : start + count], chosen, rate)
            start += count


if __name__ == "__main__":
    main()
