"""`louda import KIND FILE…`: the import commands of every slice that has some, under one name."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

SLICES = ("app.places.importing", "app.catalog.importing", "app.ordering.importing")


@click.group("import")
def import_group() -> None:
    """导入小区楼栋、商品、订单的表格。 Import tables of places, items and orders (CSV or XLSX)."""


for name in SLICES:
    if find_spec(name) is not None:
        for command in import_module(name).COMMANDS:
            import_group.add_command(command)
