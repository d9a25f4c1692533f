"""Tags: short words that an audit is given, by which it can be found later."""

from __future__ import annotations

import re

from veritas.errors import InvalidSetting

_TAG = re.compile(r"[A-Za-z0-9._:/-]{1,64}")


def check_tag(text: str) -> str:
    """Return *text* if it is a tag.

    Raises:
        InvalidSetting: It is not.
    """
    if _TAG.fullmatch(text) is None:
        raise InvalidSetting(f"{text!r} is not a tag; give 1 to 64 characters of letters, digits and . _ - : /")
    return text
