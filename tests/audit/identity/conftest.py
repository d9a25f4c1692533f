"""Fixtures for the tests of identity checks."""

from __future__ import annotations

import pytest

from tests.audit.identity.authority import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return a certificate authority for all tests."""
    return Authority(tmp_path_factory.mktemp("authority"))
