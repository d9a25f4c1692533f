"""Alembic's environment: used by the store on a connection of its own, and by the `alembic` command from a checkout."""

from alembic import context
from sqlalchemy.engine import Connection

from store.backends.connect import find_database
from store.schema import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations in the transaction that *connection* is in."""
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def migrate_configured() -> None:
    """Run the migrations on the database that `-x database=…` names, or else the settings."""
    from veritas.config import Settings, default_database

    if context.is_offline_mode():
        raise SystemExit("Migrations run on a database only, since they look at what it is; leave out --sql.")
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
