"""The databases that rollouts are tested on."""

from tests.databases import database, postgresql, sqlite

__all__ = ["database", "postgresql", "sqlite"]
