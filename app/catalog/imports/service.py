"""Bring tables of the catalogue in: look first, then write all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.access.permissions import Staff
from app.catalog.imports import items, supplies
from app.catalog.imports.items import ItemImportOptions
from app.core import events
from app.core.db import command
from app.core.input.imports import ImportPlan
from app.core.input.records import head_fits
from app.core.input.tables import WEB, TableLimits, TableSheet, read_table
from app.core.labels import Labelled


class CatalogueTableKind(Labelled):
    ITEMS = "items", "商品"
    SUPPLIES = "supplies", "供应商报价"


@dataclass(frozen=True)
class CatalogueUpload:
    """A file and what was chosen beside it; `kind` is empty where the head of the table shall tell."""

    body: bytes
    kind: str = ""
    options: ItemImportOptions = field(default_factory=ItemImportOptions)
    limits: TableLimits = WEB


def preview(by: Staff, upload: CatalogueUpload) -> ImportPlan:
    """What the file would change; writes nothing. Raises Invalid for a file that is no table."""
    return _plan(by, read_table(upload.body, upload.limits), upload)


@command
def import_table(by: Staff, upload: CatalogueUpload) -> ImportPlan:
    """Bring the file in.

    Ensures: every row of it is in the catalogue, or, where any row has a problem, nothing was written (Invalid). A file
    that is in the catalogue already writes nothing.
    """
    plan = _plan(by, read_table(upload.body, upload.limits), upload)
    plan.carry_out()
    if not plan.does_nothing:
        events.record(by, "import", ("item", 0), kind=plan.kind, added=len(plan.added), changed=len(plan.changed))
    return plan


def _plan(by: Staff, sheet: TableSheet, upload: CatalogueUpload) -> ImportPlan:
    if upload.kind == CatalogueTableKind.SUPPLIES or (not upload.kind and _is_supplies(sheet)):
        return supplies.plan(by, sheet)
    return items.plan(by, sheet, upload.options)


def _is_supplies(sheet: TableSheet) -> bool:
    return any(head_fits(head, supplies.COLUMNS) for head in sheet.rows[:20])
