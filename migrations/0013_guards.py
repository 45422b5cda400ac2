"""Set the triggers that guard what no CHECK can say."""

from alembic import op

from migrations.guards.triggers import GUARDS, create, drop

revision = "0013_guards"
down_revision = "0012_printing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for guard in GUARDS:
        for statement in create(guard, dialect):
            op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for guard in reversed(GUARDS):
        for statement in drop(guard, dialect):
            op.execute(statement)
