"""How much of a machine one file may take: checked from the header, before anything is decoded."""

from dataclasses import dataclass

MIB = 1024 * 1024

# Pillow refuses pictures above twice its own limit whatever ours is; a larger `pixels` would not be kept.
PILLOW_PIXELS = 178_956_970


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call of `hash_picture`. A file above one of them is an error, never clean.

    Attributes:
        pixels: largest width x height, of the canvas and of each frame.
        bytes: largest file.
        frames: how many frames of an animated image are hashed, evenly spaced, the first included.
        walk: how many frames (pages) a file may hold; those beyond are not reached.
        memory: largest estimate, in bytes, of what decoding takes beyond the file and the interpreter.
        metadata: largest total of what is not picture data, in bytes.
        seconds: looked at between frames; a single frame is bounded by `pixels` and `memory`.
    """

    pixels: int = 100_000_000
    bytes: int = 64 * MIB
    frames: int = 8
    walk: int = 2_000
    memory: int = 384 * MIB
    metadata: int = 16 * MIB
    seconds: float = 3.0

    def __post_init__(self) -> None:
        for name in ("pixels", "bytes", "frames", "walk", "memory", "metadata", "seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"Limits.{name} must be above 0.")
        if self.pixels > PILLOW_PIXELS:
            raise ValueError(f"Limits.pixels must be at most {PILLOW_PIXELS}.")


DEFAULT_LIMITS = Limits()
