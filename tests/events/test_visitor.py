"""The visitor that a site sees: what can be chosen, and what is refused."""

from __future__ import annotations

import pytest

from veritas.errors import InvalidSetting
from veritas.events.visitor import DESKTOP, MOBILE, Viewport, Visitor


def test_without_options_it_is_an_english_visitor_with_a_desktop() -> None:
    visitor = Visitor.parse()
    assert visitor == Visitor(DESKTOP, "en-US", None, None)
    assert str(visitor) == "1366x768, en-US"


def test_every_option_is_kept() -> None:
    visitor = Visitor.parse(viewport="mobile", locale="de-AT", time_zone="Europe/Vienna", user_agent="Agent/1.0")
    assert visitor == Visitor(MOBILE, "de-AT", "Europe/Vienna", "Agent/1.0")
    assert str(visitor) == "mobile, 412x839, de-AT, Europe/Vienna, Agent/1.0"


@pytest.mark.parametrize("text", ["1920x1080", "1920X1080", "1920×1080"])
def test_a_window_can_have_any_size(text: str) -> None:
    assert Viewport.parse(text) == Viewport(1920, 1080)


@pytest.mark.parametrize("locale", ["de", "de-DE", "zh-Hant-TW", "es-419"])
def test_a_locale_has_a_language_and_may_have_a_script_and_a_region(locale: str) -> None:
    assert Visitor.parse(locale=locale).locale == locale


@pytest.mark.parametrize(
    ("option", "value", "remedy"),
    [
        ("viewport", "phone", "give desktop, mobile, or a size"),
        ("viewport", "1920", "give desktop, mobile, or a size"),
        ("viewport", "0x768", "give a width and a height from 240 to 4096"),
        ("viewport", "99999x768", "give a width and a height from 240 to 4096"),
        ("locale", "de_DE", "de-DE"),
        ("locale", "German", "de-DE"),
        ("locale", "de-DE\r\nX: y", "de-DE"),
        ("time_zone", "europe/berlin", "Europe/Berlin"),
        ("time_zone", "../../etc/passwd", "Europe/Berlin"),
        ("time_zone", "Factory", "Europe/Berlin"),
        ("user_agent", "a\nb", "printable ASCII"),
        ("user_agent", "", "printable ASCII"),
        ("user_agent", "Größe", "printable ASCII"),
        ("user_agent", "a" * 1_001, "1,000 at most"),
    ],
)
def test_an_option_that_no_browser_understands_is_refused_with_the_remedy(option: str, value: str, remedy: str) -> None:
    with pytest.raises(InvalidSetting, match=f"--{option.replace('_', '-')} .*{remedy}"):
        Visitor.parse(**{option: value})
