"""The README is true of the command line."""

import re
import subprocess
import sys
from pathlib import Path

from store.proofs.signed_note import VerifierKey
from veritas.cli import COMMANDS

ROOT = Path(__file__).parent.parent


def test_the_command_help_in_the_readme_is_the_programs_own():
    """`cog -r README.md` writes it anew."""
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "--diff", "README.md"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_is_documented():
    """Each has its help there."""
    readme = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"### `veritas {name}" not in readme] == []


def test_the_first_screen_has_exactly_two_commands():
    """Try it, and work on it; the second is what CI runs."""
    commands = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("python3 -m venv")]
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/veritas demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ]
    assert commands[1] in (ROOT / ".ci" / "run").read_text()


def test_the_keys_that_it_shows_are_well_formed() -> None:
    """So that whoever tries the example is told that the key is not the right one, and not that it is none."""
    keys = re.findall(r"veritas/log/\S+\+\S+\+[A-Za-z0-9+/=]+", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert keys
    for key in keys:
        assert str(VerifierKey.parse(key)) == key
