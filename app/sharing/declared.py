"""What was declared about a citizen, as she and the officer read it: who, when, which door, why, and its review."""

from dataclasses import dataclass

from app.runtime import from_us, to_us
from app.store import declarations, reviews
from app.store.database import Snapshot
from app.store.declarations import Made
from app.store.directory import Directory
from app.store.reviews import Review
from app.summary import catalogue
from app.summary.catalogue import Text
from app.summary.times import moment_text
from consent.confirmation import confirms
from consent.model import Declaration, OrganisationKey, Period, PersonKey, Relation
from consent.policy import DOORS
from consent.vocabulary import DeclarationKind, Function


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One declaration. `state` is a key of `catalogue.REVIEW_STATES`, None where no review is ever owed."""

    made: Made
    unit: str
    state: str | None

    @property
    def at_us(self) -> int:
        """When it was declared."""
        start = self.made.declaration.period.start
        return 0 if start is None else to_us(start)

    @property
    def until_us(self) -> int:
        """When it ends."""
        end = self.made.declaration.period.end
        return self.at_us if end is None else to_us(end)

    def text(self) -> Text:
        """Return the declaration as a sentence."""
        return Text(*(self._said(language) for language in (0, 1)))

    def _said(self, language: int) -> str:
        declaration = self.made.declaration
        known = None if self.made.code is None else catalogue.DOOR_REASONS.get(self.made.code)
        why = declaration.reason if known is None else f"{known[language]}: {declaration.reason}"
        said = catalogue.DOOR_OPENED[language].format(
            name=self.made.name or catalogue.UNNAMED[language],
            unit=self.unit,
            at=moment_text(self.at_us),
            door=catalogue.DOORS[declaration.kind.value][language],
            until=moment_text(self.until_us),
            reason=why.rstrip(". "),
        )
        state = None if self.state is None else catalogue.REVIEW_STATES[self.state][language]
        return said if state is None else f"{said} ({state})"


async def declared_about(snapshot: Snapshot, pid: int, registry: Directory, *, at_us: int) -> list[Declared]:
    """Return all that was declared about a citizen, oldest first."""
    made = await declarations.of_citizen(snapshot, pid)
    if not made:
        return []
    owed = {one.id: one for one in await reviews.of_citizen(snapshot, pid)}
    known = await reviews.relations_ever(snapshot, pid)
    return [
        Declared(
            made=one,
            unit=registry.name_of(one.declaration.organisation),
            state=state_of(owed.get(one.declaration.source), known, registry, at_us=at_us),
        )
        for one in made
    ]


def state_of(review: Review | None, known: list[Relation], registry: Directory, *, at_us: int) -> str | None:
    """Return what has become of a review that is owed; confirmed by another source it is owed no more."""
    if review is None:
        return None
    if review.reviewed is not None:
        return "reviewed"
    if review.kind == DeclarationKind.EMERGENCY.value:
        return "under-review"
    if confirms(known, _declaration(review), function=Function(review.function), organisations=registry.tree):
        return "confirmed"
    return "under-review" if review.due <= at_us else "awaiting-confirmation"


def _declaration(review: Review) -> Declaration:
    kind = DeclarationKind(review.kind)
    return Declaration(
        kind=kind,
        person=PersonKey(review.person),
        organisation=OrganisationKey(review.organisation),
        purpose=min(DOORS[kind].purposes),
        period=Period(start=from_us(review.start), end=from_us(review.stop)),
        reason=review.reason,
        source=review.id,
    )
