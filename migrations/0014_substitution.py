"""Let one line of an order stand in for another, and keep what stood there before a telephone order.

A line that stands in for another is the same item once more, so a unique key of (order, item) holds for ordered lines
only. SQLite cannot drop a unique key: the table is built anew there, without the triggers that speak of it meanwhile.
"""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types
from migrations.guards.triggers import GUARDS, create, drop

revision = "0014_substitution"
down_revision = "0013_guards"
branch_labels = None
depends_on = None

STAGES = ("open", "allocated", "packed", "dropped_off", "accepted", "disputed", "short", "cancelled", "refunded")
ORDERED_ONCE = "uq_order_line_order_id_item_id"
STANDS_IN = "fk_order_line_substitute_for_id_order_line"
ORDERED = sa.text("substitute_for_id IS NULL")
WATCHING = [guard for guard in GUARDS if guard.name.startswith("order_line_") or guard.name == "cycle_closes_empty"]


def upgrade() -> None:
    _guards(drop)
    with op.batch_alter_table("order_line", copy_from=_lines(), table_kwargs={"sqlite_strict": True}) as lines:
        lines.add_column(sa.Column("substitute_for_id", sa.Integer(), nullable=True))
        lines.create_foreign_key(STANDS_IN, "order_line", ["substitute_for_id"], ["id"], ondelete="RESTRICT")
        lines.drop_constraint(ORDERED_ONCE, type_="unique")
    op.create_index("ix_order_line_order_id", "order_line", ["order_id"])
    op.create_index("ix_order_line_substitute_for_id", "order_line", ["substitute_for_id"])
    op.create_index(
        "uq_order_line_ordered",
        "order_line",
        ["order_id", "item_id"],
        unique=True,
        sqlite_where=ORDERED,
        postgresql_where=ORDERED,
    )
    _guards(create)
    op.create_table(
        "replacement",
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("qty_covered", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty_covered >= 1", name=op.f("ck_replacement_qty_covered_least")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_replacement_order_line_id_order_line"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_replacement_run_id_allocation_run"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_replacement")),
        sqlite_strict=True,
    )
    op.create_index("ix_replacement_run_id", "replacement", ["run_id"])
    for name in ("door_note_before", "remark_before"):
        op.add_column("desk_entry", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Raises where goods stand in for others: the older tables have no place for them."""
    standing_in = sa.text("SELECT count(*) FROM order_line WHERE substitute_for_id IS NOT NULL")
    if op.get_bind().execute(standing_in).scalar_one():
        raise RuntimeError("goods stand in for others: the older tables have no place for them")
    for name in ("remark_before", "door_note_before"):
        op.drop_column("desk_entry", name)
    op.drop_table("replacement")
    _guards(drop)
    for index in ("uq_order_line_ordered", "ix_order_line_substitute_for_id", "ix_order_line_order_id"):
        op.drop_index(index, "order_line")
    lines_now = _lines(
        sa.Column("substitute_for_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["substitute_for_id"], ["order_line.id"], name=STANDS_IN, ondelete="RESTRICT"),
    )
    with op.batch_alter_table("order_line", copy_from=lines_now, table_kwargs={"sqlite_strict": True}) as lines:
        lines.drop_constraint(STANDS_IN, type_="foreignkey")
        lines.drop_column("substitute_for_id")
        if op.get_bind().dialect.name != "sqlite":
            lines.create_unique_constraint(ORDERED_ONCE, ["order_id", "item_id"])
    _guards(create)


def _guards(statements: object) -> None:
    assert callable(statements)
    dialect = op.get_bind().dialect.name
    for guard in WATCHING:
        for statement in statements(guard, dialect):
            op.execute(statement)


def _lines(*more: sa.schema.SchemaItem) -> sa.Table:
    """The table as migration 0005 made it, which SQLite copies; `more` is what has come since."""
    counters = [f"qty_{stage}" for stage in STAGES]
    least = [("qty_ordered", 1), *((counter, 0) for counter in counters)]
    return sa.Table(
        "order_line",
        sa.MetaData(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("is_substitutable", types.Flag(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("qty_ordered", *counters)),
        sa.CheckConstraint(f"{' + '.join(counters)} = qty_ordered", name=op.f("ck_order_line_every_unit_in_one_stage")),
        *(sa.CheckConstraint(f"{name} >= {n}", name=op.f(f"ck_order_line_{name}_least")) for name, n in least),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_order_line_item_id_item"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["order_id", "cycle_id"],
            ["household_order.id", "household_order.cycle_id"],
            name=op.f("fk_order_line_order_id_cycle_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("id", "cycle_id", name=op.f("uq_order_line_id_cycle_id")),
        sa.UniqueConstraint("order_id", "item_id", name=op.f(ORDERED_ONCE)),
        sa.Index("ix_order_line_cycle_item", "cycle_id", "item_id"),
        *more,
    )
