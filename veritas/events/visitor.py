"""The visitor that a site sees during an audit: the window, the language, the time zone and the user agent."""

from __future__ import annotations

import re

import msgspec

from veritas.errors import InvalidSetting

_SMALLEST, _LARGEST = 240, 4096  # CSS pixels
_SIZE = re.compile(r"([0-9]{1,5})[xX×]([0-9]{1,5})")
# A language, a script and a region, as in BCP 47; browsers know no variants.
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")
_LONGEST_USER_AGENT = 1_000  # characters
_NOT_ZONES = {"Factory", "localtime"}  # in the system's list, but they name no zone


class Viewport(msgspec.Struct, frozen=True):
    """A browser's window.

    Attributes:
        width: In CSS pixels.
        height: In CSS pixels.
        scale: Device pixels for each CSS pixel.
        mobile: Whether it is that of a phone: it has a touch screen, and obeys `<meta name="viewport">`.
    """

    width: int
    height: int
    scale: float = 1.0
    mobile: bool = False

    @classmethod
    def parse(cls, text: str) -> Viewport:
        """Return the window that *text* describes: `desktop`, `mobile` or its size, such as `1920x1080`.

        Raises:
            InvalidSetting: *text* describes none.
        """
        if text in _NAMED:
            return _NAMED[text]
        match = _SIZE.fullmatch(text)
        if match is None:
            raise InvalidSetting(
                f"--viewport {text!r} is not a window; give desktop, mobile, or a size such as 1920x1080."
            )
        width, height = int(match[1]), int(match[2])
        if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
            raise InvalidSetting(
                f"--viewport {text!r} is out of range; give a width and a height from {_SMALLEST} to {_LARGEST}."
            )
        return cls(width, height)

    def __str__(self) -> str:
        return f"mobile, {self.width}x{self.height}" if self.mobile else f"{self.width}x{self.height}"


DESKTOP = Viewport(1366, 768)
MOBILE = Viewport(412, 839, scale=2.625, mobile=True)  # Playwright's Pixel 7
_NAMED = {"desktop": DESKTOP, "mobile": MOBILE}


class Visitor(msgspec.Struct, frozen=True):
    """A visitor, as far as an audit chooses it.

    Attributes:
        viewport: The window.
        locale: The language and region, as in BCP 47: of `Accept-Language`, and of the page's dates and numbers.
        time_zone: The name of the time zone; None for that of the machine.
        user_agent: The User-Agent header; None for that of the browser.
    """

    viewport: Viewport = DESKTOP
    locale: str = "en-US"
    time_zone: str | None = None
    user_agent: str | None = None

    @classmethod
    def parse(
        cls,
        *,
        viewport: str | None = None,
        locale: str | None = None,
        time_zone: str | None = None,
        user_agent: str | None = None,
    ) -> Visitor:
        """Return the visitor that these options describe; None is the default.

        Raises:
            InvalidSetting: An option is invalid.
        """
        visitor = cls(time_zone=time_zone, user_agent=user_agent)
        if viewport is not None:
            visitor = msgspec.structs.replace(visitor, viewport=Viewport.parse(viewport))
        if locale is not None:
            if not _LOCALE.fullmatch(locale):
                raise InvalidSetting(
                    f"--locale {locale!r} is not a language; give one such as de, de-DE or zh-Hant-TW."
                )
            visitor = msgspec.structs.replace(visitor, locale=locale)
        if time_zone is not None:
            zones = _time_zones()
            if zones and time_zone not in zones:  # without the system's list, the browser checks it
                raise InvalidSetting(
                    f"--time-zone {time_zone!r} is not a time zone; give one such as Europe/Berlin or UTC."
                )
        if user_agent is not None and not (user_agent.isascii() and user_agent.isprintable() and user_agent.strip()):
            raise InvalidSetting(f"--user-agent {user_agent!r} cannot be sent in a header; give printable ASCII text.")
        if user_agent is not None and len(user_agent) > _LONGEST_USER_AGENT:
            raise InvalidSetting(
                f"--user-agent has {len(user_agent):,} characters; give {_LONGEST_USER_AGENT:,} at most."
            )
        return visitor

    def __str__(self) -> str:
        parts = [str(self.viewport), self.locale, self.time_zone, self.user_agent]
        return ", ".join(part for part in parts if part)


def _time_zones() -> set[str]:
    """Return the names that the system's list of time zones has; empty if it has no list."""
    from zoneinfo import available_timezones  # every command imports this module, and few need these 5 ms

    return available_timezones() - _NOT_ZONES
