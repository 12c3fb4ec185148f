"""Tables of codes, once each: systems, categories, sensitivity, FSIII, medication marks, identifiers. Plain strings."""
