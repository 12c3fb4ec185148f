"""Every figure that we claim, measured: `python -m bench`, `--quick` in under two minutes. Method: docs/performance.md."""
