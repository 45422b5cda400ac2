"""The command line for tables of the register: `import places FILE…`, or one kind: `import buildings FILE`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import or_, select

from app.access.permissions import Staff
from app.core.db import db
from app.core.errors import Invalid, LoudaError
from app.core.input.imports import ImportPlan
from app.core.input.records import head_fits, records
from app.core.input.tables import OPERATOR, TableSheet, read_table
from app.places.imports import service as imports_service
from app.places.imports.tables import communities
from app.places.imports.tables.datum import Datum
from app.places.imports.tables.kinds import RegisterTableKind, detect
from app.places.imports.tables.options import RegisterImportOptions
from app.places.models import Community, Subdistrict

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SHARED = (
    click.option("--subdistrict", "code", default="", help="街道的代码或名称 Code or name of the subdistrict"),
    click.option("--community", default="", help="没有社区一列时归入 Community of rows that name none"),
    click.option("--datum", type=click.Choice([str(d) for d in Datum]), default="wgs84", show_default=True),
    click.option("--suffix", default="幢", show_default=True, help="楼号后缀 Put behind bare building numbers"),
    click.option("--rooms/--no-rooms", default=True, help="按层数生成房号 Make rooms from numbers of floors"),
    click.option("--dry-run", is_flag=True, help="只预览 Only say what would change"),
)


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_SHARED):
        command = option(command)
    return command


@click.command("places")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_shared
@with_appcontext
def places(files: tuple[Path, ...], **chosen: Any) -> None:
    """导入社区、点位、小区、楼栋、名册（种类看表头）。 Import tables of places; kinds are told by their heads."""
    _import([(_kind_of(path), path) for path in files], chosen)


def _one(kind: RegisterTableKind, text: str) -> click.Command:
    @click.command(str(kind), help=text)
    @click.argument("files", nargs=-1, required=True, type=_FILE)
    @_shared
    @with_appcontext
    def run(files: tuple[Path, ...], **chosen: Any) -> None:
        _import([(kind, path) for path in files], chosen)

    return run


COMMANDS: tuple[click.Command, ...] = (
    places,
    _one(RegisterTableKind.COMMUNITIES, "导入社区。 Import communities; makes the subdistrict they name."),
    _one(RegisterTableKind.POINTS, "导入点位。 Import service points."),
    _one(RegisterTableKind.COMPOUNDS, "导入小区。 Import compounds."),
    _one(RegisterTableKind.BUILDINGS, "导入楼栋。 Import buildings, with stairwells and rooms."),
    _one(RegisterTableKind.ROOMS, "导入房号名册。 Import rosters of rooms; names and phones are not read."),
)


def _read(path: Path) -> TableSheet:
    try:
        return read_table(path.read_bytes(), OPERATOR)
    except LoudaError as error:
        raise click.ClickException(f"{path.name}: {error.sentence}") from error


def _kind_of(path: Path) -> RegisterTableKind:
    try:
        return detect(_read(path))
    except Invalid as error:
        raise click.ClickException(f"{path.name}: {error.sentence}") from error


def _import(files: list[tuple[RegisterTableKind, Path]], chosen: dict[str, Any]) -> None:
    order = list(RegisterTableKind)
    files = sorted(files, key=lambda pair: order.index(pair[0]))
    subdistrict = _subdistrict(chosen["code"], [path for kind, path in files if kind == RegisterTableKind.COMMUNITIES])
    by = imports_service.operator_of(subdistrict.id)
    for kind, path in files:
        options = _options(subdistrict, chosen)
        upload = imports_service.RegisterUpload(path.read_bytes(), kind, options, OPERATOR)
        try:
            plan = _run(by, upload, bool(chosen["dry_run"]))
        except LoudaError as error:
            problems = error.problems.get("file", []) if isinstance(error, Invalid) else []
            raise click.ClickException(
                "\n".join([path.name, *(str(p) for p in problems or [error.sentence])])
            ) from error
        report(path, kind.label_zh, plan)


def _run(by: Staff, upload: imports_service.RegisterUpload, is_dry: bool) -> ImportPlan:
    return imports_service.preview(by, upload) if is_dry else imports_service.import_table(by, upload)


def report(path: Path, label: str, plan: ImportPlan) -> None:
    """Print what an import did, and what stands in its way."""
    click.echo(f"{path.name}（{label}）：新增 {len(plan.added)}，修改 {len(plan.changed)}，不变 {plan.unchanged}")
    for note in plan.notes:
        click.echo(f"  {note}")
    for problem in plan.problems[:50]:
        click.echo(f"  第 {problem.row} 行：{problem.sentence}")


def _subdistrict(code: str, tables: list[Path]) -> Subdistrict:
    """The one named by code or name, else the one the communities' table names, else the only one there is."""
    wanted = select(Subdistrict).where(or_(Subdistrict.code == code, Subdistrict.name == code))
    named = list(db.session.scalars(wanted)) if code else []
    if len(named) == 1:
        return named[0]
    for path in tables:
        sheet = _read(path)
        if not any(head_fits(row, communities.COLUMNS) for row in sheet.rows[:20]):
            continue
        for record in records(sheet, communities.COLUMNS):
            if record.has("street_code") and code in ("", record.text("street_code")):
                return _of_table(record.text("street_code"), record.text("street"))
    found = [] if code else list(db.session.scalars(select(Subdistrict)))
    if len(found) != 1:
        raise click.ClickException(
            "请用 --subdistrict 写明街道代码，或先导入带街道代码的社区表。"
            " Name the subdistrict, or import a table of communities with its code first."
        )
    return found[0]


def _of_table(code: str, name: str) -> Subdistrict:
    """The subdistrict of a communities' table; its code or name is taken over by the import where it was not known."""
    there = imports_service.known_subdistrict(code, name)
    unnumbered = select(Subdistrict.name).where(Subdistrict.code == Subdistrict.name)
    others = [] if there else list(db.session.scalars(unnumbered))
    if others:
        raise click.ClickException(
            f"表里的街道是 {code} {name}，已登记的是 {'、'.join(others)}，还没有代码。"
            "是同一个街道时，请用 --subdistrict 写明已登记的名称。"
            " The table names another subdistrict than the one registered without a code; name the registered one"
            " with --subdistrict where they are the same."
        )
    return there or imports_service.found_subdistrict(code, name)


def _options(subdistrict: Subdistrict, chosen: dict[str, Any]) -> RegisterImportOptions:
    held = list(
        db.session.scalars(
            select(Community).where(Community.subdistrict_id == subdistrict.id).order_by(Community.code, Community.id)
        )
    )
    wanted = chosen["community"]
    named = next((row for row in held if wanted in (row.name, row.code)), None)
    if wanted and named is None:
        raise click.ClickException(f"没有这个社区 No such community: {wanted}")
    chosen_id = named.id if named else (held[0].id if held else None)
    return RegisterImportOptions(
        subdistrict.id, chosen_id, chosen["datum"], chosen["suffix"], chosen["rooms"], is_named=bool(chosen["code"])
    )
