"""How long each phase of two runs took."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from veritas.projections.audit_state import AuditState
from veritas.projections.phase_state import phase_label


@dataclass(frozen=True)
class PhaseTimes:
    """One phase in two runs.

    Attributes:
        phase: Its name on the wire.
        label: What people call it.
        a: How long it took in the first run, in seconds; None where it has none, or did not end there.
        b: How long it took in the second.
    """

    phase: str
    label: str
    a: float | None
    b: float | None

    @property
    def longer(self) -> float | None:
        """By how many seconds it took longer in the second run; None where that is not known."""
        return None if self.a is None or self.b is None else self.b - self.a

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def phase_times(a: AuditState, b: AuditState) -> list[PhaseTimes]:
    """Return the phases of two runs, in the order in which they began in the first; what the second adds comes last."""
    of_a, of_b = ({phase.name: phase for phase in state.ordered_phases()} for state in (a, b))
    return [
        PhaseTimes(
            name,
            phase_label(name),
            of_a[name].duration if name in of_a else None,
            of_b[name].duration if name in of_b else None,
        )
        for name in dict.fromkeys([*of_a, *of_b])
    ]
