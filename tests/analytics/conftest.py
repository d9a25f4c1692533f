"""Databases for the tests of the exported tables."""

from tests.databases import database, postgresql, sqlite

__all__ = ["database", "postgresql", "sqlite"]
