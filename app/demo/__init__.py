"""The deterministic synthetic cluster: organisations, staff, citizens and what three sectors write about them."""
