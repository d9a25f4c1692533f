"""Detect trick questions: boxes whose wording makes people choose what they do not want."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Snapshot
from veritas.audit.patterns.lexicon import LANGUAGES
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.notices import is_quoted
from veritas.audit.patterns.taxonomy import FORCED_ENROLLMENT, TRICK_QUESTIONS
from veritas.audit.patterns.text_classifier import classify, normalise

_TOGGLES = ("checkbox", "radio", "switch")


def detect(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the boxes whose tick means no, whose label has two negations, or that combine two consents."""
    yield from _detect_in_labels(snapshot)
    labels = {element.label for element in snapshot.elements if element.control in _TOGGLES}
    for element in snapshot.texts:
        classification = classify(element.text or "", snapshot.language_of(element))
        if (
            classification
            and classification.type is TRICK_QUESTIONS
            and element.text not in labels
            and not is_quoted(snapshot, element, classification.words)
        ):
            yield Detection(
                kind="trick_question",
                type=TRICK_QUESTIONS,
                title="Trick question",
                detail=f"{quoted(element.text)} is misleading: {classification.reason[0].lower()}"
                f"{classification.reason[1:]}",
                severity="low",
                confidence=0.7,
                signal="meta",
                element=element,
                measured={"rule": classification.rule, "words": classification.words},
            )


def _detect_in_labels(snapshot: Snapshot) -> Iterator[Detection]:
    for element in snapshot.elements:
        if element.control not in _TOGGLES or not element.label or not (element.visible or element.label_visible):
            continue
        language = snapshot.language_of(element)
        negations = words("negation", language).findall(normalise(element.label)) if language in LANGUAGES else []
        classification = classify(element.label, language)
        if classification and classification.type is TRICK_QUESTIONS:
            fault = "ticking the box means no"
            confidence = classification.confidence
        elif len(negations) >= 2:
            fault = f"it has {len(negations)} negations"
            confidence = 0.75
        elif classification and classification.type is FORCED_ENROLLMENT and classification.rule == "consent-bundled":
            yield Detection(
                kind="bundled_consent",
                type=FORCED_ENROLLMENT,
                title="Bundled consent",
                detail=f"One box accepts both the terms and marketing: {quoted(element.label)}.",
                severity="medium",
                confidence=classification.confidence,
                signal="structural",
                element=element,
                measured={"words": classification.words, "checked": element.checked},
            )
            continue
        else:
            continue
        yield Detection(
            kind="trick_question",
            type=TRICK_QUESTIONS,
            title="Trick question",
            detail=f"The label {quoted(element.label)} is misleading: {fault}.",
            severity="medium",
            confidence=confidence,
            signal="structural",
            element=element,
            measured={"negations": negations, "checked": element.checked},
        )
