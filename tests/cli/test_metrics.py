"""`veritas metrics` refuses options that it would not obey."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import invoke_in


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("--serve", "0", "--format", "json"), "--format"),
        (("--dashboard", "--since", "2d"), "--since"),
        (("--alert-rules", "--format", "json"), "--format"),
    ],
)
def test_an_option_without_effect_is_refused(tmp_path: Path, arguments: tuple[str, ...], option: str) -> None:
    refused = invoke_in(tmp_path / "log.db")("metrics", *arguments)
    assert refused.status == 2
    assert f"leave out {option}" in refused.stderr or f" and {option}" in refused.stderr
