"""What a batch logs in with goes to the site that it is of, and to no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritas.audit.storage_state import StorageState
from veritas.batch.logins import BatchLogins
from veritas.errors import InvalidSetting, UsageError

A, B = "https://a.test/", "https://b.test/"
HEADER = "Authorization: Bearer abcdef123456"


def test_a_header_goes_to_one_host_only() -> None:
    """A list of many shops must not get the secret of one of them."""
    with pytest.raises(UsageError, match="--header, --cookie would go to 2 hosts"):
        BatchLogins([A, B], headers=[HEADER], cookies=["sid=1"])
    logins = BatchLogins([A, f"{A}account"], headers=[HEADER])
    assert logins.names == ["--header"]
    assert logins.login_for(f"{A}account").origins == ("https://a.test",)


def test_a_storage_state_is_shared_out_by_sites(tmp_path: Path) -> None:
    """A site of which it has nothing is audited without a login."""
    file = tmp_path / "state.json"
    file.write_text('{"cookies": [{"name": "sid", "value": "s3cret-value-1", "domain": "a.test", "path": "/"}]}')
    state = StorageState.read(file)
    logins = BatchLogins([A, B], storage_state=state)
    assert [cookie.name for cookie in logins.login_for(A).state.cookies] == ["sid"]
    assert logins.login_for(B).use is None
    with pytest.raises(InvalidSetting, match=r"nothing for 'b\.test'"):
        BatchLogins([B], storage_state=state)


def test_without_a_login_there_is_none() -> None:
    logins = BatchLogins([A, B], headers=[], cookies=[], basic_auth=None, storage_state=None)
    assert logins.names == [] and logins.login_for(A).use is None
