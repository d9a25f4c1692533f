"""The user's own key is made once and kept to the user; what is no key is refused in a sentence."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from store.proofs.signed_note import SigningKey, VerifierKey
from veritas.archive.keys import signing_key, trusted_public_keys
from veritas.config import default_key
from veritas.errors import InvalidSetting


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a user without a key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_key_is_made_once(tmp_path: Path) -> None:
    key = signing_key()
    assert signing_key().public_key == key.public_key == signing_key(default_key()).public_key
    assert [path.name for path in default_key().parent.iterdir()] == ["checkpoint.key"]


def test_it_is_made_where_there_are_no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a memory stick."""

    def refuse(*names: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    assert signing_key().public_key == signing_key().public_key


def test_those_who_make_it_at_the_same_moment_have_the_same() -> None:
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(signing_key().public_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len({*made}) == 1
    assert [path.name for path in default_key().parent.iterdir()] == ["checkpoint.key"]


def trusted(*given: str) -> set[bytes]:
    """Return the keys that are trusted, of which nothing is to be said."""
    return trusted_public_keys(given, warn=pytest.fail)


def test_nobody_is_trusted_until_there_is_a_key() -> None:
    assert trusted() == set()
    assert not default_key().exists()
    assert trusted() == set()
    assert {signing_key().public_key} == trusted()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(mode: int) -> None:
    signing_key()
    default_key().chmod(mode)
    with pytest.raises(InvalidSetting, match="chmod 600"):
        signing_key()


def test_ones_own_key_that_cannot_be_used_is_told_and_not_trusted(tmp_path: Path) -> None:
    """Whoever verifies does not need it."""
    signing_key()
    other = SigningKey.generate().public_key
    default_key().with_name("trusted_keys").write_text(str(VerifierKey("veritas/log/a", other)))
    default_key().chmod(0o644)
    said: list[str] = []
    assert trusted_public_keys((), warn=said.append) == {other}
    default_key().write_text("no key")
    assert trusted_public_keys((), warn=said.append) == {other}
    assert [sentence.partition(": ")[0] for sentence in said] == [
        "Your own key is not among those that are trusted"
    ] * 2
    assert "chmod 600" in said[0] and "no Ed25519 key" not in said[0]


def test_another_key_is_not_made(tmp_path: Path) -> None:
    """Whoever names one means one that there is."""
    with pytest.raises(InvalidSetting, match="openssl genpkey"):
        signing_key(tmp_path / "none.key")


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "no.key"
    file.write_text("no key")
    file.chmod(0o600)
    with pytest.raises(InvalidSetting, match="no Ed25519 key"):
        signing_key(file)
    with pytest.raises(InvalidSetting, match="cannot be read"):
        signing_key(tmp_path)


def test_where_no_key_can_be_made_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where a directory should be")
    with pytest.raises(InvalidSetting, match="VERITAS_KEY"):
        signing_key()


def test_keys_are_trusted_by_the_list_beside_ones_own_or_in_their_place_by_name_and_by_file(tmp_path: Path) -> None:
    own = signing_key().public_key
    keys = [SigningKey.generate().public_key for _ in range(4)]
    texts = [str(VerifierKey("veritas/log/a", key)) for key in keys]
    (tmp_path / "some").write_text(f"# two of them\n{texts[1]}\n\n{texts[2]} # the other\n")
    default_key().with_name("trusted_keys").write_text(texts[3])
    assert trusted() == {own, keys[3]}
    assert trusted(texts[0], str(tmp_path / "some")) == {*keys[:3]}


def test_what_is_no_key_is_not_to_be_given_another_mode(tmp_path: Path) -> None:
    """It may be anyone's, such as /etc/passwd."""
    (tmp_path / "notes").write_text("Buy milk.")
    (tmp_path / "notes").chmod(0o644)
    with pytest.raises(InvalidSetting, match="it is no Ed25519 key in PEM") as raised:
        signing_key(tmp_path / "notes")
    assert "chmod" not in str(raised.value)


@pytest.mark.parametrize("text", ["no key", "a+00000000+AAAA", "\udcff".encode("utf-8", "surrogateescape")])
def test_a_list_with_what_is_no_key_is_refused(tmp_path: Path, text: str | bytes) -> None:
    listed = tmp_path / "some"
    listed.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidSetting, match="no public key"):
        trusted(str(listed))
    with pytest.raises(InvalidSetting, match="neither a public key nor a file"):
        trusted(str(tmp_path / "none"))


@pytest.mark.parametrize("text", ["", "\n", "# nobody yet\n"])
def test_a_file_that_names_nobody_is_refused_where_it_is_given(tmp_path: Path, text: str) -> None:
    """Whoever gives it wants a key to be asked for, and must not be left without that."""
    (tmp_path / "keys").write_text(text)
    with pytest.raises(InvalidSetting, match=r"keys' has no public key in it.*\.$"):
        trusted(str(tmp_path / "keys"))
