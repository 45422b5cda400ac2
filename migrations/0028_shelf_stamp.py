"""Stamp what an order form lists, so that web processes may keep it: every change makes a new stamp, whoever makes it.

Shelf 0 is what the goods are called, for every cycle; any other shelf is the offers of the cycle of that number. Stamps
are drawn, not counted: after a restore the same number must not stand for other content.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028_shelf_stamp"
down_revision = "0027_event_chains"
branch_labels = None
depends_on = None

CYCLE_OF = "(SELECT cycle_id FROM offer WHERE id = {row}.offer_id)"
STAMPS = {  # trigger: statement, table, shelf
    "offer_added_stamps": ("INSERT", "offer", "NEW.cycle_id"),
    "offer_changed_stamps": ("UPDATE", "offer", "NEW.cycle_id"),
    "offer_removed_stamps": ("DELETE", "offer", "OLD.cycle_id"),
    "offer_component_added_stamps": ("INSERT", "offer_component", CYCLE_OF.format(row="NEW")),
    "offer_component_changed_stamps": ("UPDATE", "offer_component", CYCLE_OF.format(row="NEW")),
    "item_changed_stamps": ("UPDATE OF name, spec, category, sku", "item", "0"),
    "item_alias_added_stamps": ("INSERT", "item_alias", "0"),
    "item_alias_changed_stamps": ("UPDATE", "item_alias", "0"),
    "item_alias_removed_stamps": ("DELETE", "item_alias", "0"),
}
TRIGGERS = tuple(STAMPS)
DRAWN = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "replace(gen_random_uuid()::text, '-', '')"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.create_table(
        "shelf_stamp",
        sa.Column("shelf_id", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("shelf_id", name=op.f("pk_shelf_stamp")),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO shelf_stamp (shelf_id, stamp) VALUES (0, {DRAWN[dialect]})")
    op.execute(f"INSERT INTO shelf_stamp (shelf_id, stamp) SELECT id, {DRAWN[dialect]} FROM cycle")
    for name, (statement, table, shelf) in STAMPS.items():
        stamp = (
            f"INSERT INTO shelf_stamp (shelf_id, stamp) VALUES ({shelf}, {DRAWN[dialect]})"
            " ON CONFLICT (shelf_id) DO UPDATE SET stamp = excluded.stamp"
        )
        if dialect == "sqlite":
            op.execute(f"CREATE TRIGGER {name} AFTER {statement} ON {table} BEGIN {stamp}; END")
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {stamp}; RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER {statement} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    tables = {name: table for name, (_statement, table, _shelf) in STAMPS.items()}
    for name in reversed(TRIGGERS):
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON {tables[name]}")
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("shelf_stamp")
