"""A cycle whose points have all signed, and the equations of the buying side."""

from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff
from app.core import clock
from app.core.db import db
from app.places.models import Subdistrict
from app.tally import queries, service
from app.tally.schemas import SignTally
from tests.world import World


def sign_all(here: World) -> None:
    """Both leaders sign the tally of their point."""
    for name, point in (("leader", here.points[0]), ("leader2", here.points[1])):
        total = sum(cell.qty for cell in queries.ordered_cells(here.cycle.id, point.id))
        service.sign(here.actor(name), here.cycle.id, point.id, SignTally(total))


BROKEN = {
    "E2": "SELECT count(*) FROM lot WHERE qty_free + qty_reserved + qty_packed + qty_damaged + qty_returned"
    " <> qty_received",
    "E3": "SELECT count(*) FROM purchase_order_line WHERE qty_awaited + qty_received + qty_undelivered"
    " <> packs * pack_size",
    "E4": "SELECT count(*) FROM demand WHERE is_covered AND qty_purchased + qty_from_stock + qty_waived - qty_surplus"
    " <> qty_demanded",
    "bought": "SELECT count(*) FROM demand WHERE qty_purchased <> (SELECT coalesce(sum(l.packs * l.pack_size"
    " - l.qty_undelivered), 0) FROM purchase_order_line l JOIN purchase_order o ON o.id = l.purchase_order_id"
    " WHERE o.cycle_id = demand.cycle_id AND l.item_id = demand.item_id AND o.state <> 'cancelled')",
    "received": "SELECT count(*) FROM purchase_order_line WHERE qty_received <> (SELECT coalesce(sum(qty_received), 0)"
    " FROM lot WHERE purchase_order_line_id = purchase_order_line.id)",
    "balanced": "SELECT count(*) FROM lot WHERE qty_received - qty_returned < (SELECT coalesce(sum(CASE k.kind"
    " WHEN 'outside' THEN 0 ELSE m.qty END), 0) - coalesce(sum(CASE f.kind WHEN 'outside' THEN 0 ELSE m.qty END), 0)"
    " FROM stock_move m JOIN location k ON k.id = m.to_location_id JOIN location f ON f.id = m.from_location_id"
    " WHERE m.lot_id = lot.id)",
}


def assert_equations() -> None:
    """E2 to E4, and that books, lines and lots tell the same story."""
    db.session.rollback()
    broken = {name: db.session.execute(text(sql)).scalar_one() for name, sql in BROKEN.items()}
    assert not any(broken.values()), broken


def count(model: type) -> int:
    """Rows of a table."""
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def stranger(here: World) -> Staff:
    """A member of another subdistrict's supplies team, who signs in as "stranger"."""
    elsewhere = Subdistrict(code="330102099", name="邻街道")
    account = Account(username="stranger", password_hash="-", display_name="stranger")
    db.session.add_all([elsewhere, account])
    db.session.flush()
    db.session.add(
        RoleGrant(
            account_id=account.id,
            role=Role.SUPPLIES_TEAM,
            starts_at=clock.now() - timedelta(days=1),
            subdistrict_id=elsewhere.id,
        )
    )
    db.session.commit()
    here.accounts["stranger"] = account
    return here.actor("stranger")


def token(client: FlaskClient, page: str) -> str:
    """The CSRF token that a page's forms carry."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).get_data(as_text=True))
    assert found
    return found[1]
