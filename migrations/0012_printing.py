"""Create printed documents."""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0012_printing"
down_revision = "0011_handover"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "label_setup",
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Text(), nullable=False),
        sa.Column("margin_top_dmm", sa.Integer(), nullable=False),
        sa.Column("margin_left_dmm", sa.Integer(), nullable=False),
        sa.Column("gap_x_dmm", sa.Integer(), nullable=False),
        sa.Column("gap_y_dmm", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_label_setup_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("subdistrict_id", "stock", name=op.f("pk_label_setup")),
        sqlite_strict=True,
    )
    op.create_table(
        "paper_setup",
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("is_bilingual", types.Flag(), nullable=False),
        sa.Column("has_grid", types.Flag(), nullable=False),
        sa.Column("sheet_stock", sa.Text(), nullable=False),
        sa.Column("roll_stock", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_paper_setup_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("subdistrict_id", name=op.f("pk_paper_setup")),
        sqlite_strict=True,
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("service_point_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("context_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("totals", types.Json(), nullable=False),
        sa.Column("row_hashes", types.Json(), nullable=False),
        sa.Column("as_of_event_id", sa.Integer(), nullable=False),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.Column("printed_at", types.UtcDateTime(), nullable=True),
        sa.Column("returned_at", types.UtcDateTime(), nullable=True),
        sa.Column("row_names", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('rendered', 'printed', 'superseded')", name=op.f("ck_document_state")),
        sa.CheckConstraint("first_page >= 1", name=op.f("ck_document_first_page_least")),
        sa.CheckConstraint("wave >= 0", name=op.f("ck_document_wave_least")),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycle.id"], name=op.f("fk_document_cycle_id_cycle"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["service_point_id"],
            ["service_point.id"],
            name=op.f("fk_document_service_point_id_service_point"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"],
            ["document.id"],
            name=op.f("fk_document_superseded_by_id_document"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "kind", "cycle_id", "wave", "subject_type", "subject_id", "revision", name="uq_document_version"
        ),
        sa.UniqueConstraint("number", name=op.f("uq_document_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_document_cycle_kind", "document", ["cycle_id", "kind"], unique=False)
    op.create_table(
        "document_geometry",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("context_sha256", sa.Text(), nullable=False),
        sa.Column("boxes", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
            name=op.f("fk_document_geometry_document_id_document"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_geometry")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("document_geometry")
    op.drop_table("document")
    op.drop_table("paper_setup")
    op.drop_table("label_setup")
