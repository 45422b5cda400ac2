"""Tell other systems what happens: their addresses, and an outbox that is written with the entry of the log.

A trigger writes the outbox, so a message is there exactly when what it tells is committed, whichever command it was.
"""

import sqlalchemy as sa
from alembic import op

from migrations.frozen import column_types as types

revision = "0033_webhooks"
down_revision = "0032_scoped_codes"
branch_labels = None
depends_on = None

TOLD = {  # verb and subject of an entry: what it is called outside
    "place household_order": "order.placed",
    "amend household_order": "order.placed",
    "place_many cycle": "order.placed",
    "confirm tally": "tally.signed",
    "publish plan": "round.published",
    "hand_out building": "bag.delivered",
    "dispute bag": "complaint.opened",
}
KINDS = ("test", *dict.fromkeys(TOLD.values()))
TRIGGERS = ("event_is_told",)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subdistrict_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", types.Json(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'paused', 'removed')", name=op.f("ck_webhook_state")),
        sa.ForeignKeyConstraint(
            ["subdistrict_id"],
            ["subdistrict.id"],
            name=op.f("fk_webhook_subdistrict_id_subdistrict"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_webhook_created_by_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sqlite_strict=True,
    )
    op.create_index("ix_webhook_subdistrict_id", "webhook", ["subdistrict_id"])
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", types.UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_webhook_delivery_kind")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_webhook_delivery_state")),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("uq_webhook_delivery_webhook_id_event_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["state", "due_at"])
    _create_trigger()


def _create_trigger() -> None:
    said = "NEW.verb || ' ' || NEW.subject_type"
    names = ", ".join(f"'{name}'" for name in TOLD)
    kind = f"CASE {said} " + " ".join(f"WHEN '{name}' THEN '{kind}'" for name, kind in TOLD.items()) + " END"
    body = (
        "INSERT INTO webhook_delivery (webhook_id, event_id, kind, state, attempts, due_at, answer, created_at)"
        f" SELECT webhook.id, NEW.id, {kind}, 'queued', 0, NEW.at, '', NEW.at FROM webhook"
        " WHERE webhook.subdistrict_id = NEW.subdistrict_id AND webhook.state = 'active'"
        f" AND webhook.kinds LIKE '%\"' || {kind} || '\"%'"
    )
    (name,) = TRIGGERS
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} AFTER INSERT ON event WHEN {said} IN ({names}) BEGIN {body}; END")
        return
    op.execute(
        sa.text(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
        )
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER INSERT ON event FOR EACH ROW WHEN ({said} IN ({names}))"
        f" EXECUTE FUNCTION {name}()"
    )


def downgrade() -> None:
    (name,) = TRIGGERS
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute(f"DROP TRIGGER {name} ON event")
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
