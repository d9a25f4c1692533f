"""Read the catalogue of a log in a PostgreSQL database.

It has what is attached to the log's tables, and the functions of its guards and of `store.group_commit`; other tables
in the schema do not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.missing_tables import TABLES

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

FUNCTIONS = (
    *("artifact_update", "event_insert", "event_lock", "event_update", "log_refuse"),
    *("append_batches", "append_events", "append_pending"),
)

# Each query returns the kind of a thing, its name, its table or NULL, and its definition.
_OURS = "relnamespace = current_schema()::regnamespace AND relname = ANY(%(tables)s)"
_QUERIES = (
    # A table that is a view, unlogged, a partition, the parent of another, or hides rows is not what was created.
    f"""
    SELECT 'table', relname, NULL, concat_ws(' ', relkind, relpersistence,
      CASE WHEN relrowsecurity OR relforcerowsecurity THEN 'with row security' END,
      CASE WHEN relispartition THEN 'as a partition' END,
      CASE WHEN EXISTS (SELECT FROM pg_inherits WHERE pg_class.oid IN (inhrelid, inhparent))
        THEN 'with inheritance' END,
      'of', (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped))
    FROM pg_class WHERE {_OURS} AND relkind IN ('r', 'p', 'v', 'm', 'f')
    """,
    f"""
    SELECT 'column', attname, relname, concat_ws(' ', format_type(atttypid, atttypmod),
      CASE WHEN attcollation <> typcollation THEN
        'COLLATE ' || (SELECT collname FROM pg_collation c WHERE c.oid = attcollation) END,
      CASE WHEN attnotnull THEN 'NOT NULL' END,
      CASE WHEN attidentity <> '' THEN 'identity' END,
      CASE WHEN attgenerated <> '' THEN 'generated' END,
      'DEFAULT ' || pg_get_expr(adbin, adrelid, true))
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_type ON pg_type.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE {_OURS} AND attnum > 0 AND NOT attisdropped
    """,
    # A foreign key is checked by internal triggers, which ALTER TABLE … DISABLE TRIGGER ALL switches off.
    f"""
    SELECT 'constraint', conname, relname, concat_ws(' ', pg_get_constraintdef(pg_constraint.oid, true),
      CASE WHEN NOT convalidated THEN 'NOT VALID' END,
      CASE WHEN EXISTS (SELECT FROM pg_trigger WHERE tgconstraint = pg_constraint.oid AND tgenabled IN ('D', 'R'))
        THEN 'DISABLED' END)
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE {_OURS} AND contype NOT IN ('n', 't')
    """,
    f"""
    SELECT 'index', indexes.relname, pg_class.relname, concat_ws(' ', pg_get_indexdef(indexrelid, 0, true),
      CASE WHEN NOT (indisvalid AND indisready AND indislive) THEN 'INVALID' END)
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid JOIN pg_class indexes ON indexes.oid = indexrelid
    WHERE {_OURS.replace("rel", "pg_class.rel")}
    """,
    f"""
    SELECT 'trigger', tgname, relname, concat_ws(' ',
      CASE WHEN tgenabled IN ('D', 'R') THEN 'DISABLED' END, pg_get_triggerdef(pg_trigger.oid, true))
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE {_OURS} AND NOT tgisinternal
    """,
    f"""
    SELECT 'rule', rulename, relname, pg_get_ruledef(pg_rewrite.oid, true)
    FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class WHERE {_OURS}
    """,
    f"""
    SELECT 'policy', polname, relname, concat_ws(' ', polcmd, pg_get_expr(polqual, polrelid, true))
    FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid WHERE {_OURS}
    """,
    """
    SELECT 'function', proname || '(' || pg_get_function_identity_arguments(pg_proc.oid) || ')', NULL,
      concat_ws(' ', lanname, CASE WHEN prosecdef THEN 'SECURITY DEFINER' END, array_to_string(proconfig, ' '), prosrc)
    FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
    WHERE pronamespace = current_schema()::regnamespace AND proname = ANY(%(functions)s)
    """,
    # A role or a database can have this setting, and then no trigger fires in its sessions.
    """
    SELECT 'setting', name, NULL, setting FROM pg_settings
    WHERE name = 'session_replication_role' AND setting <> 'origin'
    """,
)


def catalogue_in(cursor: DBAPICursor) -> dict[str, str]:
    """Return the definition of each thing of a log, by its name in a sentence; the schema's own name is left out."""
    cursor.execute("SELECT 'search_path=' || quote_ident(current_schema()) || ','")
    path = cursor.fetchall()[0][0]
    found: dict[str, str] = {}
    for query in _QUERIES:
        cursor.execute(query, {"tables": sorted(TABLES), "functions": list(FUNCTIONS)})
        for kind, name, table, definition in cursor.fetchall():
            of = "" if table is None else f" of {table!r}"
            found[f"{kind} {name!r}{of}"] = " ".join(definition.replace(path, "search_path=SCHEMA,").split())
    return found
