"""`python -m tests.docs`: refresh the generated parts of README.md and of the pages.

Those are the blocks of cog, the output of every command, and with `--pictures` the pictures. An output is replaced only
where it differs in more than times, ports and the like.
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
    subprocess.run([sys.executable, "-m", "cogapp", "-r", *map(str, pages())], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(dir="/tmp") as directory, shell(Path(directory)) as running:
        for page in pages():
            text = page.read_text(encoding="utf-8")
            refreshed = with_outputs(text, running.run(page))
            if refreshed != text:
                page.write_text(refreshed, encoding="utf-8")
                print(f"Refreshed {page.relative_to(ROOT)}")
        if "--pictures" in sys.argv[1:]:
            demo, *_ = running.run(DOCS / "demo.md")
            pictures.TERMINAL.write_text(pictures.demo_svg(demo.stdout), encoding="utf-8")
            pictures.write_report_png(next(Path(directory).glob("evidence/work/vrts_*.html")))


def with_outputs(text: str, outcomes: list[Outcome]) -> str:
    """Return a page with the outputs that its commands have now."""
    for outcome in reversed(outcomes):
        command = outcome.command
        if command.shown is not None and masked(command.shown) != masked(outcome.output):
            first, past = command.span
            text = text[:first] + outcome.output + text[past:]
    return text


if __name__ == "__main__":
    main()
