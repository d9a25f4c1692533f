"""The databases a log can live in: SQLite and PostgreSQL."""
