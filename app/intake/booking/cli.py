"""`louda import orders FILE --cycle N`: a file of orders into a cycle that takes orders, all rows or none.

The file is read as the page reads it. What the page would show for a person to decide stops the file here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.core.db import db
from app.core.errors import Invalid, LoudaError
from app.core.events import SYSTEM, Actor
from app.core.input.tables import OPERATOR, WEB, TableLimits, read_sheets
from app.intake.booking.booking import Offers
from app.intake.grammar.model import EntryOutcome
from app.intake.reasons import sentence
from app.intake.workbook.queries import codes_of, lexicon_of, points_of
from app.intake.workbook.reader import PlacedRow, no_order_table, read_workbook
from app.ordering.bulk import MOST_PROBLEMS, BulkOrderRow, ImportReport, OrderContact, open_cycle_for
from app.ordering.models import Cycle
from app.ordering.order_file.families import OrderOfFile, families_of
from app.ordering.order_file.service import import_orders
from app.places.queries import register_for

Problems = dict[int, list[object]]  # by the place of the row among those that were read


def import_file(by: Actor, cycle_id: int, body: bytes, limits: TableLimits = WEB) -> ImportReport:
    """Read a CSV or XLSX of orders and place them.

    Raises: NotFound, Conflict; Invalid with row → sentences (the key is the row's number in the file, "file" for the
    whole), nothing written.
    """
    open_cycle_for(by, cycle_id)
    sheets = read_sheets(body, limits)
    found = read_workbook(sheets, register_for(points_of(cycle_id)), lexicon_of(cycle_id), codes=codes_of(cycle_id))
    if found is None or not found.rows:
        raise no_order_table()
    rows = [row for row in found.rows if row.outcome is not EntryOutcome.SKIP]
    problems = _waiting(rows)
    orders = _orders(rows, problems)
    families, unclear = families_of(orders)
    for problem in unclear:
        problems.setdefault(problem.row, []).append(problem.sentence)
    bulk = _bulk_rows(orders, Offers.of(cycle_id), families, problems)
    try:
        if problems:
            raise Invalid({str(at): said for at, said in sorted(problems.items())[:MOST_PROBLEMS]})
        return import_orders(by, cycle_id, bulk)
    except Invalid as error:
        raise Invalid({_row_name(key, rows): said for key, said in error.problems.items()}) from error


def _row_name(key: str, rows: Sequence[PlacedRow]) -> str:
    """The number of a row as a spreadsheet shows it, with its sheet where there are several."""
    if not key.isdigit():
        return key
    row = rows[int(key)]
    is_alone = len({each.sheet for each in rows}) == 1
    return str(row.row_no) if is_alone else f"{row.sheet}!{row.row_no}"


def _waiting(rows: Sequence[PlacedRow]) -> Problems:
    """The rows that a person would have to decide, with the sentence of the page and what they say."""
    asked = {at: row for at, row in enumerate(rows) if row.outcome is EntryOutcome.REVIEW or row.household is None}
    return {at: [f"{sentence(row.reason or 'nickname')}：{row.text}"] for at, row in asked.items()}


def _orders(rows: Sequence[PlacedRow], problems: Problems) -> list[OrderOfFile]:
    """The rows of each order together: by its number, or by household where the file has no numbers."""
    has_numbers = any(row.order for row in rows)
    orders: dict[object, OrderOfFile] = {}
    for at, row in enumerate(rows):
        if has_numbers and not row.order:
            problems.setdefault(at, []).append(_("缺少%(column)s。", column=_("订单号")))
        if at in problems or row.household is None:
            continue
        household_id = int(str(row.household.household_id))
        person = OrderContact(row.buyer[:40], row.phone[:20])
        order = orders.setdefault(row.order or household_id, OrderOfFile(at, household_id, person))
        if order.household_id != household_id:
            problems[at] = [_("订单 %(order)s 的几行写了不同的住户。", order=row.order)]
        for goods in row.goods:
            order.units[goods.item] = order.units.get(goods.item, 0) + (goods.qty or 0)
    return list(orders.values())


def _bulk_rows(
    orders: Iterable[OrderOfFile], offers: Offers, families: dict[int, int], problems: Problems
) -> list[BulkOrderRow]:
    found: list[BulkOrderRow] = []
    for order in orders:
        picks = offers.picks(order.units)
        if picks is None:
            problems.setdefault(order.row, []).append(sentence("unknown_item"))
        else:
            found.append(BulkOrderRow(order.row, order.household_id, picks, order.person, families[order.row]))
    return found


@click.command("orders")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--cycle", "cycle_id", type=int, required=True, help="批次的编号 Number of the cycle")
@with_appcontext
def orders(file: Path, cycle_id: int) -> None:
    """导入订单表。 Bring a table of orders in."""
    if db.session.get(Cycle, cycle_id) is None:
        raise click.ClickException(f"没有编号为 {cycle_id} 的批次。 No such cycle.")
    try:
        report = import_file(SYSTEM, cycle_id, file.read_bytes(), OPERATOR)
    except Invalid as error:
        for row, sentences in error.problems.items():
            for said in sentences:
                click.echo(str(said) if row == "file" else f"第 {row} 行：{said}", err=True)
        raise click.ClickException("没有写入任何订单。 Nothing was written.") from error
    except LoudaError as error:
        raise click.ClickException(str(error.sentence)) from error
    click.echo(
        f"订单 {report.placed} 张，明细 {report.lines} 行，共 {report.units} 份；"
        f"已有相同订单 {report.unchanged} 张；同一房号的另一家 {report.families} 户。"
    )
