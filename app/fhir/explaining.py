"""The question of `$explain-access`, read with every fault named; described in docs/explain.md."""

from app.errors import InvalidContentError
from app.fhir.parameters import Input
from app.fhir.reading import PERSONS, PLACES, Reading
from app.sharing.explain import Question
from consent.model import OrganisationKey, PersonKey
from consent.policy import CITIZENS
from consent.vocabulary import Function, Purpose

IN_AN_ADDRESS = frozenset({"function", "organisation", "purpose", "at"})
"""What may stand in a URL: nothing that names a person."""

IN_A_BODY = IN_AN_ADDRESS | {"person"}


def question_of(given: Input) -> Question:
    """Return the question.

    Raises:
        InvalidContentError: one or several parameters cannot be read.
    """
    reading = Reading(given)
    organisation, person = reading.named("organisation", PLACES), reading.named("person", PERSONS)
    question = Question(
        function=reading.word("function", Function),
        organisation=OrganisationKey(organisation) if organisation is not None else None,
        person=PersonKey(person) if person is not None else None,
        purpose=reading.word("purpose", Purpose),
        at_us=reading.instant("at"),
    )
    if question.function in CITIZENS:
        reading.fault("function", "value", "ask about staff: a citizen or who acts for one is no function of staff")
    if reading.faults:
        raise InvalidContentError(reading.faults[0].text, faults=tuple(reading.faults))
    return question
