"""The runner of audits, under its documented name; see `veritas.recording.audit_runner`."""

from veritas.recording.audit_runner import AuditRunner

__all__ = ["AuditRunner"]
