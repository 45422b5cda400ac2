"""`louda import orders FILE --cycle N`: a file of orders into a cycle that takes orders, all rows or none."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.core.db import db
from app.core.errors import Invalid, LoudaError
from app.core.events import SYSTEM, Actor
from app.core.input.tables import OPERATOR, WEB, TableLimits, read_table
from app.ordering.bulk import MOST_PROBLEMS, ImportReport, open_cycle_for
from app.ordering.models import Cycle
from app.ordering.order_file.reader import read_orders
from app.ordering.order_file.service import import_orders


def import_file(by: Actor, cycle_id: int, body: bytes, limits: TableLimits = WEB) -> ImportReport:
    """Read a CSV or XLSX of orders and place them.

    Raises: NotFound, Conflict; Invalid with row → sentences (the key is the row's number in the file, "file" for the
    whole), nothing written.
    """
    open_cycle_for(by, cycle_id)
    rows, problems = read_orders(by, cycle_id, read_table(body, limits))
    if problems:
        found: dict[str, list[object]] = {}
        for problem in problems[:MOST_PROBLEMS]:
            found.setdefault(str(problem.row), []).append(problem.sentence)
        raise Invalid(found)
    return import_orders(by, cycle_id, rows)


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
            for sentence in sentences:
                click.echo(f"第 {row} 行：{sentence}" if row.isdigit() else str(sentence), err=True)
        raise click.ClickException("没有写入任何订单。 Nothing was written.") from error
    except LoudaError as error:
        raise click.ClickException(str(error.sentence)) from error
    click.echo(
        f"订单 {report.placed} 张，明细 {report.lines} 行，共 {report.units} 份；"
        f"已有相同订单 {report.unchanged} 张；同一房号的另一家 {report.families} 户。"
    )
