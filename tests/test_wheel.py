"""The wheel contains every file that the installed program needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_contains_every_file_of_the_packages(tmp_path):
    """Code, migrations, the demo's shops, the scripts that run in the page, and the documentation."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for package in ("veritas", "store", "migrations")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - held == set()
    assert {
        "migrations/versions/0001_create_event_log.py",
        "veritas/cli/demo/shops/honest/index.html",
        "veritas/docs/commands.md",
        "veritas/docs/images/report.png",
    } <= wanted
