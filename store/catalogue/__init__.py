"""The catalogue of a log's database: its tables, columns, constraints, indexes and guards, compared with a new log's.

`postgresql.json` is the catalogue of a new log in PostgreSQL. `python -m tests.store.catalogue` writes it, and a test
checks that it is the one that the migrations give.
"""
