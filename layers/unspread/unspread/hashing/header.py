"""What a file's header says it will take to decode, before a decoder sees the file.

Decoders trust headers: they allocate canvases, read tables and follow chains as they are told. Each format has a small
walk that finds the dimensions, the number of frames and the bytes that are not picture data, and estimates the memory
that Pillow needs; nothing is allocated by what a file says. A file that a walk cannot follow is damaged or truncated.
"""

from collections.abc import Callable
from dataclasses import dataclass

from unspread.hashing.errors import HashingError, Reason
from unspread.hashing.limits import Limits


@dataclass(frozen=True, slots=True)
class Header:
    """What decoding a file will take.

    Attributes:
        width, height: of the largest frame, in pixels, as stored.
        memory: bytes that decoding one frame takes beside the file.
        frames: how many frames the file holds, as far as the walk went.
        metadata: bytes that are not picture data.
        work: pixels that must be gone through for one frame; more than there are when a file makes a decoder repeat.
        refused: why frames beyond the first are not to be decoded, if they are not.
    """

    width: int
    height: int
    memory: int
    frames: int = 1
    metadata: int = 0
    work: int = 0
    refused: Reason | None = None


type Walk = Callable[[bytes, Limits], Header]

# About 1 ns per pixel and pass for the simplest decoder; a picture of the largest size may go through 32 passes.
PASSES = 32
ROW = 24  # bytes: Pillow keeps a pointer to each row of a picture, and there are up to three copies


def check(header: Header, limits: Limits) -> None:
    """Raise the error of the first limit that decoding would exceed."""
    if min(header.width, header.height) < 1:
        raise HashingError(Reason.DAMAGED, "The picture has no pixels: save it again with another program.")
    if header.width * header.height > limits.pixels:
        raise HashingError(
            Reason.TOO_MANY_PIXELS, f"The picture has more than {limits.pixels} pixels: make it smaller."
        )
    if header.metadata > limits.metadata:
        raise HashingError(
            Reason.TOO_MUCH_METADATA,
            f"The file has more than {limits.metadata} bytes beside the picture: save it without metadata.",
        )
    if header.memory + ROW * header.height > limits.memory:
        raise HashingError(
            Reason.TOO_MUCH_MEMORY,
            f"Decoding would take more than {limits.memory} bytes: make the picture smaller, or save it as a JPEG "
            "that is not progressive.",
        )
    if header.work > limits.pixels * PASSES:
        raise HashingError(Reason.TOO_SLOW, "The file makes decoding too long: save the picture again.")


def truncated() -> HashingError:
    """Return the error for a file that ends within its header."""
    return HashingError(Reason.TRUNCATED, "The file ends too early: send all of it.")


def damaged() -> HashingError:
    """Return the error for a header that makes no sense."""
    return HashingError(Reason.DAMAGED, "The file is damaged: save the picture again with another program.")


def too_much_metadata() -> HashingError:
    """Return the error for more pieces than any program writes."""
    return HashingError(Reason.TOO_MUCH_METADATA, "The file has too many parts: save the picture again.")
