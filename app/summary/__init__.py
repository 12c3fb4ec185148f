"""The summary: resources distilled when written, composed for one reader after release. Pure and deterministic."""
