"""HOW DATA MOVES. Layers point one way, see docs/architecture.md."""
