"""A rule that an audit has to pass, and its grammar.

RULES      one or more rules, separated by |
RULE       risk>=LEVEL  risk=LEVEL  score<NUMBER  score<=NUMBER  finding:SELECTOR  new-findings  new-findings:SELECTOR
SELECTOR   KIND  severity>=SEVERITY  severity=SEVERITY
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from veritas.audit.finding import SEVERITIES
from veritas.audit.finding_kinds import FINDING_KINDS
from veritas.audit.verdict import INCONCLUSIVE, RISK_LEVELS, UNKNOWN_RISK
from veritas.errors import UsageError
from veritas.projections.findings import severity_of

RISK, SCORE, FINDING, NEW_FINDINGS = "risk", "score", "finding", "new-findings"
SUBJECTS = (RISK, SCORE, FINDING, NEW_FINDINGS)
RISKS = tuple(level for level, _ in RISK_LEVELS)  # the lowest risk first

_FORMS = "risk>=LEVEL, score<NUMBER, finding:KIND, finding:severity>=SEVERITY or new-findings"
_RULE = re.compile(r"(?P<subject>[\w-]*)\s*(?P<sign>>=|<=|==|[<>=:])?\s*(?P<value>.*)", re.DOTALL)
_SEVERITY = re.compile(r"severity\s*(?P<sign>>=|=)\s*(?P<word>.*)", re.DOTALL)
_AT_LEAST, _EQUAL = ">=", "="


@dataclass(frozen=True)
class Scale:
    """A part of an ordered scale, such as the severities from `high` on.

    Attributes:
        words: The words that belong to it.
    """

    words: tuple[str, ...]

    def __contains__(self, word: object) -> bool:
        return word in self.words


@dataclass(frozen=True)
class Selector:
    """Which findings a rule is about.

    Attributes:
        kind: Their kind; None for every kind.
        severities: Their severities; None for every one.
        or_unknown: Whether a severity that VERITAS does not know counts as well.
    """

    kind: str | None = None
    severities: Scale | None = None
    or_unknown: bool = False

    def matches(self, finding: Mapping[str, Any]) -> bool:
        """Return whether a finding is one of them."""
        if self.kind is not None and finding.get("kind") != self.kind:
            return False
        severity = severity_of(finding)
        return (
            self.severities is None or severity in self.severities or (self.or_unknown and severity not in SEVERITIES)
        )

    @property
    def phases(self) -> tuple[str, ...]:
        """The phases that look for such findings."""
        if self.kind is not None:
            return (FINDING_KINDS[self.kind].phase,)
        return tuple(sorted({kind.phase for kind in FINDING_KINDS.values()}))

    @property
    def tests(self) -> frozenset[str]:
        """The tests of the headers that can find such findings."""
        kinds = (kind for kind in FINDING_KINDS.values() if kind.test)
        return frozenset(kind.test for kind in kinds if self.matches({"kind": kind.name, "severity": kind.severity}))

    @property
    def is_of_first_page(self) -> bool:
        """Whether only the first page can have such findings. Cookies are those of all pages."""
        return self.kind is not None and FINDING_KINDS[self.kind].test not in ("", "cookies")


@dataclass(frozen=True)
class Rule:
    """A rule; an audit that it applies to does not pass.

    Attributes:
        text: The rule as it was given.
        subject: One of `SUBJECTS`.
        risks: The risk levels that break it, if its subject is `risk`.
        below: The score that the audit's has to reach or, if `inclusive`, exceed.
        inclusive: Whether `below` itself breaks it.
        selector: The findings that break it, if its subject is findings.
    """

    text: str
    subject: str
    risks: Scale = Scale(())
    below: float = 0.0
    inclusive: bool = False
    selector: Selector = Selector()

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Return the rule in *text*.

        Raises:
            UsageError: It is not a rule.
        """
        match = _RULE.fullmatch(text)
        assert match is not None  # every part of the pattern may be empty
        subject, sign, value = match["subject"], match["sign"] or "", match["value"].strip()
        if subject not in SUBJECTS:
            raise UsageError(f"Invalid rule {text!r}{_guess(subject, SUBJECTS)}; write {_FORMS}.")
        if subject == RISK:
            if sign not in (_AT_LEAST, _EQUAL):
                raise UsageError(f"Invalid rule {text!r}; write risk>=LEVEL, or risk=LEVEL for that level alone.")
            return cls(text, subject, risks=_risks(text, sign, value))
        if subject == SCORE:
            if sign not in ("<", "<="):
                raise UsageError(f"Invalid rule {text!r}: a low score is bad; write score<NUMBER, such as score<70.")
            return cls(text, subject, below=_score(text, value), inclusive=sign == "<=")
        if sign != ":" and (sign or value or subject == FINDING):
            remedy = f"write {subject}:KIND or {subject}:severity>=SEVERITY"
            raise UsageError(f"Invalid rule {text!r}; {remedy}{' or new-findings' * (subject == NEW_FINDINGS)}.")
        return cls(text, subject, selector=_selector(text, value) if sign else Selector())


