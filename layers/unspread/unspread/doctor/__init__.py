"""Checks of a deployed stack, each of which says what to do. Operators run them; no function does."""
