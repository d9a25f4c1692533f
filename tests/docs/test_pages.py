"""README.md and the pages are complete, short enough, linked and shipped."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from store.proofs.signed_note import VerifierKey
from tests.docs.blocks import DOCS, ROOT, pages
from veritas.cli import COMMANDS
from veritas.cli.help import TOPICS

README = ROOT / "README.md"

_LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")


def test_the_readme_has_at_most_two_hundred_lines() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 200


def test_the_generated_parts_are_up_to_date() -> None:
    """`python -m tests.docs` generates them."""
    command = [sys.executable, "-m", "cogapp", "--check", "--diff", *map(str, pages())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_is_documented() -> None:
    """Each has its help in the reference."""
    reference = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"## `veritas {name}" not in reference] == []


def test_every_page_is_a_topic_of_help() -> None:
    """And every topic has a page."""
    assert sorted(TOPICS) == sorted(page.stem for page in DOCS.glob("*.md"))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_begins_with_its_title_and_its_links_resolve(page: Path) -> None:
    """Links to files, and to headings in them; other sites are not asked."""
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    for link in (first or second for first, second in _LINK.findall(text)):
        if "://" not in link:
            name, _, heading = link.partition("#")
            target = page.parent / name if name else page
            assert target.is_file(), link
            assert not heading or heading in _anchors(target), link


@pytest.mark.parametrize("package", ["veritas", "store"])
def test_the_readme_names_every_room(package: str) -> None:
    """Each directory of the packages, and no other."""
    _, tree = README.read_text(encoding="utf-8").split(f"\n{package}/", 1)
    tree = re.split(r"\n\S", tree)[0]
    rooms = [room.name for room in (ROOT / package).iterdir() if room.is_dir() and room.name != "__pycache__"]
    assert sorted(re.findall(r"(?<= {2})(\w+)/", tree)) == sorted(rooms)


def test_pictures_are_small() -> None:
    """So that a page loads at once; and each is in one."""
    pictures = sorted((DOCS / "images").iterdir())
    texts = [page.read_text(encoding="utf-8") for page in pages()]
    assert [picture.name for picture in pictures] == ["audit.png", "demo.svg", "replay.png", "report.png"]
    assert all(any(f"images/{picture.name})" in text for text in texts) for picture in pictures)
    assert all(picture.stat().st_size < 150_000 for picture in pictures)


def test_the_keys_that_pages_show_are_well_formed() -> None:
    """Someone who tries the example learns that the key is not the right one, and not that it is malformed."""
    text = "".join(page.read_text(encoding="utf-8") for page in pages())
    keys = re.findall(r"veritas/log/\S+\+\S+\+[A-Za-z0-9+/=]+", text)
    assert keys
    for key in keys:
        assert str(VerifierKey.parse(key)) == key


def _anchors(page: Path) -> set[str]:
    """Return the names by which links reach the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
