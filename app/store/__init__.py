"""The database: tables, snapshots to read on, jobs to write. Knows consent's values and no HTTP."""
