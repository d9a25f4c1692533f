"""The player's script is one text for a page, and modules for a server, with the same content."""

from __future__ import annotations

import re
from importlib.resources import files

from veritas.formatting import escape_control_characters
from veritas.player.assets import MODULES, policy_hash, script, style


def test_each_module_is_in_the_script_after_those_that_it_imports() -> None:
    room = files("veritas.player") / "static"
    assert {file.name for file in room.iterdir() if file.name.endswith(".js")} == {f"{name}.js" for name in MODULES}
    for at, name in enumerate(MODULES):
        imported = re.findall(r'from "\./(\w+)\.js"', (room / f"{name}.js").read_text("utf-8"))
        assert set(imported) <= set(MODULES[:at])
    assert not re.search(r"^(import|export)\b", script(), re.MULTILINE)


def test_a_page_has_them_unchanged_so_that_their_hashes_hold() -> None:
    """No character of them is one that a page escapes, and none of their text ends the element that they are in."""
    for text in (script(), style()):
        assert all(line == escape_control_characters(line) for line in text.split("\n"))
        assert "</" not in text.replace("</dd>", "") and "<!--" not in text
    assert policy_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
