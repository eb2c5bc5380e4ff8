"""The 48-hour clock: how long something listed, or found, has waited.

US law gives platforms 48 hours from a valid report. A hash is no such report: what is measured here tells an operator
how far behind the stack and its people are, not whether a law is kept.
"""

from enum import StrEnum

HOURS = 48
"""Hours within which what is open should be decided."""

_HOUR = 3600.0


class Clock(StrEnum):
    """The metrics of the clock, in seconds."""

    LISTING_TO_REMOVAL = "ListingToRemovalSeconds"
    MATCH_TO_DECISION = "MatchToDecisionSeconds"


def seconds_since(since: float, now: float) -> float:
    """Return how long ago `since` was, both in seconds since 1970; clocks that differ make it 0, never negative."""
    return max(0.0, now - since)


def hours_since(since: float, now: float) -> float:
    """Return how long ago `since` was, in hours."""
    return seconds_since(since, now) / _HOUR


def hours_left(since: float, now: float) -> float:
    """Return how many of the 48 hours are left; negative when they are over."""
    return HOURS - hours_since(since, now)
