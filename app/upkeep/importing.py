"""`louda import KIND FILE…`: the import commands of every slice that has some, under one name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

import click

SLICES = ("app.places.imports.cli", "app.catalog.imports.cli", "app.intake.booking.cli")


@click.group("import")
def import_group() -> None:
    """导入小区楼栋、商品、订单的表格。 Import tables of places, items and orders (CSV or XLSX)."""


def commands_of(module: ModuleType) -> Iterable[click.Command]:
    """The commands a module lists in COMMANDS, else those it defines."""
    listed: Iterable[click.Command] | None = getattr(module, "COMMANDS", None)
    return listed or [found for found in vars(module).values() if isinstance(found, click.Command)]


for name in SLICES:
    for command in commands_of(import_module(name)):
        import_group.add_command(command)
