"""Add to the read model of the runs what `list` filters by, and what the metrics count."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
COLUMNS = (
    sa.Column("host", NAME, comment="The host of the url, in lower case, without a port; NULL where it has none"),
    sa.Column("page", NAME, comment="The host, port, path and query of the url, by which a page is found"),
    sa.Column("batch", NAME, comment="The batch that the audit belongs to; NULL without one"),
    sa.Column("tags", sa.Text, comment="The audit's tags, as a JSON array; NULL without any"),
    sa.Column("kinds", sa.Text, comment="How many findings there are of each kind, as a JSON object; NULL without any"),
    sa.Column("failure", sa.Text, comment="The kind of cause for which the run failed; NULL where it did not"),
    sa.Column("job", sa.Text, comment="The job of a queue that the audit was done for; NULL without one"),
    sa.Column("queue", sa.Text, comment="The queue that the job was taken from"),
    sa.Column("worker", sa.Text, comment="The worker that did the job"),
    sa.Column("worker_host", sa.Text, comment="The machine on which that worker ran"),
)
UNENDED = sa.text("status IN ('requested', 'running')")


def upgrade() -> None:
    """Add the columns; the rows are computed again when they are needed, because the fold has a new version."""
    for column in COLUMNS:
        op.add_column("run", column)
    op.create_index(op.f("ix_run_host_position"), "run", ["host", "position"])
    op.create_index(op.f("ix_run_batch_position"), "run", ["batch", "position"])
    op.create_index(op.f("ix_run_unended"), "run", ["position"], sqlite_where=UNENDED, postgresql_where=UNENDED)


def downgrade() -> None:
    """Refuse: recorded events are never deleted."""
    raise NotImplementedError("The log is not downgraded; restore the copy that the upgrade made.")
