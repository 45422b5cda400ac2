"""The command line for tables of the catalogue: `import items FILE…`, `import supplies FILE…`."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.access.permissions import Staff
from app.catalog.imports import service as imports_service
from app.catalog.imports.items import ItemImportOptions
from app.catalog.imports.service import CatalogueTableKind, CatalogueUpload
from app.core.errors import Invalid, LoudaError
from app.core.input.tables import OPERATOR

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_OPERATOR = Staff("system", 0, "系统")


@click.command("items")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--margin", default=15, show_default=True, type=click.IntRange(0, 300), help="批发价加百分之几 Percent on top"
)
@click.option(
    "--weight", default=500, show_default=True, type=click.IntRange(1, 100_000), help="没写重量时的克数 Grams"
)
@click.option("--dry-run", is_flag=True, help="只预览 Only say what would change")
@with_appcontext
def items(files: tuple[Path, ...], margin: int, weight: int, dry_run: bool) -> None:
    """导入商品。 Import items; prices by the kilogram become portions of 500 g."""
    _import(files, CatalogueTableKind.ITEMS, ItemImportOptions(margin, weight), dry_run)


@click.command("supplies")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--dry-run", is_flag=True, help="只预览 Only say what would change")
@with_appcontext
def supplies(files: tuple[Path, ...], dry_run: bool) -> None:
    """导入供应商报价。 Import what suppliers sell, in which packs, at which price."""
    _import(files, CatalogueTableKind.SUPPLIES, ItemImportOptions(), dry_run)


COMMANDS: tuple[click.Command, ...] = (items, supplies)


def _import(files: tuple[Path, ...], kind: CatalogueTableKind, options: ItemImportOptions, is_dry: bool) -> None:
    for path in files:
        upload = CatalogueUpload(path.read_bytes(), kind, options, OPERATOR)
        try:
            act = imports_service.preview if is_dry else imports_service.import_table
            plan = act(_OPERATOR, upload)
        except LoudaError as error:
            sentences = error.problems.get("file", []) if isinstance(error, Invalid) else []
            raise click.ClickException(
                "\n".join([path.name, *(str(s) for s in sentences or [error.sentence])])
            ) from error
        counts = f"新增 {len(plan.added)}，修改 {len(plan.changed)}，不变 {plan.unchanged}"
        click.echo(f"{path.name}（{kind.label_zh}）：{counts}")
        for note in plan.notes:
            click.echo(f"  {note}")
        for problem in plan.problems[:50]:
            click.echo(f"  第 {problem.row} 行：{problem.sentence}")
