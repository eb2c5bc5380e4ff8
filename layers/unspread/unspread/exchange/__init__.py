"""Participating platforms: they pull the list, tell what they found, and list hashes of their own."""
