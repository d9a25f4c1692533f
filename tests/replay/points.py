"""Texts that may name a point in time."""

from __future__ import annotations

from hypothesis import strategies as st

CLOCK = r"[01][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
TEXTS = st.one_of(
    st.from_regex(r"r?[0-9]{1,18}", fullmatch=True),
    st.from_regex(r"([0-9]{1,2}|100)(\.[0-9]{1,6})?%", fullmatch=True),
    st.from_regex(r"\+([0-9]{1,4}h)?([0-9]{1,4}m)?[0-9]{1,4}(\.[0-9]{1,6})?s", fullmatch=True),
    st.from_regex(
        r"(20[0-9]{2}-0[1-9]-[12][0-9][T ])?[01][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?Z?", fullmatch=True
    ),
    st.from_regex(r"[a-z_]+(/[a-z_]+)?", fullmatch=True),
    st.text(),
)