def parse_rules(texts: Iterable[str]) -> list[Rule]:
    """Return the rules in *texts*, each once; one text may have several, separated by `|`.

    Raises:
        UsageError: One of them is not a rule.
    """
    rules = [Rule.parse(part.strip()) for text in texts for part in text.split("|")]
    return list(dict.fromkeys(rules))


def examples() -> list[str]:
    """Return every rule about a risk level, a kind of finding or a severity."""
    selected = [*(f"severity>={severity}" for severity in SEVERITIES), *FINDING_KINDS]
    return [
        *(f"{RISK}>={level}" for level in RISKS),
        NEW_FINDINGS,
        *(f"{subject}:{selector}" for subject in (FINDING, NEW_FINDINGS) for selector in selected),
    ]


def _risks(text: str, sign: str, level: str) -> Scale:
    if level in (INCONCLUSIVE, UNKNOWN_RISK):
        raise UsageError(
            f"Invalid rule {text!r}: an audit that is {level} passes no rule about risk; write risk>=suspicious."
        )
    return _scale(text, sign, "risk level", level, RISKS)


def _score(text: str, number: str) -> float:
    try:
        score = float(number)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 100:  # also not a number
        raise UsageError(f"Invalid rule {text!r}: {number!r} is not a score; give a number from 0 to 100.")
    return score


def _selector(text: str, value: str) -> Selector:
    if (match := _SEVERITY.fullmatch(value)) is not None:
        severities = _scale(text, match["sign"], "severity", match["word"].strip(), SEVERITIES)
        return Selector(severities=severities, or_unknown=match["sign"] == _AT_LEAST)
    if value.startswith("severity"):
        raise UsageError(f"Invalid rule {text!r}; write severity>=SEVERITY, or severity=SEVERITY for that one alone.")
    if value not in FINDING_KINDS:
        fault = _no_such("kind of finding", value, FINDING_KINDS, listed=False)
        raise UsageError(f"Invalid rule {text!r}: {fault}; `veritas help ci` lists the kinds.")
    return Selector(kind=value)


def _scale(text: str, sign: str, noun: str, word: str, words: tuple[str, ...]) -> Scale:
    if word not in words:
        raise UsageError(f"Invalid rule {text!r}: {_no_such(noun, word, words)}.")
    return Scale(words[words.index(word) :] if sign == _AT_LEAST else (word,))


def _no_such(noun: str, word: str, words: Collection[str], *, listed: bool = True) -> str:
    """Return that *word* is not one of *words*, and which of them was probably meant."""
    choices = f"; give one of {', '.join(words)}" if listed else ""
    return f"there is no {noun} {word!r}{_guess(word, words)}{choices}"


def _guess(word: str, words: Collection[str]) -> str:
    close = get_close_matches(word.lower(), words, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
