"""Give each subdistrict a chain of the event log of its own, with the links in a table beside the entries.

Entries of before keep the seal that they carry; the last one is the anchor that the new chains carry on. To whom they
belong is told by their cycle, or by there being one subdistrict only.
"""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types
from migrations.guards.triggers import GUARDS, Guard, create, drop

revision = "0027_event_chains"
down_revision = "0026_throttle_index"
branch_labels = None
depends_on = None

KEPT = tuple(
    Guard(f"{table}_no_{statement.lower()}", table, statement, "1 = 1", f"{table} is append-only")
    for table in ("event_seal", "event_anchor")
    for statement in ("UPDATE", "DELETE")
)
EVENT = sa.table(
    "event",
    sa.column("id", sa.Integer),
    sa.column("at", types.UtcDateTime),
    *(sa.column(name, sa.Text) for name in ("actor_kind", "request_id", "verb", "subject_type")),
    *(sa.column(name, sa.Integer) for name in ("actor_id", "subject_id", "cycle_id")),
    sa.column("data", types.Json),
    sa.column("prev_sha256", sa.Text),
    sa.column("sha256", sa.Text),
)
(NO_UPDATE,) = (guard for guard in GUARDS if guard.name == "event_no_update")


def upgrade() -> None:
    op.add_column("event", sa.Column("subdistrict_id", sa.Integer(), nullable=True))
    op.create_table(
        "event_seal",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sealed_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_seal_event_id_event"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_seal")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_event_seal_chain_number")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_event_seal_sealed_at"), "event_seal", ["sealed_at"])
    anchor = op.create_table(
        "event_anchor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_anchor")),
        sqlite_strict=True,
    )
    connection = op.get_bind()
    last = connection.exec_driver_sql("SELECT id, sha256 FROM event ORDER BY id DESC LIMIT 1").first()
    event_id, sha256 = last if last is not None else (0, "")
    connection.execute(anchor.insert().values(event_id=event_id, sha256=sha256, at=datetime.now(UTC)))
    _tell_whose(connection)
    op.create_index(op.f("ix_event_subdistrict_id"), "event", ["subdistrict_id"])
    for guard in KEPT:
        for statement in create(guard, connection.dialect.name):
            op.execute(statement)


def _tell_whose(connection: sa.Connection) -> None:
    for statement in drop(NO_UPDATE, connection.dialect.name):
        op.execute(statement)
    op.execute(
        "UPDATE event SET subdistrict_id = (SELECT cycle.subdistrict_id FROM cycle WHERE cycle.id = event.cycle_id)"
        " WHERE cycle_id IS NOT NULL"
    )
    op.execute(
        "UPDATE event SET subdistrict_id = (SELECT min(id) FROM subdistrict)"
        " WHERE subdistrict_id IS NULL AND (SELECT count(*) FROM subdistrict) = 1"
    )
    for statement in create(NO_UPDATE, connection.dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Entries of the chains get the seals again that entries carried themselves."""
    connection = op.get_bind()
    for guard in (*KEPT, NO_UPDATE):
        for statement in drop(guard, connection.dialect.name):
            op.execute(statement)
    op.drop_table("event_anchor")
    op.drop_table("event_seal")
    op.drop_index(op.f("ix_event_subdistrict_id"), "event")
    op.drop_column("event", "subdistrict_id")
    _seal_in_place(connection)
    for statement in create(NO_UPDATE, connection.dialect.name):
        op.execute(statement)


def _seal_in_place(connection: sa.Connection) -> None:
    before = ""
    for row in connection.execute(sa.select(EVENT).order_by(EVENT.c.id)).all():
        if not row.sha256:
            said = [
                before,
                row.at.isoformat(timespec="microseconds"),
                row.actor_kind,
                row.actor_id,
                row.request_id,
                row.verb,
                row.subject_type,
                row.subject_id,
                row.cycle_id,
                row.data,
            ]
            text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            digest = hashlib.sha256(text.encode()).hexdigest()
            change = sa.update(EVENT).where(EVENT.c.id == row.id)
            connection.execute(change.values(prev_sha256=before, sha256=digest))
            before = digest
        else:
            before = row.sha256
