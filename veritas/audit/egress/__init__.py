"""The egress guard: where an audit may connect to, and the one door that all of its connections go through."""

from veritas.audit.egress.guard import Guard, open_guard
from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy, PrivateHost
from veritas.audit.egress.refusal import Refusal

__all__ = ["PUBLIC_ONLY", "EgressPolicy", "Guard", "PrivateHost", "Refusal", "open_guard"]
