"""The precision and recall of the text classifier on dark patterns and other texts of shops.

They are measured on a given file of texts that people have labelled: tab-separated, with a header line and the columns
`text`, `label` (1 for a dark pattern) and `category` (of Mathur et al. 2019).
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from veritas.audit.patterns.text_classifier import classify


@dataclass(frozen=True)
class Score:
    """The right and wrong answers for dark patterns, or for one category of them."""

    hits: int
    false_alarms: int
    misses: int

    @property
    def precision(self) -> float:
        """The share of the flagged texts that are dark patterns."""
        return self.hits / ((self.hits + self.false_alarms) or 1)

    @property
    def recall(self) -> float:
        """The share of the dark patterns that were flagged."""
        return self.hits / ((self.hits + self.misses) or 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.hits / ((2 * self.hits + self.false_alarms + self.misses) or 1)

    def as_dict(self) -> dict[str, float]:
        """Return the figures, rounded to four places."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        counts = {"hits": self.hits, "false_alarms": self.false_alarms, "misses": self.misses}
        return {name: round(value, 4) for name, value in figures.items()} | counts


def main(argv: list[str]) -> int:
    """Print precision, recall and F1, over all texts and for each category; return the exit status."""
    parser = argparse.ArgumentParser(prog="patterns", description=__doc__)
    parser.add_argument("--texts", type=Path, required=True, metavar="FILE", help="the labelled texts")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(argv)
    try:
        rows = read_rows(options.texts)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        parser.error(f"{str(options.texts)!r} cannot be read: {error}")
    started = time.perf_counter()
    answers = [claim.category if (claim := classify(text)) else None for text, _ in rows]
    seconds = time.perf_counter() - started
    truths = [category for _, category in rows]
    categories = sorted({category for category in truths if category})
    scores = {"dark pattern": _score([bool(truth) for truth in truths], [bool(answer) for answer in answers])}
    for category in categories:
        scores[category] = _score([truth == category for truth in truths], [answer == category for answer in answers])
    if options.json:
        figures = {name: score.as_dict() for name, score in scores.items()}
        print(json.dumps({"texts": len(rows), "seconds": round(seconds, 3), "scores": figures}))
    else:
        print(f"{len(rows)} texts in {seconds:.2f} s")
        print(f"{'':16}{'precision':>10}{'recall':>10}{'F1':>10}{'hits':>7}{'false':>7}{'missed':>7}")
        for name, score in scores.items():
            row = f"{score.precision:10.3f}{score.recall:10.3f}{score.f1:10.3f}"
            print(f"{name:16}{row}{score.hits:7}{score.false_alarms:7}{score.misses:7}")
    return 0


def read_rows(path: Path) -> list[tuple[str, str | None]]:
    """Return the texts of *path*, each with its category, or None if it is not a dark pattern.

    Raises:
        ValueError: A column is missing.
    """
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, delimiter="\t")
        missing = {"text", "label", "category"} - set(table.fieldnames or ())
        if missing:
            raise ValueError(f"it has no column {sorted(missing)[0]!r}")
        return [(row["text"] or "", row["category"] if row["label"] == "1" else None) for row in table]


def _score(truths: Sequence[bool], answers: Sequence[bool]) -> Score:
    pairs = list(zip(truths, answers, strict=True))
    return Score(
        hits=pairs.count((True, True)), false_alarms=pairs.count((False, True)), misses=pairs.count((True, False))
    )
