"""The rules by which the text classifier knows dark patterns: a file for each category of Mathur et al. 2019."""

from __future__ import annotations

from veritas.audit.patterns.lexicon import (
    forced_action,
    misdirection,
    obstruction,
    scarcity,
    sneaking,
    social_proof,
    urgency,
)
from veritas.audit.patterns.lexicon.rules import Rule

# In the order in which they win where two are equally sure.
RULES: tuple[Rule, ...] = (
    *scarcity.RULES,
    *social_proof.RULES,
    *urgency.RULES,
    *misdirection.RULES,
    *obstruction.RULES,
    *forced_action.RULES,
    *sneaking.RULES,
)
