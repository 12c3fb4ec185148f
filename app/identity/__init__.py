"""Who is asking: signed bearer tokens become a `Caller`. No HTTP framework here."""

from app.identity.caller import Caller
from app.identity.tokens import TokenVerifier, issue_token

__all__ = ["Caller", "TokenVerifier", "issue_token"]
