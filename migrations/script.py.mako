"""${message}."""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Make the change. Never with `batch_alter_table` on `event`: it drops the guards and AUTOINCREMENT."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Refuse: what was recorded is not thrown away."""
    raise NotImplementedError("The log is not downgraded; restore the copy that the upgrade made.")
