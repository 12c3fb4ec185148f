"""What was done with a citizen's data: the record as stored, and the AuditEvent as read."""

from app.audit.record import Operation, Record, decode, encode, organisation_in
from app.audit.render import audit_event

__all__ = ["Operation", "Record", "audit_event", "decode", "encode", "organisation_in"]
