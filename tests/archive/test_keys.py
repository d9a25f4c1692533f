"""The user's own key is created once, and only the user can read it; a file without a key is refused."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from store.proofs.signed_note import SigningKey, VerifierKey
from veritas.archive.keys import create_signing_key, read_signing_key, trusted_public_keys
from veritas.config import default_key
from veritas.errors import InvalidSetting


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a user without a key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_key_is_created_once(tmp_path: Path) -> None:
    key = create_signing_key()
    assert create_signing_key().public_key == key.public_key == read_signing_key(default_key()).public_key
    assert [path.name for path in default_key().parent.iterdir()] == ["checkpoint.key"]


def test_a_key_is_created_where_the_file_system_has_no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory stick is an example."""

    def refuse(*names: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    assert create_signing_key().public_key == create_signing_key().public_key


def test_threads_that_create_a_key_at_the_same_moment_get_the_same_one() -> None:
    created: list[bytes] = []
    threads = [threading.Thread(target=lambda: created.append(create_signing_key().public_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(created) == 8
    assert len({*created}) == 1
    assert [path.name for path in default_key().parent.iterdir()] == ["checkpoint.key"]


def trusted(*keys: str) -> set[bytes]:
    """Return the trusted keys; a warning fails the test."""
    return trusted_public_keys(keys, warn=pytest.fail)


def test_no_key_is_trusted_until_the_user_has_one() -> None:
    assert trusted() == set()
    assert not default_key().exists()
    assert trusted() == set()
    assert {create_signing_key().public_key} == trusted()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(mode: int) -> None:
    create_signing_key()
    default_key().chmod(mode)
    with pytest.raises(InvalidSetting, match="chmod 600"):
        create_signing_key()


def test_an_unusable_own_key_is_warned_about_and_not_trusted(tmp_path: Path) -> None:
    """Verifying does not need it."""
    create_signing_key()
    other = SigningKey.generate().public_key
    default_key().with_name("trusted_keys").write_text(str(VerifierKey("veritas/log/a", other)))
    default_key().chmod(0o644)
    warnings: list[str] = []
    assert trusted_public_keys((), warn=warnings.append) == {other}
    default_key().write_text("no key")
    assert trusted_public_keys((), warn=warnings.append) == {other}
    assert [sentence.partition(": ")[0] for sentence in warnings] == [
        "Your own key is not among those that are trusted"
    ] * 2
    assert "chmod 600" in warnings[0] and "not an Ed25519 key" not in warnings[0]


def test_a_named_key_is_not_created(tmp_path: Path) -> None:
    """A name that is given is meant to be of an existing file."""
    with pytest.raises(InvalidSetting, match="openssl genpkey"):
        read_signing_key(tmp_path / "none.key")


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "no.key"
    file.write_text("no key")
    file.chmod(0o600)
    with pytest.raises(InvalidSetting, match="not an Ed25519 key"):
        read_signing_key(file)
    with pytest.raises(InvalidSetting, match="cannot be read"):
        read_signing_key(tmp_path)


def test_a_key_that_cannot_be_created_is_an_error_that_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where a directory should be")
    with pytest.raises(InvalidSetting, match="VERITAS_KEY"):
        create_signing_key()


def test_given_keys_and_files_replace_the_own_key_and_its_list(tmp_path: Path) -> None:
    own = create_signing_key().public_key
    keys = [SigningKey.generate().public_key for _ in range(4)]
    texts = [str(VerifierKey("veritas/log/a", key)) for key in keys]
    (tmp_path / "some").write_text(f"# the first\n{texts[1]}\n\n{texts[2]} # the second\n")
    default_key().with_name("trusted_keys").write_text(texts[3])
    assert trusted() == {own, keys[3]}
    assert trusted(texts[0], str(tmp_path / "some")) == {*keys[:3]}


def test_the_error_about_a_file_without_a_key_does_not_suggest_chmod(tmp_path: Path) -> None:
    """It may be any file, such as /etc/passwd."""
    (tmp_path / "notes").write_text("Buy milk.")
    (tmp_path / "notes").chmod(0o644)
    with pytest.raises(InvalidSetting, match="it is not an Ed25519 key in PEM") as raised:
        read_signing_key(tmp_path / "notes")
    assert "chmod" not in str(raised.value)


@pytest.mark.parametrize("text", ["no key", "a+00000000+AAAA", "\udcff".encode("utf-8", "surrogateescape")])
def test_a_list_with_a_text_that_is_not_a_key_is_refused(tmp_path: Path, text: str | bytes) -> None:
    listed = tmp_path / "some"
    listed.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidSetting, match="not a public key"):
        trusted(str(listed))
    with pytest.raises(InvalidSetting, match="neither a public key nor a file"):
        trusted(str(tmp_path / "none"))


@pytest.mark.parametrize("text", ["", "\n", "# no one yet\n"])
def test_a_given_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    """The caller wants signatures to be checked, which would not happen without a key."""
    (tmp_path / "keys").write_text(text)
    with pytest.raises(InvalidSetting, match=r"keys' has no public key in it.*\.$"):
        trusted(str(tmp_path / "keys"))
