"""The loop at the size of a whole subdistrict: 20,637 orders, 88,290 lines, 1,135 buildings.

    python benchmarks/loop.py [--data ../shared] [--rate 0.3] [--keep DIR]

Generates the demand with the data's own generator, imports it the ordinary way, and walks the cycle to the rounds.
Prints seconds for each step (wall, this machine), each staff page's median of three with its number of SQL statements,
and the peak memory of this process. Nothing here is a test: compare runs of one machine.
"""

from __future__ import annotations

import argparse
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.access.models import Account, Role, RoleGrant  # noqa: E402
from app.access.permissions import Staff  # noqa: E402
from app.access.sessions import staff_account, staff_actor  # noqa: E402
from app.allocation import service as allocation  # noqa: E402
from app.catalog.imports import service as catalog_import  # noqa: E402
from app.catalog.models import Item, Supplier, SupplierItem  # noqa: E402
from app.core import clock  # noqa: E402
from app.core.db import command, db  # noqa: E402
from app.core.input.tables import OPERATOR  # noqa: E402
from app.core.jobs import Job  # noqa: E402
from app.core.queue.worker import drain  # noqa: E402
from app.dispatch.models import Shift, Team, TeamMode  # noqa: E402
from app.dispatch.planning import service as dispatch  # noqa: E402
from app.dispatch.teams.service import USUAL  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.intake.booking.cli import import_file as import_orders_file  # noqa: E402
from app.ordering.cycles import service as cycles_service  # noqa: E402
from app.ordering.cycles.schemas import EditCycle, Lock  # noqa: E402
from app.ordering.models import CyclePoint  # noqa: E402
from app.oversight.reconcile.equations import equations  # noqa: E402
from app.picking import service as picking  # noqa: E402
from app.places.imports import service as places_import  # noqa: E402
from app.places.imports.tables.kinds import RegisterTableKind  # noqa: E402
from app.places.imports.tables.options import RegisterImportOptions  # noqa: E402
from app.places.models import Community, ServicePoint  # noqa: E402
from app.purchasing import service as purchasing  # noqa: E402
from app.purchasing.models import PurchaseOrder  # noqa: E402
from app.purchasing.schemas import SeenOrder  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.stock import service as stock  # noqa: E402
from app.stock.schemas import DeliveryForm, GoodsArrived  # noqa: E402
from app.tally import queries as tally_queries  # noqa: E402
from app.tally import service as tally  # noqa: E402
from app.tally.schemas import SignTally  # noqa: E402
from app.upkeep.database import schema  # noqa: E402

TEAMS = ((TeamMode.VAN, 12), (TeamMode.CART, 44), (TeamMode.E_BIKE, 24))


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    start = time.perf_counter()
    yield
    print(f"{what:<44}{time.perf_counter() - start:>9.2f} s", flush=True)


def settings_in(folder: Path) -> Settings:
    return Settings(
        env="testing",
        secret_key=secrets.token_hex(32),
        database_url=f"sqlite:///{folder / 'louda.db'}",
        data_dir=folder,
        documents_dir=folder / "documents",
        backups_dir=folder / "backups",
    )


@command
def make_people(subdistrict_id: int) -> None:
    for name, role in (
        ("buyer", Role.SUPPLIES_TEAM),
        ("checker", Role.SUPPLIES_TEAM),
        ("admin", Role.SUBDISTRICT_ADMIN),
    ):
        account = Account(username=name, password_hash="x", display_name=name)
        db.session.add(account)
        db.session.flush()
        grant = RoleGrant(account_id=account.id, role=role, subdistrict_id=subdistrict_id)
        grant.starts_at = clock.now() - timedelta(days=1)
        db.session.add(grant)
    for point_id in db.session.scalars(select(ServicePoint.id)):
        account = Account(username=f"leader{point_id}", password_hash="x", display_name="leader")
        db.session.add(account)
        db.session.flush()
        grant = RoleGrant(account_id=account.id, role=Role.POINT_LEADER, service_point_id=point_id)
        grant.starts_at = clock.now() - timedelta(days=1)
        db.session.add(grant)


