"""The only interpreter between FHIR and consent: what a resource is, where it lives, what follows from it. Pure."""

from app.translate.classification import Classified, category_of, classify
from app.translate.consents import consent_of, provision_of
from app.translate.directives import Named, directive_of, is_directive
from app.translate.homes import home_of, other_citizens
from app.translate.labels import merge_labels
from app.translate.relations import Evidenced, relations_of
from app.translate.source import Actor, Inherited, Source

__all__ = [
    "Actor",
    "Classified",
    "Evidenced",
    "Inherited",
    "Named",
    "Source",
    "category_of",
    "classify",
    "consent_of",
    "directive_of",
    "home_of",
    "is_directive",
    "merge_labels",
    "other_citizens",
    "provision_of",
    "relations_of",
]
