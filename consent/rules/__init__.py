"""All rules of the default policy.

To add one: a function and its row in a module here, a row in README.md, a yes and a no in tests/consent/decisions.
"""

from consent.model import Reason
from consent.rule import Rule
from consent.rules.citizen import CITIZEN_RULES
from consent.rules.disclosure import DISCLOSURE_RULES
from consent.rules.limits import LIMIT_RULES
from consent.rules.look_up import LOOK_UP_RULES
from consent.rules.other_purposes import OTHER_PURPOSE_RULES
from consent.rules.oversight import OVERSIGHT_RULES
from consent.rules.social import SOCIAL_RULES
from consent.rules.submission import SUBMISSION_RULES
from consent.vocabulary import Effect, EvidenceMark

RULES: tuple[Rule, ...] = (
    *LOOK_UP_RULES,
    *OTHER_PURPOSE_RULES,
    *DISCLOSURE_RULES,
    *LIMIT_RULES,
    *CITIZEN_RULES,
    *SOCIAL_RULES,
    *SUBMISSION_RULES,
    *OVERSIGHT_RULES,
)

NO_BASIS = Reason(rule="D0", effect=Effect.DENY, paragraph="Sundhedsloven § 40", mark=EvidenceMark.VERIFIED.value)
"""No rule opened: the duty of secrecy is the default."""

DEFECT = Reason(rule="D1", effect=Effect.DENY, paragraph="Sundhedsloven § 40", mark=EvidenceMark.VERIFIED.value)
"""A rule could not be judged: no answer means no."""

ABOUT_WITHHELD = Reason(
    rule="D2", effect=Effect.DENY, paragraph="Sundhedsloven § 40", mark=EvidenceMark.TO_BE_CONFIRMED.value
)
"""What is about a withheld record is withheld: it would say that the other exists."""

__all__ = ["ABOUT_WITHHELD", "DEFECT", "NO_BASIS", "RULES", "Rule"]
