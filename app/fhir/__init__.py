"""The FHIR face: HTTP in, use cases, HTTP out."""
