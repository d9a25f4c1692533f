"""The kinds of fallback: why events changed from one transport to another."""

from __future__ import annotations

from collections.abc import Mapping

NOT_CREATED, NOT_GIVEN, NOT_REACHED = "not_created", "not_given", "not_reached"
REFUSED, BROKE, STALLED, OTHER = "refused", "broke", "stalled", "other"

# Each kind of fallback, and the words for it. Never change a code: it is recorded.
FALLBACK_KINDS: Mapping[str, str] = {
    NOT_CREATED: "could not be created",  # the parent could not make its end
    NOT_GIVEN: "was not given",  # the child's environment does not contain a usable address
    NOT_REACHED: "could not be reached",  # the child found the address, and nothing answers there
    REFUSED: "refused the key",  # one end answered, and the other did not accept its key
    BROKE: "broke",  # it failed after it had been opened
    STALLED: "stalled",  # it stayed open, and did not answer, or neither accepted nor confirmed anything
    OTHER: "other",  # a program of another version or origin did not give one of these
}
