"""The passwords in a database's URL are found as SQLAlchemy reads them."""

import pytest
from sqlalchemy.engine import make_url

from veritas.database_url import passwords_in, without_passwords


@pytest.mark.parametrize(
    "url, passwords, public",
    [
        ("postgresql://me:pw@h/db", ["pw"], "postgresql://me@h/db"),
        ("postgresql+psycopg://me:p%40w@h/db?a=1", ["p%40w", "p@w"], "postgresql+psycopg://me@h/db?a=1"),
        ("postgresql://me:p/w?x@h/db", ["p/w?x"], "postgresql://me@h/db"),
        ("postgresql://me@server:pw@h/db", ["pw"], "postgresql://me@server@h/db"),
        ("postgresql://me@h/db?password=pw&a=1&sslpassword=q", ["pw", "q"], "postgresql://me@h/db?a=1"),
        ("postgresql://h/db", [], "postgresql://h/db"),
        ("postgresql://me:@h/db?options=-csearch_path%3Da", [], "postgresql://me:@h/db?options=-csearch_path%3Da"),
        ("sqlite:///a:b@c.db", [], "sqlite:///a:b@c.db"),
        ("/tmp/a:b@c?password=x", [], "/tmp/a:b@c?password=x"),
    ],
)
def test_passwords_are_found_and_removed(url, passwords, public):
    """In the login and in the query; a path has none."""
    assert passwords_in(url) == passwords
    assert without_passwords(url) == public
    if passwords and "@h" in url and "password" not in url:
        assert make_url(url).password == passwords[-1]
