"""Tell phones that came by a room alone from those of the household, give households a door PIN, and keep claims.

What a phone that came by room alone made is marked with its hand. Before, such a phone saw whatever the household
ordered after it came in. Of the databases in use only that stays with it which nobody else can have made: the orders
and errands of a household that only this one phone ever acted for. Everything else opens with a code or the PIN.
Order codes given out before may have been read by such a phone, so an order placed by a phone counts as unproven: its
code opens that order, not the household.
"""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0022_household_entry"
down_revision = "0021_building_moves"
branch_labels = None
depends_on = None

INSTANT = sa.Text().with_variant(TIMESTAMP(timezone=True), "postgresql")
# Tokens live two weeks beyond the cut-off of their order, so those of these cycles cannot have been purged yet.
UNDER_WAY = ("open", "locked", "running")


def upgrade() -> None:
    for table in ("household_token", "household_order", "errand"):
        op.add_column(table, sa.Column("hand", sa.Text(), nullable=False, server_default=""))
    _mark_hands()
    op.drop_column("household_token", "knows_since")
    _door_pin()
    _room_claim()


def _mark_hands() -> None:
    """Give each order of a phone and each token that knew no code a hand; see the head of this file."""
    bind = op.get_bind()
    orders = bind.execute(
        sa.text(
            "SELECT o.id, o.household_id, o.placed_at, c.state FROM household_order AS o JOIN cycle AS c"
            " ON c.id = o.cycle_id WHERE o.placed_by_kind = 'household' AND o.source = 'form'"
            " AND o.household_id IS NOT NULL ORDER BY o.id"
        )
    ).all()
    hands = {order.id: secrets.token_hex(16) for order in orders}
    under_way: dict[int, list[tuple[int, Any]]] = {}
    for order in orders:
        if order.state in UNDER_WAY:
            under_way.setdefault(order.household_id, []).append((order.id, order.placed_at))
    tokens = bind.execute(sa.text("SELECT id, household_id, knows_since FROM household_token ORDER BY id")).all()
    revoked = sa.text("SELECT DISTINCT subject_id FROM event WHERE verb = 'revoke' AND subject_type = 'household'")
    thrown_out = set(bind.execute(revoked).scalars())
    by_household: dict[int, int] = {}
    for token in tokens:
        by_household[token.household_id] = by_household.get(token.household_id, 0) + 1
    for token in tokens:
        if token.knows_since is None:
            continue
        hand = secrets.token_hex(16)
        bind.execute(sa.text("UPDATE household_token SET hand = :hand WHERE id = :id"), {"hand": hand, "id": token.id})
        if by_household[token.household_id] > 1 or token.household_id in thrown_out:
            continue
        for order_id, placed_at in under_way.get(token.household_id, ()):
            if placed_at >= token.knows_since:
                hands[order_id] = hand
        bind.execute(
            sa.text(
                "UPDATE errand SET hand = :hand WHERE household_id = :household AND asked_by_kind = 'household'"
                " AND created_at >= :since"
            ),
            {"hand": hand, "household": token.household_id, "since": token.knows_since},
        )
    if hands:
        bind.execute(
            sa.text("UPDATE household_order SET hand = :hand WHERE id = :id"),
            [{"id": order_id, "hand": hand} for order_id, hand in hands.items()],
        )


def _door_pin() -> None:
    op.create_table(
        "door_pin",
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("slip_cycle_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_door_pin_household_id_household"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["slip_cycle_id"], ["cycle.id"], name=op.f("fk_door_pin_slip_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_door_pin")),
        sqlite_strict=True,
    )


def _room_claim() -> None:
    kinds = "kind IN ('missing', 'second', 'other')"
    states = "state IN ('open', 'family', 'replaced', 'rejected')"
    links = {
        "cycle_id": "cycle",
        "building_id": "building",
        "stairwell_id": "stairwell",
        "settled_by_id": "account",
        "order_id": "household_order",
    }
    op.create_table(
        "room_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=True),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("stairwell_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("room", "kind", "phone", "note", "picks", "state")),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(kinds, name=op.f("ck_room_claim_kind")),
        sa.CheckConstraint(states, name=op.f("ck_room_claim_state")),
        sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name=op.f("ck_room_claim_settled_has_time")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_room_claim_{column}_{table}"), ondelete="RESTRICT"
            )
            for column, table in links.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_claim")),
        sqlite_strict=True,
    )
    op.create_index("ix_room_claim_building_id", "room_claim", ["building_id"])
    op.create_index("ix_room_claim_cycle_id", "room_claim", ["cycle_id"])


def downgrade() -> None:
    """A phone without a code gets what it had: everything from now on, nothing of before."""
    op.drop_table("room_claim")
    op.drop_table("door_pin")
    op.add_column("household_token", sa.Column("knows_since", INSTANT, nullable=True))
    op.execute(sa.text("UPDATE household_token SET knows_since = created_at WHERE hand <> ''"))
    for table in ("errand", "household_order", "household_token"):
        op.drop_column(table, "hand")
