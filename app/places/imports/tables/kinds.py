"""The kinds of tables the register takes, in the order in which they build on one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.input.imports import ImportPlan
from app.core.input.records import Column, head_fits, title_key
from app.core.input.tables import TableSheet
from app.core.labels import Labelled
from app.places.imports.tables import buildings, communities, compounds, points, rooms
from app.places.imports.tables.options import RegisterImportOptions


class RegisterTableKind(Labelled):
    COMMUNITIES = "communities", "社区"
    POINTS = "points", "点位"
    COMPOUNDS = "compounds", "小区"
    BUILDINGS = "buildings", "楼栋"
    ROOMS = "rooms", "房号名册"


PLANS: dict[str, Callable[[TableSheet, RegisterImportOptions], ImportPlan]] = {
    RegisterTableKind.COMMUNITIES: communities.plan,
    RegisterTableKind.POINTS: points.plan,
    RegisterTableKind.COMPOUNDS: compounds.plan,
    RegisterTableKind.BUILDINGS: buildings.plan,
    RegisterTableKind.ROOMS: rooms.plan,
}
COLUMNS: dict[str, Sequence[Column]] = {
    RegisterTableKind.COMMUNITIES: communities.COLUMNS,
    RegisterTableKind.POINTS: points.COLUMNS,
    RegisterTableKind.COMPOUNDS: compounds.COLUMNS,
    RegisterTableKind.BUILDINGS: buildings.COLUMNS,
    RegisterTableKind.ROOMS: rooms.COLUMNS,
}
_COMPOUND_TITLES = {title_key(title) for title in ("小区", "小区名称", "compound", "compound_id", "小区编号")}


def detect(sheet: TableSheet) -> RegisterTableKind:
    """The kind of a table by its head. Raises Invalid where it could be none."""
    for head in sheet.rows[:20]:
        titles = {title_key(title) for title in head}
        if head_fits(head, rooms.COLUMNS):
            return RegisterTableKind.ROOMS
        if head_fits(head, buildings.COLUMNS) and titles & _COMPOUND_TITLES:
            return RegisterTableKind.BUILDINGS
        if titles & _COMPOUND_TITLES and head_fits(head, compounds.COLUMNS):
            return RegisterTableKind.COMPOUNDS
        if head_fits(head, points.COLUMNS):
            return RegisterTableKind.POINTS
        if head_fits(head, communities.COLUMNS):
            return RegisterTableKind.COMMUNITIES
    raise Invalid({"file": [_("从表头看不出是什么表，请在上面选择种类。")]})
