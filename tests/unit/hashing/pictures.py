"""Pictures made of integers alone: the same bytes on every machine and with every version of NumPy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Rgb = NDArray[np.uint8]


def numbers(seed: int, count: int) -> NDArray[np.uint64]:
    """Return pseudo-random 64-bit numbers (splitmix64)."""
    with np.errstate(over="ignore"):
        state = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed) * np.uint64(1 << 32)) * np.uint64(
            0x9E3779B97F4A7C15
        )
        state = (state ^ state >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ state >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return state ^ state >> np.uint64(31)


def _octave(seed: int, height: int, width: int, cells: int) -> NDArray[np.int64]:
    """Return bilinear noise, 0..255, of about `cells` cells across."""
    grid = (numbers(seed, (cells + 2) ** 2) % np.uint64(256)).astype(np.int64).reshape(cells + 2, cells + 2)
    y, x = np.arange(height) * cells * 256 // height, np.arange(width) * cells * 256 // width
    row, column = y // 256, x // 256
    down, across = (y % 256)[:, None], (x % 256)[None, :]
    left: NDArray[np.int64] = grid[row][:, column] * (256 - down) + grid[row + 1][:, column] * down
    right: NDArray[np.int64] = grid[row][:, column + 1] * (256 - down) + grid[row + 1][:, column + 1] * down
    blended: NDArray[np.int64] = (left * (256 - across) + right * across) // 65536
    return blended


def noise(seed: int, height: int, width: int, sizes: tuple[int, ...] = (2, 5, 11, 23, 47)) -> Rgb:
    """Return a picture, (height, width, 3), with detail of several sizes."""
    channels = []
    for channel in range(3):
        layers = [_octave(seed * 64 + channel * 16 + index, height, width, size) for index, size in enumerate(sizes)]
        mixed = sum(layer * (8 >> min(index, 3)) for index, layer in enumerate(layers))
        total = sum(8 >> min(index, 3) for index in range(len(sizes)))
        channels.append(np.clip((mixed // total - 128) * 2 + 128, 0, 255))
    return np.stack(channels, axis=2).astype(np.uint8)


def blocks(seed: int, height: int, width: int) -> Rgb:
    """Return rectangles of flat colours, (height, width, 3)."""
    picture = np.zeros((height, width, 3), np.uint8)
    draws = numbers(seed + 7_000, 12 * 7).reshape(12, 7)
    for top, left, tall, wide, *colour in draws.tolist():
        y, x = top % height, left % width
        picture[y : y + 1 + tall % height, x : x + 1 + wide % width] = [value % 256 for value in colour]
    return picture


def grain(seed: int, height: int, width: int) -> Rgb:
    """Return independent pixels, (height, width, 3)."""
    return (numbers(seed + 9_000, height * width * 3) % np.uint64(256)).astype(np.uint8).reshape(height, width, 3)


def waves(seed: int, height: int, width: int) -> Rgb:
    """Return triangle waves over faint noise, (height, width, 3): edges that repeat.

    Without the noise most coefficients would be 0 but for rounding, and the hash would be that of the rounding.
    """
    period = 3 + seed % 40
    slope = (np.arange(height)[:, None] * (seed % 5) + np.arange(width)[None, :]) % (2 * period)
    wave = np.where(slope < period, slope, 2 * period - slope) * 255 // period
    straight = np.stack([wave, 255 - wave, wave // 2], axis=2)
    return ((straight * 3 + noise(seed + 5_000, height, width)) // 4).astype(np.uint8)


KINDS = {"noise": noise, "blocks": blocks, "grain": grain, "waves": waves}


@dataclass(frozen=True, slots=True)
class Case:
    """A picture by its recipe."""

    kind: str
    seed: int
    height: int
    width: int

    def picture(self) -> Rgb:
        return KINDS[self.kind](self.seed, self.height, self.width)


# Around the window sizes (multiples of 128), the sample counts (64), the smallest, strips, and ordinary ones. Not
# 16x16: with 4 samples per pixel, coefficients of frequency 16 are 0 by symmetry, and rounding decides.
SIZES = (
    (5, 5), (5, 300), (7, 9), (18, 20), (63, 65), (64, 64), (64, 100), (65, 64), (96, 128), (100, 100), (127, 129),
    (128, 128), (129, 127), (150, 200), (200, 150), (240, 320), (255, 257), (256, 256), (257, 300), (300, 5),
    (333, 500), (384, 385), (480, 640), (640, 360), (511, 513), (512, 512), (700, 40), (768, 1024),
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield the recipes of the stored vectors: 336 pictures."""
    seed = 0
    for height, width in SIZES:
        for kind, times in (("noise", 6), ("blocks", 3), ("grain", 1), ("waves", 2)):
            for _ in range(times):
                seed += 1
                yield Case(kind, seed, height, width)
