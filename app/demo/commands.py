"""`louda demo`: one whole day without a browser, from import to reconcile, with every sheet as PDF."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import click
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.queue.worker import drain
from app.demo import day as life
from app.demo.subdistrict import Cast, put_on_duty, set_up
from app.factory import create_app
from app.handover.confirmation.service import confirm_overdue
from app.ordering.cycles import service as cycles_service
from app.ordering.models import HouseholdOrder, OrderLine, Stage
from app.oversight.reconcile.equations import Equation, equations
from app.picking.models import Bag
from app.places.models import Building, Household
from app.printing.centre import service as printing
from app.printing.files import opened
from app.printing.kinds import by_key, listed
from app.printing.models import Document
from app.printing.pdf.merge import extract
from app.settings import Settings
from app.settlement import service as settlement
from app.upkeep.database import schema


@dataclass
class DemoLedger:
    """What passed through each stage: (stage, number, unit)."""

    rows: list[tuple[str, int, str]] = field(default_factory=list)

    def note(self, stage: str, number: int, unit: str) -> None:
        """Add a line and show it at once, so that whoever waits sees the day go on."""
        self.rows.append((stage, number, unit))
        click.echo(f"  {stage:　<10}{number:>8} {unit}")


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("out/demo"), show_default=True)
@click.option(
    "--share", type=click.FloatRange(0.01, 1.0), default=0.3, help="下单的户数占比 Share of households that order"
)
def demo(out: Path, share: float) -> None:
    """在演示街道上过一整天，打印所有单据，核对等式。 One whole day; exit status 1 if a unit is lost."""
    with tempfile.TemporaryDirectory(prefix="louda-demo-") as folder:
        settings = _settings(Path(folder))
        schema.upgrade(settings)
        with create_app(settings).app_context():
            found = live(out, share)
    click.echo("")
    for equation in found:
        click.echo(f"{equation.code} {_name(equation)} {equation.violations}")
    if any(equation.violations for equation in found):
        raise SystemExit(1)


def _name(equation: Equation) -> str:
    return equation.name


def _settings(folder: Path) -> Settings:
    return Settings(
        env="testing",
        secret_key=secrets.token_hex(32),
        database_url=f"sqlite:///{folder / 'louda.db'}",
        data_dir=folder,
        documents_dir=folder / "documents",
        backups_dir=folder / "backups",
    )


def live(out: Path, share: float) -> list[Equation]:
    """Live through the day and leave the sheets in `out`; returns the equations as they stand at the end."""
    account = DemoLedger()
    morning = clock.local_instant(clock.today(), 8)
    with clock.frozen_at(morning):
        cast = set_up()
        _note_places(account)
        day = life.open_day(cast, _("演示批次"), clock.today() + timedelta(days=1), morning + timedelta(hours=7))
        account.note(_("下单"), life.take_orders(day, share), _("单"))
    with clock.frozen_at(morning + timedelta(hours=7, minutes=1)):
        life.record_roll_call(day)
        life.lock_and_sign(day)
        account.note(_("汇总"), _units(day, "ordered"), _("份"))
        life.buy(day)
    with clock.frozen_at(morning + timedelta(days=1)):
        put_on_duty()
        life.receive(day)
        life.allocate_goods(day)
        account.note(_("分配"), _units(day, Stage.ALLOCATED), _("份"))
        account.note(_("缺货"), _units(day, Stage.SHORT), _("份"))
        plan = life.pack_and_plan(day)
        account.note(_("装袋"), _count(Bag), _("袋"))
        account.note(_("路线"), len(plan.rounds), _("趟"))
        _print_all(cast, day, out, account)
    with clock.frozen_at(morning + timedelta(days=1, hours=3)):
        life.deliver_rounds(day, plan, loses_one=True)
        account.note(_("到楼"), _units(day, Stage.DROPPED_OFF), _("份"))
        life.hand_out(day, one_fails=True)
        life.complain(day)
        life.confirm_all(day)
        life.second_wave(day)
    _close(day, out, account)
    return equations()


def _close(day: life.DemoDay, out: Path, account: DemoLedger) -> None:
    with clock.frozen_at(clock.local_instant(day.cycle.deliver_on + timedelta(days=3), 12)):
        confirm_overdue(clock.now())
        account.note(_("接受"), _units(day, Stage.ACCEPTED), _("份"))
        account.note(_("退款"), _units(day, Stage.REFUNDED), _("份"))
        account.note(_("结算"), settlement.settle_all(day.cast.buyer, day.cycle_id), _("单"))
        cycles_service.close_cycle(day.cast.buyer, day.cycle_id)
        _print(day.cast, day, ("exception_list", "settlement_sheet"), out)
    account.note(_("单据"), len(list(out.glob("*.pdf"))), _("份 PDF"))


def _note_places(account: DemoLedger) -> None:
    account.note(_("楼栋"), _count(Building), _("栋"))
    account.note(_("户"), _count(Household), _("户"))


def _count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def _units(day: life.DemoDay, stage: str) -> int:
    column = getattr(OrderLine, f"qty_{stage}")
    found = select(func.coalesce(func.sum(column), 0)).join(HouseholdOrder, HouseholdOrder.id == OrderLine.order_id)
    return int(db.session.scalar(found.where(HouseholdOrder.cycle_id == day.cycle_id)) or 0)


def _print_all(cast: Cast, day: life.DemoDay, out: Path, account: DemoLedger) -> None:
    kinds = tuple(kind.key for kind in listed())
    _print(cast, day, kinds, out)
    printing.request_kit(cast.buyer, day.cycle_id, 1)
    drain()
    _copy(day, ("kit_cover",), out)
    account.note(_("打印"), sum(row.pages for row in _documents(day)), _("页"))


def _print(cast: Cast, day: life.DemoDay, kinds: tuple[str, ...], out: Path) -> None:
    printing.request_printing(cast.buyer, day.cycle_id, printing.PrintRequest(kinds))
    drain()
    _copy(day, kinds, out)


def _documents(day: life.DemoDay) -> list[Document]:
    return list(db.session.scalars(select(Document).where(Document.cycle_id == day.cycle_id).order_by(Document.id)))


def _copy(day: life.DemoDay, kinds: tuple[str, ...], out: Path) -> None:
    """One file for each kind, with the present version of each of its sheets."""
    out.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        rows = [row for row in _documents(day) if row.kind == kind and row.superseded_by_id is None]
        if rows:
            name = str(_(by_key()[kind].label_zh))
            pieces = [(opened(row.sha256), row.first_page, row.pages) for row in rows]
            extract(pieces, out / f"{name.replace('/', '_')}.pdf")
