"""What a site's headers say about its security: the twelve tests of the MDN HTTP Observatory, as pure functions."""

from veritas.audit.headers.checks import TESTS, evaluate
from veritas.audit.headers.observation import CheckResult, Cookie, Exchange, Observation
from veritas.audit.headers.score import Score, score
from veritas.audit.headers.table import ALGORITHM, RESULTS

__all__ = (
    "ALGORITHM",
    "RESULTS",
    "TESTS",
    "CheckResult",
    "Cookie",
    "Exchange",
    "Observation",
    "Score",
    "evaluate",
    "score",
)
