"""The names are those of the two taxonomies."""

from __future__ import annotations

from collections import Counter

from veritas.audit.patterns import taxonomy
from veritas.audit.patterns.taxonomy import MATHUR, PatternType

# Gray et al. 2024: the meso-level names of each high-level one.
GRAY = {
    "Sneaking": {"Bait and Switch", "Hiding Information", "(De)contextualizing Cues"},
    "Obstruction": {"Roach Motel", "Creating Barriers", "Adding Steps"},
    "Interface Interference": {
        "Manipulating Choice Architecture",
        "Bad Defaults",
        "Emotional or Sensory Manipulation",
        "Trick Questions",
        "Choice Overload",
        "Hidden Information",
        "Language Inaccessibility",
        "Feedforward Ambiguity",
    },
    "Forced Action": {
        "Nagging",
        "Forced Continuity",
        "Forced Registration",
        "Forced Communication or Disclosure",
        "Gamification",
        "Attention Capture",
    },
    "Social Engineering": {"Scarcity and Popularity Claims", "Social Proof", "Urgency", "Shaming", "Personalization"},
}


def test_there_are_fifteen_types_in_seven_categories() -> None:
    """Mathur et al. found fifteen types, in seven categories."""
    assert Counter(type.category for type in MATHUR) == {
        "Sneaking": 3,
        "Urgency": 2,
        "Misdirection": 4,
        "Social Proof": 2,
        "Scarcity": 2,
        "Obstruction": 1,
        "Forced Action": 1,
    }


def test_every_type_is_in_grays_ontology() -> None:
    """Each path starts with a high-level name and one of its meso-level names."""
    types = [value for value in vars(taxonomy).values() if isinstance(value, PatternType)]
    assert len(types) > len(MATHUR)
    for type in types:
        high, meso, *low = type.gray.split(": ")
        assert meso in GRAY[high]
        assert len(low) <= 1


def test_a_type_has_the_names_of_both_taxonomies() -> None:
    """Without a type of Mathur's, the name is his category."""
    assert taxonomy.COUNTDOWN_TIMER.names() == {
        "mathur2019": "Urgency: Countdown Timer",
        "gray2024": "Social Engineering: Urgency: Countdown Timer",
    }
    assert taxonomy.BAD_DEFAULT_CONSENT.mathur == "Sneaking"
