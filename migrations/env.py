"""Alembic's environment: the store uses it on its own connection, and the `alembic` command from a checkout."""

from alembic import context
from sqlalchemy.engine import Connection

from store.backends.connect import find_database
from store.missing_tables import PENDING
from store.schema import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations in the transaction of *connection*."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=lambda name, kind, _: kind != "table" or name not in PENDING,  # declared in store.group_commit
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate_configured() -> None:
    """Run the migrations on the database of `-x database=…`, or else on that of the settings."""
    from veritas.config import Settings, default_database

    if context.is_offline_mode():
        raise SystemExit("Migrations need a database, because they depend on its kind; leave out --sql.")
    default = default_database()
    named = context.get_x_argument(as_dictionary=True).get("database") or Settings.from_environment().database
    if not named:
        default.parent.mkdir(parents=True, exist_ok=True)
    database = find_database(named or default)
    try:
        database.prepare()
        with database.transaction() as connection:
            migrate(connection)
    finally:
        database.close()


given = context.config.attributes.get("connection")
if given is None:
    migrate_configured()
else:
    migrate(given)
