"""The only interpreter between FHIR and consent: what a resource is, where it lives, what follows from it. Pure."""
