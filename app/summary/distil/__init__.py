"""One resource to one line, a module per family of types; `app.summary.lines` has the table."""
