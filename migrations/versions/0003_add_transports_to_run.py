"""Add to the read model of the runs how each run's mode was decided, and how its transport performed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    sa.Column("configured", sa.Text, comment="The mode that the run was given; NULL where that is not recorded"),
    sa.Column("reason", sa.Text, comment="Why, in OpenFeature's words: STATIC or SPLIT"),
    sa.Column("decided_by", sa.Text, comment="The flag, the variable or the rollout that gave it"),
    sa.Column("share", sa.Double, comment="The share of the audits that was to get the queue, where a rollout drew"),
    sa.Column("share_origin", sa.Text, comment="Where that share came from"),
    sa.Column("fell_back", sa.Text, comment="Why the events changed transport; NULL where they did not"),
    sa.Column("events", sa.BigInteger, comment="How many events the child emitted; NULL where it has not said"),
    sa.Column("lost", sa.BigInteger, comment="How many of them no transport delivered; NULL where that is not known"),
    sa.Column("repeated", sa.BigInteger, comment="How often a transport delivered an event again; NULL if unknown"),
    sa.Column("resent", sa.BigInteger, comment="How many events were sent again after the change; NULL if unknown"),
    sa.Column("mismatched", sa.BigInteger, comment="In how many places the transports differ; NULL where not compared"),
    sa.Column("latency_p50", sa.Double, comment="Seconds from an event's emission to its commit: the median"),
    sa.Column("latency_p95", sa.Double, comment="The 95th percentile of that"),
    sa.Column("latency_p99", sa.Double, comment="The 99th percentile of that"),
    sa.Column("queue_start", sa.Double, comment="Seconds that it took to start the queue's manager; NULL without one"),
)


def upgrade() -> None:
    """Add the columns; the rows are computed again when they are needed, because the fold has a new version."""
    for column in COLUMNS:
        op.add_column("run", column)
    decided = ["reason", "decided_by", "share_origin", "share", "position"]
    op.create_index(op.f(f"ix_run_{'_'.join(decided)}"), "run", decided)


def downgrade() -> None:
    """Refuse: recorded events are never deleted."""
    raise NotImplementedError("The log is not downgraded; restore the copy that the upgrade made.")
