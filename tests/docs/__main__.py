"""`python -m tests.docs [--all]`: refresh the generated parts of README.md and of the pages.

Those are the blocks of cog, the output of every command, and the pictures. An output or a picture of the terminal is
replaced if it differs in more than times, ports and the like; with `--all` each is, and the pictures in a browser too.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs import pictures
from tests.docs.blocks import DOCS, ROOT, pages
from tests.docs.masks import masked
from tests.docs.shell import Outcome, shell


def main() -> None:
    """Refresh everything."""
    everything = "--all" in sys.argv[1:]
    subprocess.run([sys.executable, "-m", "cogapp", "-r", *map(str, pages())], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(dir="/tmp") as directory, shell(Path(directory)) as running:
        for page in pages():
            text = page.read_text(encoding="utf-8")
            _write(page, text, with_outputs(text, running.run(page), everything=everything))
        demo, *_ = running.run(DOCS / "demo.md")
        svg, old = pictures.demo_svg(demo.stdout), pictures.TERMINAL.read_text(encoding="utf-8")
        if everything or masked(pictures.text_of(svg)) != masked(pictures.text_of(old)):
            _write(pictures.TERMINAL, old, svg)
        if everything:
            pictures.write_report_png(next(Path(directory).glob("evidence/work/vrts_*.html")))
            pictures.write_replay_png(next(Path(directory).glob("evidence/work/*.replay.html")))
            pictures.write_audit_png(next(Path(directory).glob("demo/.local/share/veritas/*.db")))


def with_outputs(text: str, outcomes: list[Outcome], *, everything: bool = False) -> str:
    """Return a page with the outputs of now, where they differ or *everything* is to be replaced."""
    for outcome in reversed(outcomes):
        command = outcome.command
        if command.shown is not None and (everything or masked(command.shown) != masked(outcome.output)):
            first, past = command.span
            text = text[:first] + outcome.output + text[past:]
    return text


def _write(file: Path, old: str, new: str) -> None:
    if new != old:
        file.write_text(new, encoding="utf-8")
        print(f"Refreshed {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
