"""The rules of the text classifier: one module for each category of Mathur et al. 2019."""

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

# If two matching rules have the same confidence, the first wins.
RULES: tuple[Rule, ...] = (
    *scarcity.RULES,
    *social_proof.RULES,
    *urgency.RULES,
    *misdirection.RULES,
    *obstruction.RULES,
    *forced_action.RULES,
    *sneaking.RULES,
)
