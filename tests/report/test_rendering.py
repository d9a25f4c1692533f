"""A template's values become text, never markup, and a page is written piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import veritas
from veritas.report.rendering import generator, render


@pytest.fixture
def package(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the name of a package with templates."""
    directory = tmp_path_factory.mktemp("packages") / "pages_of_a_test"
    (directory / "templates").mkdir(parents=True)
    (directory / "__init__.py").touch()
    (directory / "templates" / "text.html").write_text("<p title='{{ text }}'>{{ text }}</p>{{ nothing }}\n")
    (directory / "templates" / "rows.html").write_text("{% for row in rows %}{{ row }}{% endfor %}")
    (directory / "templates" / "page.html").write_text(
        '{% extends "base.html" %}{% block title %}{{ text }}{% endblock %}{% block body %}{% endblock %}'
    )
    monkeypatch.syspath_prepend(str(directory.parent))
    yield directory.name


def rendered(package: str, template: str, **values: object) -> str:
    return b"".join(render(package, template, **values)).decode("utf-8")


def test_a_value_is_escaped_and_none_is_empty(package: str) -> None:
    text = rendered(package, "text.html", text="<b a=\"1\" b='2'>&", nothing=None)
    assert (
        text == "<p title='&lt;b a=&#34;1&#34; b=&#39;2&#39;&gt;&amp;'>&lt;b a=&#34;1&#34; b=&#39;2&#39;&gt;&amp;</p>\n"
    )


def test_control_characters_become_visible_and_lines_stay(package: str) -> None:
    """Those that reorder text and lone surrogates as well."""
    text = rendered(package, "rows.html", rows=["a\nb\0\x1b[2J", "\u202e\ud800\x85\r"])
    assert text == "a\nb\\x00\\x1b[2J\\u202e\\ud800\\x85\\r"


def test_a_variable_that_is_not_there_is_an_error(package: str) -> None:
    with pytest.raises(UndefinedError):
        rendered(package, "text.html", text="")


def test_a_page_is_written_while_its_rows_are_read(package: str) -> None:
    """So a page of a hundred megabytes needs little memory."""
    read: list[int] = []

    def rows() -> Iterator[str]:
        for number in range(1_000):
            read.append(number)
            yield "x" * 100_000

    pieces = render(package, "rows.html", rows=rows())
    assert len(next(pieces)) == 100_000
    assert len(read) == 1


def test_every_page_has_the_policy_and_the_style_sheet(package: str) -> None:
    page = rendered(package, "page.html", text="Title")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "<title>Title</title>" in page and "prefers-color-scheme: dark" in page
    assert f'<meta name="generator" content="{generator()}">' in page


def test_the_generator_changes_with_all_that_makes_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of another version, layout or wording is not expected to have the same bytes."""
    made_by = [tmp_path / name for name in ("templates/page.css", "phases.py", "formatting.py", "descriptions.py")]
    for file in made_by:
        file.parent.mkdir(exist_ok=True)
        file.write_text("a")
    monkeypatch.setattr("veritas.report.rendering.files", lambda package: tmp_path)
    names = [generator.__wrapped__(), generator.__wrapped__()]
    for file in made_by:
        file.write_text("b")
        names.append(generator.__wrapped__())
    monkeypatch.setattr(veritas, "__version__", "9.9")
    names.append(generator.__wrapped__())
    assert names[0] == names[1] and len(set(names)) == 6
