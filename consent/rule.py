"""What a rule is: a small function, and beside it what a lawyer asks about it."""

from collections.abc import Callable
from dataclasses import dataclass

from consent.case import Case
from consent.model import ALWAYS, Grant, Period, Withheld
from consent.vocabulary import Action, Evidence, EvidenceMark, Obligation


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule has to say about a case. Rules that have nothing to say return `None`."""

    grants: tuple[Grant, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    obligations: frozenset[Obligation] = frozenset()
    evidence: Evidence | None = None


Judge = Callable[[Case], Finding | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Rules vote on their own, so their order never matters.

    `paragraph` is as Danish law is cited; `danish` and `english` are one whole sentence each.
    """

    id: str
    paragraph: str
    mark: EvidenceMark
    danish: str
    english: str
    actions: frozenset[Action]
    judge: Judge
    period: Period = ALWAYS  # when the rule is law
