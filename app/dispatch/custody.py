"""Who has a bag, one after the other: depot, team, captain, door."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from app.core import clock
from app.core.db import db
from app.dispatch.models import Custody
from app.picking.models import Bag


def mark_never_left(bag: Bag) -> None:
    """Inside a command: a bag that was thought to be with its team never left the depot."""
    handed_out = (Custody.bag_id == bag.id, Custody.from_kind == "depot", Custody.to_kind == "team")
    held = db.session.scalars(select(Custody).where(*handed_out).order_by(Custody.seq.desc()).limit(1)).one()
    transfer_custody([bag], ("team", held.to_id), ("depot", held.from_id))


def transfer_custody(
    bags: list[Bag], giver: tuple[str, int], taker: tuple[str, int], drop_off_id: int | None = None
) -> None:
    """Inside a command: write who has each bag now, numbered per bag."""
    if not bags:
        return
    db.session.flush()
    ids = [bag.id for bag in bags]
    counts = select(Custody.bag_id, func.max(Custody.seq)).where(Custody.bag_id.in_(ids)).group_by(Custody.bag_id)
    last = {bag_id: seq for bag_id, seq in db.session.execute(counts)}  # noqa: C416
    rows = [
        {
            "bag_id": bag_id,
            "seq": last.get(bag_id, 0) + 1,
            "from_kind": giver[0],
            "from_id": giver[1],
            "to_kind": taker[0],
            "to_id": taker[1],
            "at": clock.now(),
            "drop_off_id": drop_off_id,
        }
        for bag_id in ids
    ]
    db.session.execute(insert(Custody), rows)
