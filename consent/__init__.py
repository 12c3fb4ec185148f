"""WHO MAY SEE WHAT. Pure: standard library only."""
