"""An append-only, tamper-evident log of events, on SQLite and on PostgreSQL.

The log itself is in `store.log`, its errors in `store.errors`, the migration of older databases in `store.upgrade`.
Nothing is imported here, so that a command that needs only the errors does not pay for SQLAlchemy.
"""
