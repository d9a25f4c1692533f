"""What a worker prints for one audit is cut out exactly, however the bytes arrive."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from veritas.channels.section import Section, begin_mark, end_mark

TOKEN, OTHER = "a1" * 16, "b2" * 16
# Text that is like a mark, or the beginning of one, is a part of the section.
PRINTED = st.lists(
    st.sampled_from(
        [b"#", b"##AUDIT:", b"##AUDIT:" + TOKEN[:-1].encode(), end_mark(OTHER, 0), b":end:", b"\n", b"x" * 50]
    )
    | st.binary(max_size=20)
).map(b"".join)


def in_chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[first:last] for first, last in pairwise(places)]


@given(PRINTED, PRINTED, PRINTED, st.integers(0, 255), st.lists(st.integers(0, 10_000)))
def test_the_section_is_what_is_between_its_marks(
    before: bytes, inside: bytes, after: bytes, status: int, cuts: list[int]
) -> None:
    """Whatever is printed around it, and wherever the stream is cut into chunks."""
    section = Section(TOKEN)
    stream = before + begin_mark(TOKEN) + inside + end_mark(TOKEN, status) + after
    found = b""
    for chunk in in_chunks(stream, cuts):
        if not section.has_ended:
            found += section.feed(chunk)
    assert (found, section.exit_status, section.close()) == (inside, status, b"")


@given(PRINTED, st.lists(st.integers(0, 10_000)))
def test_what_a_worker_printed_before_it_died_is_complete(inside: bytes, cuts: list[int]) -> None:
    """The section has no end, and its last bytes may look like the beginning of one."""
    section = Section(TOKEN)
    found = b"".join(section.feed(chunk) for chunk in in_chunks(begin_mark(TOKEN) + inside, cuts))
    assert found + section.close() == inside
    assert section.exit_status is None


def test_the_section_of_another_audit_is_left_out() -> None:
    """What came late for the audit before belongs to no section."""
    section = Section(TOKEN)
    stream = begin_mark(OTHER) + b"theirs" + end_mark(OTHER, 1) + b"late" + begin_mark(TOKEN) + b"ours"
    assert section.feed(stream) == b"ours"
