"""Create the register of places and households."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0002_places"
down_revision = "0001_core"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subdistrict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("help_phone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subdistrict")),
        sa.UniqueConstraint("code", name=op.f("uq_subdistrict_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "zone_level",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("delivery_mode", sa.Text(), nullable=False),
        sa.Column("is_contactless", types.Flag(), nullable=False),
        sa.Column("round_order", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "delivery_mode IN ('to_door', 'to_stairwell', 'to_building', 'collect_by_slot')",
            name=op.f("ck_zone_level_delivery_mode"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_level")),
        sa.UniqueConstraint("code", name=op.f("uq_zone_level_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "community",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_community_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("subdistrict_id", "code", name=op.f("uq_community_subdistrict_id_code")),
        sa.UniqueConstraint("subdistrict_id", "name", name=op.f("uq_community_subdistrict_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "compound",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinyin", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=True),
        sa.Column("lon_e6", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_compound_community_id_community"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compound")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_compound_community_id_name")),
        sqlite_strict=True,
    )
    op.create_index("ix_compound_code", "compound", ["code"], unique=True)
    op.create_table(
        "grid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_grid_community_id_community"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
        sa.UniqueConstraint("community_id", "code", name=op.f("uq_grid_community_id_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "service_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=True),
        sa.Column("lon_e6", sa.Integer(), nullable=True),
        sa.Column("is_depot", types.Flag(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_service_point_community_id_community"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_point")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_service_point_community_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "address_profile",
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("levels", types.Json(), nullable=False),
        sa.Column("words", types.Json(), nullable=False),
        sa.Column("buildings", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compound.id"], name=op.f("fk_address_profile_compound_id_compound"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("compound_id", name=op.f("pk_address_profile")),
        sqlite_strict=True,
    )
    op.create_table(
        "building",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("public_code", sa.Text(), nullable=False),
        sa.Column("floors", sa.Integer(), nullable=False),
        sa.Column("has_lift", types.Flag(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=True),
        sa.Column("lon_e6", sa.Integer(), nullable=True),
        sa.Column("drop_spot", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compound.id"], name=op.f("fk_building_compound_id_compound"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_building_grid_id_grid"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_building_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("compound_id", "label", name=op.f("uq_building_compound_id_label")),
        sa.UniqueConstraint("public_code", name=op.f("uq_building_public_code")),
        sqlite_strict=True,
    )
    op.create_index("ix_building_code", "building", ["code"], unique=True)
    op.create_index("ix_building_service_point_id", "building", ["service_point_id"], unique=False)
    op.create_table(
        "compound_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compound.id"], name=op.f("fk_compound_alias_compound_id_compound"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compound_alias")),
        sa.UniqueConstraint("compound_id", "alias", name=op.f("uq_compound_alias_compound_id_alias")),
        sqlite_strict=True,
    )
    op.create_table(
        "gate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=False),
        sa.Column("lon_e6", sa.Integer(), nullable=False),
        sa.Column("opens_s", sa.Integer(), nullable=False),
        sa.Column("closes_s", sa.Integer(), nullable=False),
        sa.Column("is_open", types.Flag(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compound.id"], name=op.f("fk_gate_compound_id_compound"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
        sa.UniqueConstraint("compound_id", "name", name=op.f("uq_gate_compound_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "blackout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("compound_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("(building_id IS NULL) <> (compound_id IS NULL)", name=op.f("ck_blackout_one_place")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_blackout_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_blackout_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compound.id"], name=op.f("fk_blackout_compound_id_compound"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blackout")),
        sqlite_strict=True,
    )
    op.create_table(
        "stairwell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_stairwell_building_id_building"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stairwell")),
        sa.UniqueConstraint("building_id", "label", name=op.f("uq_stairwell_building_id_label")),
        sqlite_strict=True,
    )
    op.create_table(
        "zone_designation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("zone_level_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", types.UtcDateTime(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(), nullable=True),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_zone_designation_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_zone_designation_building_id_building"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["zone_level_id"],
            ["zone_level.id"],
            name=op.f("fk_zone_designation_zone_level_id_zone_level"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_designation")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_zone_designation_current",
        "zone_designation",
        ["building_id"],
        unique=True,
        sqlite_where=sa.text("ends_at IS NULL"),
        postgresql_where=sa.text("ends_at IS NULL"),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stairwell_id", sa.Integer(), nullable=False),
        sa.Column("room_no", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("is_active", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stairwell_id"], ["stairwell.id"], name=op.f("fk_household_stairwell_id_stairwell"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("stairwell_id", "room_no", name=op.f("uq_household_stairwell_id_room_no")),
        sqlite_strict=True,
    )
    op.create_table(
        "household_contact",
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("purge_on", types.LocalDate(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
            name=op.f("fk_household_contact_household_id_household"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_household_contact")),
        sqlite_strict=True,
    )
    op.create_index("ix_household_contact_purge_on", "household_contact", ["purge_on"], unique=False)


def downgrade() -> None:
    op.drop_table("household_contact")
    op.drop_table("household")
    op.drop_table("zone_designation")
    op.drop_table("stairwell")
    op.drop_table("blackout")
    op.drop_table("gate")
    op.drop_table("compound_alias")
    op.drop_table("building")
    op.drop_table("address_profile")
    op.drop_table("service_point")
    op.drop_table("grid")
    op.drop_table("compound")
    op.drop_table("community")
    op.drop_table("zone_level")
    op.drop_table("subdistrict")
