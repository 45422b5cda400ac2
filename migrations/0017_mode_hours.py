"""Hours of each kind of team, and two further reasons for which a bag is held.

SQLite cannot change a CHECK: the answers for the bags are copied into a table built anew there, without the trigger
that speaks of them meanwhile.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_mode_hours"
down_revision = "0016_other_door"
branch_labels = None
depends_on = None

REASONS = (
    "capacity",
    "window",
    "blackout",
    "clearance",
    "no_team",
    "oversize",
    "unreachable",
    "release",
    "held",
    "other",
)
MORE_REASONS = ("team_time", "short_window")
CHECK = "ck_plan_bag_held_reason"
GUARD = "plan_answers_every_bag"
GUARD_WHEN = (
    "NEW.state = 'published' AND OLD.state <> 'published' AND EXISTS (SELECT 1 FROM bag"
    " WHERE bag.cycle_id = NEW.cycle_id AND bag.wave <= NEW.wave AND bag.state = 'packed'"
    " AND NOT EXISTS (SELECT 1 FROM plan_bag WHERE plan_bag.plan_id = NEW.id AND plan_bag.bag_id = bag.id))"
)


def upgrade() -> None:
    _with_reasons(("capacity", "team_time", *REASONS[1:3], "short_window", *REASONS[3:]))
    op.create_table(
        "mode_hours",
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("opens_s", sa.Integer(), nullable=False),
        sa.Column("closes_s", sa.Integer(), nullable=False),
        sa.CheckConstraint("closes_s > opens_s", name=op.f("ck_mode_hours_closes_after_opening")),
        sa.CheckConstraint("mode IN ('foot', 'cart', 'e_bike', 'van')", name=op.f("ck_mode_hours_mode")),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_mode_hours_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("subdistrict_id", "mode", name=op.f("pk_mode_hours")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """The newer reasons become the older ones that came nearest to them."""
    op.drop_table("mode_hours")
    for newer, older in zip(MORE_REASONS, ("capacity", "window"), strict=True):
        op.execute(f"UPDATE plan_bag SET held_reason = '{older}' WHERE held_reason = '{newer}'")
    _with_reasons(REASONS)


def _with_reasons(reasons: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(CHECK), "plan_bag", type_="check")
        op.create_check_constraint(op.f(CHECK), "plan_bag", _one_of(reasons))
        return
    op.execute(f"DROP TRIGGER {GUARD}")
    op.rename_table("plan_bag", "plan_bag_before")
    for index in ("ix_plan_bag_bag_id", "ix_plan_bag_stop_id"):
        op.drop_index(index, "plan_bag_before")
    _create(reasons)
    columns = "plan_id, bag_id, cycle_id, stop_id, held_reason, held_detail"
    op.execute(f"INSERT INTO plan_bag ({columns}) SELECT {columns} FROM plan_bag_before")
    op.drop_table("plan_bag_before")
    reason = "a published plan answers for every packed bag"
    op.execute(
        f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON plan WHEN {GUARD_WHEN} BEGIN SELECT RAISE(ABORT, '{reason}'); END"
    )


def _one_of(reasons: tuple[str, ...]) -> str:
    return f"held_reason IN ({', '.join(repr(reason) for reason in reasons)})"


def _create(reasons: tuple[str, ...]) -> None:
    op.create_table(
        "plan_bag",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column("held_detail", sa.Text(), nullable=False),
        sa.CheckConstraint(_one_of(reasons), name=op.f(CHECK)),
        sa.CheckConstraint("(stop_id IS NULL) <> (held_reason IS NULL)", name=op.f("ck_plan_bag_exactly_one_answer")),
        *(
            sa.ForeignKeyConstraint(
                [f"{other}_id", third],
                [f"{other}.id", f"{other}.{third}"],
                name=op.f(f"fk_plan_bag_{other}_id_{third}_{other}"),
                ondelete="RESTRICT",
            )
            for other, third in (("bag", "cycle_id"), ("plan", "cycle_id"), ("stop", "plan_id"))
        ),
        sa.PrimaryKeyConstraint("plan_id", "bag_id", name=op.f("pk_plan_bag")),
        sqlite_strict=True,
    )
    op.create_index("ix_plan_bag_bag_id", "plan_bag", ["bag_id"], unique=False)
    op.create_index("ix_plan_bag_stop_id", "plan_bag", ["stop_id"], unique=False)
