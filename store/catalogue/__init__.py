"""The catalogue of a log's database: its tables, columns, constraints, indexes and guards, compared with those of a new
log.

`declared/sqlite.json` and `declared/postgresql.json` are the catalogues of a new log. `python -m tests.store.catalogue`
writes them, and a test checks that they are those that the migrations give.
"""
