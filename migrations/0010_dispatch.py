"""Create bags, plans, rounds and custody."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0010_dispatch"
down_revision = "0009_stock"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("capacity_g", sa.Integer(), nullable=False),
        sa.Column("capacity_ml", sa.Integer(), nullable=False),
        sa.Column("capacity_bags", sa.Integer(), nullable=False),
        sa.Column("zone_clearance", sa.Integer(), nullable=False),
        sa.Column("is_active", types.Flag(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("mode IN ('foot', 'cart', 'e_bike', 'van')", name=op.f("ck_team_mode")),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"], ["subdistrict.id"], name=op.f("fk_team_subdistrict_id_subdistrict"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("subdistrict_id", "name", name=op.f("uq_team_subdistrict_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("input_sha256", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("solver", sa.Text(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("statistics", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('proposed', 'published', 'superseded', 'discarded')", name=op.f("ck_plan_state")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name=op.f("fk_plan_cycle_id_cycle"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("cycle_id", "wave", "input_sha256", name=op.f("uq_plan_cycle_id_wave_input_sha256")),
        sa.UniqueConstraint("id", "cycle_id", name=op.f("uq_plan_id_cycle_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_plan_published",
        "plan",
        ["cycle_id", "wave"],
        unique=True,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "team_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_team_member_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_team_member_team_id_team"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_team_member_team_id"), "team_member", ["team_id"], unique=False)
    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("depot_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=False),
        sa.Column("is_cancelled", types.Flag(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shift_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["depot_id"], ["service_point.id"], name=op.f("fk_shift_depot_id_service_point"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_shift_team_id_team"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_shift_team_id"), "shift", ["team_id"], unique=False)
    op.create_table(
        "pick_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('by_item', 'by_bag')", name=op.f("ck_pick_list_kind")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_pick_list_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_pick_list_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_list")),
        sa.UniqueConstraint(
            "cycle_id", "wave", "kind", "building_id", name=op.f("uq_pick_list_cycle_id_wave_kind_building_id")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("departs_at", types.UtcDateTime(), nullable=False),
        sa.Column("returns_at", types.UtcDateTime(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'loading', 'departed', 'completed', 'cancelled', 'aborted')",
            name=op.f("ck_round_state"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_round_plan_id_plan"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_round_shift_id_shift"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("plan_id", "seq", name=op.f("uq_round_plan_id_seq")),
        sqlite_strict=True,
    )
    op.create_table(
        "stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("arrive_at", types.UtcDateTime(), nullable=False),
        sa.Column("service_s", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("skip_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'arrived', 'signed', 'refused', 'skipped')", name=op.f("ck_stop_state")
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_stop_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_stop_plan_id_plan"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_stop_round_id_round"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop")),
        sa.UniqueConstraint("id", "plan_id", name=op.f("uq_stop_id_plan_id")),
        sa.UniqueConstraint("round_id", "seq", name=op.f("uq_stop_round_id_seq")),
        sqlite_strict=True,
    )
    op.create_index("ix_stop_building_id", "stop", ["building_id"], unique=False)
    op.create_index("ix_stop_plan_id", "stop", ["plan_id"], unique=False)
    op.create_table(
        "drop_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=False),
        sa.Column("signed_at", types.UtcDateTime(), nullable=False),
        sa.Column("bags_expected", sa.Integer(), nullable=False),
        sa.Column("bags_counted", sa.Integer(), nullable=False),
        sa.Column("bags_missing", sa.Integer(), nullable=False),
        sa.CheckConstraint("bags_counted + bags_missing = bags_expected", name=op.f("ck_drop_off_counted_and_missing")),
        sa.CheckConstraint("bags_counted >= 0", name=op.f("ck_drop_off_bags_counted_least")),
        sa.CheckConstraint("bags_expected >= 0", name=op.f("ck_drop_off_bags_expected_least")),
        sa.CheckConstraint("bags_missing >= 0", name=op.f("ck_drop_off_bags_missing_least")),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["account.id"], name=op.f("fk_drop_off_signed_by_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["stop_id"], ["stop.id"], name=op.f("fk_drop_off_stop_id_stop"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_off")),
        sa.UniqueConstraint("stop_id", name=op.f("uq_drop_off_stop_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "bag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("volume_ml", sa.Integer(), nullable=False),
        sa.Column("is_cold", types.Flag(), nullable=False),
        sa.Column("is_fragile", types.Flag(), nullable=False),
        sa.Column("is_heavy", types.Flag(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('packed', 'loaded', 'dropped_off', 'handed_out', 'confirmed', 'held', 'missing', 'written_off', 'voided')",
            name=op.f("ck_bag_state"),
        ),
        sa.CheckConstraint("volume_ml >= 0", name=op.f("ck_bag_volume_ml_least")),
        sa.CheckConstraint("weight_g >= 0", name=op.f("ck_bag_weight_g_least")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_bag_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "cycle_id"],
            ["household_order.id", "household_order.cycle_id"],
            name=op.f("fk_bag_order_id_cycle_id_household_order"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bag")),
        sa.UniqueConstraint("code", name=op.f("uq_bag_code")),
        sa.UniqueConstraint("id", "cycle_id", name=op.f("uq_bag_id_cycle_id")),
        sa.UniqueConstraint("order_id", "wave", "seq", name=op.f("uq_bag_order_id_wave_seq")),
        sqlite_strict=True,
    )
    op.create_index("ix_bag_cycle_wave", "bag", ["cycle_id", "wave", "building_id"], unique=False)
    op.create_table(
        "bag_line",
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_bag_line_qty_least")),
        sa.ForeignKeyConstraint(["bag_id"], ["bag.id"], name=op.f("fk_bag_line_bag_id_bag"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_bag_line_order_line_id_order_line"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("bag_id", "order_line_id", name=op.f("pk_bag_line")),
        sa.UniqueConstraint("bag_id", "order_line_id", "qty", name=op.f("uq_bag_line_bag_id_order_line_id_qty")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_bag_line_order_line_id"), "bag_line", ["order_line_id"], unique=False)
    op.create_table(
        "custody",
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("from_kind", sa.Text(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_kind", sa.Text(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("drop_off_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["bag_id"], ["bag.id"], name=op.f("fk_custody_bag_id_bag"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["drop_off_id"], ["drop_off.id"], name=op.f("fk_custody_drop_off_id_drop_off"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("bag_id", "seq", name=op.f("pk_custody")),
        sqlite_strict=True,
    )
    op.create_table(
        "plan_bag",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("bag_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column("held_detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "held_reason IN ('capacity', 'window', 'blackout', 'clearance', 'no_team', 'oversize', 'unreachable', 'release', 'held', 'other')",
            name=op.f("ck_plan_bag_held_reason"),
        ),
        sa.CheckConstraint("(stop_id IS NULL) <> (held_reason IS NULL)", name=op.f("ck_plan_bag_exactly_one_answer")),
        sa.ForeignKeyConstraint(
            ["bag_id", "cycle_id"],
            ["bag.id", "bag.cycle_id"],
            name=op.f("fk_plan_bag_bag_id_cycle_id_bag"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id", "cycle_id"],
            ["plan.id", "plan.cycle_id"],
            name=op.f("fk_plan_bag_plan_id_cycle_id_plan"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["stop_id", "plan_id"],
            ["stop.id", "stop.plan_id"],
            name=op.f("fk_plan_bag_stop_id_plan_id_stop"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("plan_id", "bag_id", name=op.f("pk_plan_bag")),
        sqlite_strict=True,
    )
    op.create_index("ix_plan_bag_bag_id", "plan_bag", ["bag_id"], unique=False)
    op.create_index("ix_plan_bag_stop_id", "plan_bag", ["stop_id"], unique=False)


def downgrade() -> None:
    op.drop_table("plan_bag")
    op.drop_table("custody")
    op.drop_table("bag_line")
    op.drop_table("bag")
    op.drop_table("drop_off")
    op.drop_table("stop")
    op.drop_table("round")
    op.drop_table("pick_list")
    op.drop_table("shift")
    op.drop_table("team_member")
    op.drop_table("plan")
    op.drop_table("team")
