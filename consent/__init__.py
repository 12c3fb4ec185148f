"""WHO MAY SEE WHAT. Pure: standard library only. Rules in prose: README.md beside this file."""

from consent.condition import Condition
from consent.disclosure import covers, disclose, may_disclose, residual
from consent.engine import decide, without
from consent.explain import Guidance, explain, guidance, sentences
from consent.model import AccessRequest, Denial, Facts, Item, Permit, Requester, Signature
from consent.policy import POLICY_VERSION
from consent.prospect import prospects

__all__ = [
    "POLICY_VERSION",
    "AccessRequest",
    "Condition",
    "Denial",
    "Facts",
    "Guidance",
    "Item",
    "Permit",
    "Requester",
    "Signature",
    "covers",
    "decide",
    "disclose",
    "explain",
    "guidance",
    "may_disclose",
    "prospects",
    "residual",
    "sentences",
    "without",
]
