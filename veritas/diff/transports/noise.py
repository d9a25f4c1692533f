"""Telling what a transport does to an audit from what differs between any two audits of a site.

What two runs over stdout differ in is noise: the site's own prices, banners and moods. A banner that changes now and
then may well be the same in both of them and another one over the queue, so what remains is believed only when it
lasts: each run over the queue has to show it against each run over stdout. Events that were lost or came out of order
are proved by their numbers, and need no second look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from veritas.diff.difference import DUPLICATED, TRANSPORT, Difference, Differences
from veritas.diff.field_path import path_text


@dataclass(frozen=True)
class NoiseAnalysis:
    """What differs between stdout and the queue, and what that is worth.

    Attributes:
        proved: Differences that count by themselves.
        lasting: Those that every run over the queue has shown against every one over stdout so far, and no two runs
            over stdout against each other; as the last two runs have them.
        noise: How many other differences the last two runs have, by place.
        hidden: How many differences a rule kept from counting between them, by rule.
    """

    proved: list[Difference]
    persistent: list[Difference]
    noise: Counter[str]
    hidden: dict[str, int]

    @property
    def certain(self) -> bool:
        """Whether further runs could change nothing: what is proved is proved, and nothing else is left."""
        return not self.persistent


def separate_noise(among_stdout: Sequence[Differences], across: Sequence[Differences]) -> NoiseAnalysis:
    """Return what is left when the noise is taken away.

    Args:
        among_stdout: The differences between any two runs over stdout.
        across: Those of each run over stdout (the first side) with each over the queue, the last of each last.
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
        noise=Counter(_place(difference) for difference in rest if difference.signature not in persistent),
        hidden={rule: hidden.count for rule, hidden in latest.hidden.items()},
    )


def is_proved(difference: Difference) -> bool:
    """Whether a difference is the transport's by the numbers of the events: they are lost, or out of order.

    A repetition is not among them. The recorder leaves out what comes twice under its number, so what it has twice came
    without one, and a program may say the same thing twice.
    """
    return difference.category == TRANSPORT and difference.kind != DUPLICATED


def _signatures(differences: Differences) -> set[Hashable]:
    return {difference.signature for difference in differences}


def _place(difference: Difference) -> str:
    return f"{difference.event} {path_text(difference.path)}".strip()
