"""Participants, and the pair of keys by which each is known.

A participant sends two keys with every request, as StopNCII's client does: the subscription key, `<name>.<random>`,
and the function key, random too. Only the SHA-256 of the pair is stored: 512 random bits cannot be guessed, so that a
slow hash would protect nothing. Whatever is wrong with a pair, checking it takes the same reading and the same work.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from unspread.submission import Category

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_NOBODY = "-"  # no participant can have this name
_NO_DIGEST = "0" * 64


class ParticipantNameError(ValueError):
    """A text that cannot name a participant."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The pair of keys of a participant; shown once, stored nowhere."""

    function: str
    subscription: str

    @property
    def digest(self) -> str:
        """What is stored of the pair: its SHA-256, in hex."""
        return hashlib.sha256(f"{self.function}\n{self.subscription}".encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def name(self) -> str:
        """The name that the subscription key claims; nobody's if it claims none."""
        claimed = self.subscription.partition(".")[0]
        return claimed if _NAME.fullmatch(claimed) else _NOBODY


@dataclass(frozen=True, slots=True)
class Participant:
    """A participating platform.

    `categories` are those of the hashes it may see, `contributes` is that of the hashes it may list, if it may.
    `secret` signs its page tokens; the participant never gets it.
    """

    name: str
    digest: str
    secret: bytes
    categories: frozenset[Category]
    contributes: Category | None
    created: str
    revoked: str | None = None


def create(
    name: str, categories: frozenset[Category], contributes: Category | None, day: str
) -> tuple[Participant, Keys]:
    """Make a participant and its keys. Raises ParticipantNameError."""
    if not _NAME.fullmatch(name):
        raise ParticipantNameError("Name a participant with 1 to 32 small letters, digits and hyphens.")
    keys = Keys(secrets.token_urlsafe(32), f"{name}.{secrets.token_urlsafe(32)}")
    return Participant(name, keys.digest, secrets.token_bytes(32), categories, contributes, day), keys


def admit(keys: Keys, participant: Participant | None) -> Participant | None:
    """Return the participant if these are its keys and it is not revoked.

    Args:
        keys: as they were sent.
        participant: who has the name that the keys claim, if anybody has.
    """
    wanted = participant.digest if participant and not participant.revoked else _NO_DIGEST
    return participant if hmac.compare_digest(keys.digest, wanted) else None
