"""The URLs of a batch are read from a file as people and spreadsheets write them, and every fault is named."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.batch import targets
from veritas.batch.targets import Targets, check_lines, read_csv, read_lines
from veritas.errors import InvalidTargets, UsageError

A, B, C = (f"https://{letter}.example/" for letter in "abc")


def urls_in(data: bytes) -> list[str]:
    return check_lines(read_lines(data, "shops.txt"), "shops.txt")


@pytest.mark.parametrize(
    "data",
    [
        f"{A}\n{B}\n".encode(),
        f"\ufeff{A}\r\n{B}".encode(),  # as Notepad writes it
        f"{A}\r{B}\r".encode(),
        f"{A}\n{B}\n".encode("utf-16"),
        f"# our shops\n\n  {A}  # the first\n\t\n   # none\n{B}\n".encode(),
    ],
    ids=["lines", "mark and CRLF", "CR", "UTF-16", "comments"],
)
def test_a_file_has_a_url_a_line(data: bytes) -> None:
    assert urls_in(data) == [A, B]


def test_a_fragment_is_no_comment() -> None:
    assert urls_in(f"{A}#prices\n".encode()) == [f"{A}#prices"]


def test_every_line_without_a_url_is_named_with_its_number() -> None:
    """The first ten are, and the others are counted; nothing says that a good line is bad."""
    with pytest.raises(InvalidTargets, match=r"'shops.txt' has 2 lines without a URL.*nothing was started") as two:
        urls_in(f"# shops\n{A}\nb.example\n\nftp://c.example/\n".encode())
    assert [detail.partition(":")[0] for detail in two.value.details] == ["line 3", "line 5"]
    assert "did you mean 'https://b.example'?" in two.value.details[0]
    with pytest.raises(InvalidTargets, match="12 lines") as many:
        urls_in(b"x\n" * 12)
    assert len(many.value.details) == 11 and many.value.details[-1] == "and 2 more"


def test_a_csv_file_without_a_column_is_refused_with_the_option_to_give() -> None:
    """Its lines are no URLs, and the header is not the reason."""
    with pytest.raises(InvalidTargets, match="name the column of a CSV file by --column"):
        check_lines(read_lines(b"shop,url\nA,https://a.example/\n", "shops.csv"), "shops.csv")


def test_a_file_with_too_many_urls_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its lines are checked, which takes minutes."""
    monkeypatch.setattr(targets, "_MOST", 3)
    with pytest.raises(UsageError, match=r"'shops.txt' has 4 URLs, and a batch has 3 at most; split the file"):
        urls_in(b"x\n" * 4)


def test_a_file_that_is_no_text_is_refused_with_the_line() -> None:
    with pytest.raises(UsageError, match=r"'shops.txt' is not text in UTF-8 \(line 2\)"):
        urls_in(f"{A}\nhttps://caf".encode() + b"\xe9.example/\n")


@pytest.mark.parametrize("data", [b"", b"\n# nothing\n"])
def test_a_file_without_a_url_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"'shops\.txt' has no URL"):
        urls_in(data)


def test_duplicates_are_counted_and_left_out() -> None:
    """The case of a host, an empty path and the scheme's own port make no other page; the case of a path does."""
    targets = Targets.of([A, B, A, "https://A.example", "https://a.example:443", f"{A}x", f"{A}X"])
    assert targets == Targets((A, B, f"{A}x", f"{A}X"), duplicates=3)
    other = ("http://a.example/", "http://a.example:443/", "https://a.example:80/", "http://[::1]:8000/")
    assert Targets.of([*other, "http://a.example:80/", "http://a.example:/"]) == Targets(other, duplicates=2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_column_of_a_csv_file_is_read(delimiter: str) -> None:
    """Fields may be quoted, a field may have lines of its own, and rows may lack the column."""
    rows = [["shop", "url"], ["A, B; C", A], ["two\nlines", f" {B} "], ["none", ""], ["short"], ["C", C]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    lines = read_csv(f"\ufeff{text.getvalue()}".encode(), "shops.csv", "url")
    assert lines == [(2, A), (4, B), (7, C)]


@given(st.lists(st.tuples(st.text(), st.text(st.characters(codec="utf-8")))))
def test_a_column_is_read_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([("first", "url"), *((first.replace("\r", ""), url.replace("\r", "")) for first, url in rows)])
    read = read_csv(text.getvalue().encode("utf-8", "replace"), "x.csv", "url")
    assert [url for _, url in read] == [url.replace("\r", "").strip() for _, url in rows if url.strip()]


def test_a_missing_column_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"'x.csv' has no column 'URL'; its columns are 'shop', 'url'"):
        read_csv(b"shop,url\n", "x.csv", "URL")
    with pytest.raises(UsageError, match="several columns 'url'"):
        read_csv(b"url,url\n", "x.csv", "url")


def test_a_file_that_is_no_csv_is_refused_with_the_line() -> None:
    with pytest.raises(UsageError, match=r"'x\.csv' is not CSV: line 2"):
        read_csv(b'shop,url\n"a"b,c\n', "x.csv", "url")
