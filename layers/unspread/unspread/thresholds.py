"""The field's two numbers, which everybody who matches PDQ hashes shares.

Source: ThreatExchange's PDQ reference (https://github.com/facebook/ThreatExchange/tree/main/pdq), "Matching".
"""

MATCH_DISTANCE = 31
"""Largest distance, in bits of 256, at which two PDQ hashes are taken for the same picture."""

MINIMUM_QUALITY = 50
"""PDQ's quality, 0..100, below which a hash says too little about a picture to be listed or matched."""
