"""Questions that are worded so that people tick what they do not mean."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.detection import Sighting, quoted
from veritas.audit.patterns.dom_snapshot import Snapshot
from veritas.audit.patterns.taxonomy import FORCED_ENROLLMENT, TRICK_QUESTIONS
from veritas.audit.patterns.text_classifier import classify, normalise

_NEGATION = re.compile(
    r"\b(?:not|don't|dont|do not|never|no longer|without|un-?tick|un-?check|de-?select|opt[- ]?out|unless"
    r"|stop|except|refuse|decline)\b"
)
_TOGGLES = ("checkbox", "radio", "switch")


def judge(snapshot: Snapshot) -> Iterator[Sighting]:
    """Yield the boxes whose tick means no, whose label denies twice, or that tie one consent to another."""
    for element in snapshot.elements:
        if element.control not in _TOGGLES or not element.label or not (element.visible or element.label_seen):
            continue
        words = normalise(element.label)
        negations = _NEGATION.findall(words)
        claim = classify(element.label)
        if claim and claim.type is TRICK_QUESTIONS:
            what = "ticking it means no"
            confidence = claim.confidence
        elif len(negations) >= 2:
            what = f"it denies {len(negations)} times"
            confidence = 0.75
        elif claim and claim.type is FORCED_ENROLLMENT and claim.rule == "consent-bundled":
            yield Sighting(
                kind="bundled_consent",
                type=FORCED_ENROLLMENT,
                title="Marketing tied to the terms",
                detail=f"One tick accepts the terms and marketing together: {quoted(element.label)}.",
                severity="medium",
                confidence=claim.confidence,
                signal="structural",
                element=element,
                measured={"words": claim.words, "checked": element.checked},
            )
            continue
        else:
            continue
        yield Sighting(
            kind="trick_question",
            type=TRICK_QUESTIONS,
            title="Question worded to be misread",
            detail=f"The box {quoted(element.label)} is a trick: {what}.",
            severity="medium",
            confidence=confidence,
            signal="structural",
            element=element,
            measured={"negations": negations, "checked": element.checked},
        )
