"""The lexicons of all languages recognise what shops write to press visitors, and pass over what honest shops write."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritas.audit.patterns.lexicon import LANGUAGES, rules_of
from veritas.audit.patterns.lexicon.controls import english, french, german, italian, spanish, words
from veritas.audit.patterns.text_classifier import Classification, classify

# Each file has the language's code as its name, and lines of a type, or `-` if the text is honest, and a text.
SENTENCES = sorted((Path(__file__).parent / "sentences").glob("*.txt"))


def read(path: Path) -> list[tuple[str, str]]:
    """Return the type and the text of each line."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line]
    return [(kind, text) for kind, _, text in (line.partition(" | ") for line in lines)]


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: path.stem)
def test_each_manipulative_sentence_gets_its_type(path: Path) -> None:
    """At least forty in each language, of all categories."""
    dark = [(kind, text) for kind, text in read(path) if kind != "-"]
    found = [
        (classification.type.name if classification else "-", text) for classification, text in classified(path, dark)
    ]
    assert found == dark
    assert len(dark) >= 40


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: path.stem)
def test_no_honest_sentence_is_classified(path: Path) -> None:
    """At least forty in each language, many with the words of the rules."""
    honest = [(kind, text) for kind, text in read(path) if kind == "-"]
    assert [(each.rule, text) for each, text in classified(path, honest) if each] == []
    assert len(honest) >= 40


def classified(path: Path, sentences: list[tuple[str, str]]) -> list[tuple[Classification | None, str]]:
    """Return the classification of each sentence with its text."""
    return [(classify(text, path.stem), text) for _, text in sentences]


def test_every_language_has_the_same_rules_and_words() -> None:
    """No kind of rule, and no word of controls, is missing in any language."""
    assert {path.stem for path in SENTENCES} | {"en"} == LANGUAGES
    kinds = {code: [rule.kind.name for rule in rules_of(code)] for code in LANGUAGES}
    assert all(names == kinds["en"] for names in kinds.values())
    assert all(module.WORDS.keys() == english.WORDS.keys() for module in (german, french, spanish, italian))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("extra", "don't ask again"),
        ("extra", "remember this option"),
        ("charged_extra", "don't forget me t-shirt £12"),
        ("charged_extra", "don quixote £5"),
        ("consent", "public profile"),
        ("fee", "cargo trousers"),
        ("other_clock", "the sale is back"),
        ("other_clock", "four bowls"),
    ],
)
def test_words_of_one_language_are_not_found_in_another(name: str, text: str) -> None:
    """The words of all languages are searched together, so a short one has to have its neighbours."""
    assert not words(name).search(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("extra", "un don pour la forêt"),
        ("charged_extra", "don 2,00 €"),
        ("charged_extra", "don à la croix-rouge 2 €"),
        ("consent", "profilbildung erlauben"),
        ("fee", "cargo por servicio"),
        ("other_clock", "backzeit"),
    ],
)
def test_short_words_are_found_with_their_neighbours(name: str, text: str) -> None:
    """As they are written where they mean this."""
    assert words(name).search(text)


@pytest.mark.parametrize(
    ("name", "text", "is_found"),
    [
        ("subscription", "monthly view", False),
        ("subscription", "a monthly donation", True),
        ("harmless", "by email", True),
        ("harmless", "news by email", False),
    ],
)
def test_a_setting_that_may_be_ticked_is_told_from_a_commitment(name: str, text: str, is_found: bool) -> None:
    """The way to reach somebody, or a view of a calendar, commits to nothing."""
    assert bool(words(name).search(text)) == is_found


def test_a_language_without_rules_has_no_classification() -> None:
    """Whatever the text is."""
    assert classify("Nog maar 2 op voorraad", "nl") is None
    assert classify("Only 2 left in stock", "und") is None
