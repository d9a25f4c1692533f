"""The separation of differences that a transport causes from noise: differences between any two audits of a site.

Differences between two runs over stdout are noise: they come from the site's own prices and banners. A banner that
changes now and then may happen to be the same in both of them and another one over the queue. So a difference that
remains counts only if it persists: each run over the queue has to show it against each run over stdout. Events that
were lost or came out of order are proved by their numbers, and need no further run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from veritas.diff.difference import DUPLICATED, TRANSPORT, Difference, Differences
from veritas.diff.field_path import path_text


@dataclass(frozen=True)
class NoiseAnalysis:
    """The differences between stdout and the queue, separated from noise.

    Attributes:
        proved: Differences that the events' numbers prove.
        persistent: Differences that every run over the queue has shown against every run over stdout so far, and that
            no two runs over stdout have shown against each other; with the values of the last two runs.
        noise: How many other differences the last two runs have, by event and field.
        hidden: How many differences between them each rule hides.
    """

    proved: list[Difference]
    persistent: list[Difference]
    noise: Counter[str]
    hidden: dict[str, int]

    @property
    def certain(self) -> bool:
        """Whether further runs cannot change the result: there are no differences that are not proved."""
        return not self.persistent


def separate_noise(among_stdout: Sequence[Differences], across: Sequence[Differences]) -> NoiseAnalysis:
    """Separate the noise from the differences between stdout and the queue.

    Args:
        among_stdout: The differences between any two runs over stdout.
        across: The differences of each run over stdout (the first side) from each run over the queue; those of the last
            two runs last.
    """
    noise = {signature for differences in among_stdout for signature in _signatures(differences)}
    persistent = set.intersection(*map(_signatures, across)) - noise
    latest = across[-1]
    proved = [difference for difference in latest if is_proved(difference)]
    known = {difference.signature for difference in proved}
    for differences in across[:-1]:
        proved += [each for each in differences if is_proved(each) and each.signature not in known]
        known |= {each.signature for each in proved}
    rest = [difference for difference in latest if not is_proved(difference)]
    return NoiseAnalysis(
        proved=proved,
        persistent=[difference for difference in rest if difference.signature in persistent],
        noise=Counter(_field(difference) for difference in rest if difference.signature not in persistent),
        hidden={rule: hidden.count for rule, hidden in latest.hidden.items()},
    )


def is_proved(difference: Difference) -> bool:
    """Return whether the events' numbers prove that the transport caused a difference: an event lost or out of order.

    A repetition is not proved. The recorder drops an event that comes twice under its number, so a repeated event has
    no number, and a program may emit the same event twice.
    """
    return difference.category == TRANSPORT and difference.kind != DUPLICATED


def _signatures(differences: Differences) -> set[Hashable]:
    return {difference.signature for difference in differences}


def _field(difference: Difference) -> str:
    return f"{difference.event} {path_text(difference.path)}".strip()
