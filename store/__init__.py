"""An append-only, tamper-evident log of events, on SQLite and on PostgreSQL.

`store.log` has the log itself, `store.errors` what it raises, `store.upgrade` what brings an older database up to date.
Nothing is imported here, so that a command that needs only the errors does not pay for SQLAlchemy.
"""
