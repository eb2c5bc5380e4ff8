"""Why a file could not be hashed: one reason per cause, and a sentence that says what to change."""

from enum import StrEnum


class Reason(StrEnum):
    """The cause, as a short machine word: it goes into records, metrics and answers."""

    UNSUPPORTED = "unsupported"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_MUCH_METADATA = "too_much_metadata"
    TOO_SLOW = "too_slow"


class HashingError(Exception):
    """A file that could not be hashed. Never `clean`: the caller answers `error`, or `unsupported`.

    The message names the cause and the remedy; it never holds a file name, a hash, or bytes of the file.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class UnsupportedError(HashingError):
    """The file is in none of the picture formats: only its digests apply."""

    def __init__(self, message: str = "Not a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIF picture.") -> None:
        super().__init__(Reason.UNSUPPORTED, message)
