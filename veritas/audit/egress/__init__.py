"""The egress guard: where an audit may connect to, and the one door that all of its connections go through."""

from veritas.audit.egress.guard import Guard
from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy, PrivateHost
from veritas.audit.egress.refusal import Refusal
from veritas.audit.egress.thread import open_guard

__all__ = ["PUBLIC_ONLY", "EgressPolicy", "Guard", "PrivateHost", "Refusal", "open_guard"]
