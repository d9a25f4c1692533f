"""The outcomes of the test of Subresource Integrity."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.headers.outcomes.outcome import Outcome

SRI: Mapping[str, Outcome] = {
    "sri-implemented-and-all-scripts-loaded-securely": Outcome(
        5, True, "All scripts come from the site itself, and have an integrity hash."
    ),
    "sri-implemented-and-external-scripts-loaded-securely": Outcome(
        5, True, "Scripts from other sites have an integrity hash, and come over https:."
    ),
    "sri-not-implemented-response-not-html": Outcome(0, True, "The page is not HTML and loads no script."),
    "sri-not-implemented-but-no-scripts-loaded": Outcome(0, True, "The page has no script."),
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": Outcome(
        0, True, "All scripts come from the site itself."
    ),
    "sri-not-implemented-but-external-scripts-loaded-securely": Outcome(
        -5,
        False,
        "Scripts from other sites come over https:, but have no integrity hash.",
        "No Subresource Integrity",
    ),
    "sri-implemented-but-external-scripts-not-loaded-securely": Outcome(
        -20,
        False,
        "Scripts from other sites have an integrity hash, but can come over http:.",
        "External scripts over plain http",
    ),
    "sri-not-implemented-and-external-scripts-not-loaded-securely": Outcome(
        -50,
        False,
        "Scripts can come over http:, and have no integrity hash.",
        "No Subresource Integrity, scripts over plain http",
    ),
}