@command
def make_market(subdistrict_id: int) -> None:
    supplier = Supplier(name="market")
    db.session.add(supplier)
    depots = list(db.session.scalars(select(ServicePoint).order_by(ServicePoint.id).limit(4)))
    db.session.flush()
    for item in db.session.scalars(select(Item)):
        price = max(1, item.list_price_fen) * 8
        db.session.add(SupplierItem(supplier_id=supplier.id, item_id=item.id, pack_size=10, price_fen=price))
    start = clock.local_instant(clock.today(), 8)
    number = 0
    for mode, count in TEAMS:
        kg, litres, bags = USUAL[mode]
        for _team in range(count):
            number += 1
            team = Team(
                subdistrict_id=subdistrict_id,
                name=f"T{number:02d}",
                mode=mode,
                capacity_g=kg * 1000,
                capacity_ml=litres * 1000,
                capacity_bags=bags,
                zone_clearance=2,
            )
            db.session.add(team)
            db.session.flush()
            depot = depots[number % len(depots)]
            db.session.add(
                Shift(team_id=team.id, depot_id=depot.id, starts_at=start, ends_at=start + timedelta(hours=14))
            )


def actor(name: str) -> Staff:
    account_id = db.session.scalar(select(Account.id).filter_by(username=name))
    account = staff_account(account_id or 0)
    assert account is not None
    return staff_actor(account)


def import_everything(shared: Path, demand: Path) -> tuple[int, Any]:
    geo = shared / "data" / "geo" / "hangzhou_dev"
    subdistrict = places_import.found_subdistrict("330102011", "bench")
    operator = places_import.operator_of(subdistrict.id)
    tables = (
        (RegisterTableKind.COMMUNITIES, geo / "communities_kaixuan.csv"),
        (RegisterTableKind.POINTS, geo / "staging_points_kaixuan.csv"),
        (RegisterTableKind.COMPOUNDS, demand / "compounds_filled.csv"),
        (RegisterTableKind.BUILDINGS, demand / "buildings_synthetic.csv"),
    )
    with timed("import communities, points, compounds, buildings"):
        for kind, path in tables:
            first = db.session.scalar(select(Community.id))
            options = RegisterImportOptions(subdistrict.id, community_id=first, datum="wgs84")
            places_import.import_table(
                operator, places_import.RegisterUpload(path.read_bytes(), kind, options, OPERATOR)
            )
    with timed("import items"):
        items = shared / "data" / "catalogue" / "cumcm2023_veg_items.csv"
        catalog_import.import_table(operator, catalog_import.CatalogueUpload(items.read_bytes(), limits=OPERATOR))
    make_people(subdistrict.id)
    make_market(subdistrict.id)
    points = tuple(db.session.scalars(select(ServicePoint.id)))
    now = clock.now()
    window = (now - timedelta(hours=1), now + timedelta(hours=1))
    wanted = EditCycle("bench", *window, clock.today(), "equal_floor", points)
    cycle = cycles_service.create_cycle(operator, subdistrict.id, wanted)
    cycles_service.add_all_items(operator, cycle.id)
    cycles_service.open_cycle(operator, cycle.id)
    with timed("import orders"):
        report = import_orders_file(operator, cycle.id, (demand / "orders_truth.csv").read_bytes(), OPERATOR)
        print(f"  {report.placed} orders, {report.lines} lines")
    return cycle.id, operator


