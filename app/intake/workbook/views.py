"""The order workbook to fill in, made for one point of one cycle."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response
from sqlalchemy import select

from app.access.guard import requires, staff
from app.access.permissions import Permission
from app.catalog.models import Item
from app.core.db import db
from app.core.text.natural import natural_key
from app.intake.workbook import template_sheet
from app.ordering.gate import require_cycle_at_point
from app.ordering.models import Cycle, Offer
from app.places.models import Building, Compound, Stairwell

bp = Blueprint("order_template", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/cycles/<int:cycle_id>/intake/template/<int:point_id>")
@requires(Permission.INTAKE)
def download(cycle_id: int, point_id: int) -> Response:
    """The workbook with the buildings of the point and the goods of the cycle."""
    cycle = require_cycle_at_point(staff(), Permission.INTAKE, cycle_id, point_id)
    body = template_sheet.build(choices(cycle, point_id))
    name = quote(f"订单模板-{cycle.name}.xlsx")
    return Response(body, mimetype=XLSX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


def choices(cycle: Cycle, point_id: int) -> template_sheet.TemplateChoices:
    """What the drop-downs offer. Four statements."""
    here = Building.service_point_id == point_id
    compounds = db.session.scalars(
        select(Compound.name).where(Compound.id.in_(select(Building.compound_id).where(here)))
    )
    buildings = set(db.session.scalars(select(Building.label).where(here)))
    wells = set(db.session.scalars(select(Stairwell.label).join(Building).where(here)))
    found = select(Offer.name, Item.sale_unit).outerjoin(Item, Item.id == Offer.item_id)
    offers = db.session.execute(found.where(Offer.cycle_id == cycle.id, Offer.is_listed).order_by(Offer.id)).all()
    return template_sheet.TemplateChoices(
        cycle.name,
        sorted(set(compounds)),
        sorted(buildings, key=natural_key),
        sorted(wells - {""}, key=natural_key),
        [offer.name for offer in offers],
        {offer.name: offer.sale_unit or "份" for offer in offers},
    )
