"""WHAT DATA MAY LOOK LIKE: FHIR R4 shapes, profiles, terminology and tables. No I/O beyond its own files."""