def walk(cycle_id: int) -> None:
    buyer, checker = actor("buyer"), actor("checker")
    with timed("lock (75,000 roll calls)"):
        cycles_service.lock_cycle(buyer, cycle_id, Lock(is_early=True, is_override=True))
    points = list(db.session.scalars(select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id)))
    with timed(f"tally: read all {len(points)} points"):
        sums = {point: sum(cell.qty for cell in tally_queries.ordered_cells(cycle_id, point)) for point in points}
    with timed("tally: sign all points"):
        for point, seen in sums.items():
            tally.sign(actor(f"leader{point}"), cycle_id, point, SignTally(seen))
    tally.start_running(buyer, cycle_id)
    with timed("demand: aggregate signed tallies"):
        purchasing.compute_demand(buyer, cycle_id)
    with timed("propose purchase"):
        purchasing.propose(buyer, cycle_id)
    for order in db.session.scalars(select(PurchaseOrder).where(PurchaseOrder.cycle_id == cycle_id)).all():
        approved = purchasing.approve(checker, cycle_id, order.id, SeenOrder(order.version))
        sent = purchasing.send(buyer, cycle_id, order.id, SeenOrder(approved.version))
        with timed("receive"):
            stock.receive(
                buyer,
                sent.id,
                DeliveryForm([GoodsArrived(one.id, good=one.qty_awaited * 9 // 10) for one in sent.lines]),
            )
    with timed("allocate"):
        proposal = allocation.proposal_for(db.session.get_one(cycles_service.Cycle, cycle_id))
        allocation.allocate(buyer, cycle_id, allocation.Commit(proposal.input_sha256))
    with timed("declare short"):
        allocation.declare_short(buyer, cycle_id)
    with timed("pack"):
        print(f"  {picking.pack(buyer, cycle_id)}")
    with timed("plan (job, 60 s search)"):
        job_id = dispatch.ask_plan(buyer, cycle_id, dispatch.AskPlan(clock.today(), 60)).id
        drain()
        job = db.session.get_one(Job, job_id)
        print(f"  {job.state} {job.error}")
    with timed("publish"):
        plan = dispatch.publish(buyer, job.result["plan_id"])
        print(f"  {len(plan.rounds)} rounds")
    with timed("closing equations"):
        print("  " + " ".join(f"{one.code}={one.violations}" for one in equations()))


PAGES = (
    "", "/orders", "/orders?q=101", "/tally", "/tally/{point}", "/purchasing", "/stock", "/allocation",
    "/allocation/short", "/picking", "/picking?by=item", "/picking/bags", "/dispatch", "/handover", "/settlement",
    "/print", "/loop", "/loop/equations", "/texts",
)  # fmt: skip
OTHERS = ("/cycles", "/plans/1", "/my-rounds", "/dashboard", "/events", "/teams")


def pages(app: Any, cycle_id: int) -> None:
    clients = {name: app.test_client() for name in ("buyer", "admin")}
    for name, client in clients.items():
        account = db.session.scalars(select(Account).filter_by(username=name)).one()
        now = clock.now().timestamp()
        with client.session_transaction() as session:
            session.update(account=account.id, epoch=account.session_epoch, since=now, seen=now)
    point = db.session.scalar(select(CyclePoint.service_point_id).where(CyclePoint.cycle_id == cycle_id))
    urls = [f"/cycles/{cycle_id}{page.format(point=point)}" for page in PAGES] + list(OTHERS)
    print(f"\n{'page':<40}{'status':>8}{'ms':>8}{'SQL':>6}{'kB':>8}")
    for url in urls:
        client = clients["buyer"]
        if client.get(url).status_code in (403, 404):
            client = clients["admin"]
        times, sent, size = [], 0, 0
        for _turn in range(3):
            counter = [0]
            event.listen(
                db.engine, "before_cursor_execute", _count := lambda *_a, c=counter: c.__setitem__(0, c[0] + 1)
            )
            start = time.perf_counter()
            response = client.get(url)
            times.append((time.perf_counter() - start) * 1000)
            event.remove(db.engine, "before_cursor_execute", _count)
            sent, size = counter[0], len(response.data) // 1024
        print(f"{url:<40}{response.status_code:>8}{statistics.median(times):>8.0f}{sent:>6}{size:>8}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--rate", default="0.3")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="louda-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    demand = folder / "demand"
    generator = chosen.data / "tools" / "gen_subdistrict.py"
    place = chosen.data / "data" / "geo" / "hangzhou_dev"
    subprocess.run(
        [sys.executable, generator, place, "--seed", "1", "--rate", chosen.rate, "--out", demand], check=True
    )
    settings = settings_in(folder)
    schema.upgrade(settings)
    app = create_app(settings)
    with app.app_context():
        cycle_id, _operator = import_everything(chosen.data, demand)
        walk(cycle_id)
        pages(app, cycle_id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory of this process (web, planner and imports together): {peak:.0f} MB")


if __name__ == "__main__":
    main()
