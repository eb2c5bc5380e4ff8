"""Where the picture is inside an upload: borders, letterboxes, screenshots, captions and neighbours cut away.

Five ways to find it, each for what the others miss (docs/hashing.md has the measurements):

- *solid*: one-coloured edges are stripped. *even*: and as much on opposite sides, the lesser of the two, for pictures
  whose own edge has the border's colour on one side.
- *bar*: the longest run of rows, then of columns, that are not mostly of the edge's colour: text and icons may be
  in the bars.
- *frame*: straight lines across the whole picture, where neighbouring rows (columns) differ nearly everywhere: edges
  of a picture laid on anything, be it coloured or a blurred copy. The space between the two strongest is kept, and
  again inside it.
- *part*: both sides of the strongest such line: two pictures side by side, a caption of any kind.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SAMPLES = 64  # pixels looked at per line; the lines themselves are all looked at, so that cuts are exact

TOLERANCE = 10  # of 255: how far from the edge's colour a pixel may lie and still belong to it
SOLID_SHARE = 0.98  # of a line's pixels: above it the line belongs to a border
BAR_SHARE = 0.60  # of a line's pixels: above it the line belongs to a bar with text or icons in it
SMALLEST_SHARE = 0.3  # of the side that solid and bar must leave

STEP = 16  # of 255: a difference between neighbouring lines that counts fully; larger ones count no more
PROMINENCE = 0.3  # of STEP: how far a line's mean difference must exceed that of the lines around it
LINES = 3  # candidates for the edges of a picture, each way
SPAN_SHARE = 0.25  # of the side that a frame or part must leave
DEPTH = 3  # a picture in a window on a page: columns, rows, columns

type Grey = NDArray[np.uint8]


class Variant(StrEnum):
    """Which part of the upload a hash is of."""

    WHOLE = "whole"
    SOLID = "solid"
    EVEN = "even"
    BAR = "bar"
    FRAME = "frame"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in pixels: first and one past the last row and column."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, luma: Grey) -> Grey:
        """Return the view of the part."""
        return luma[self.top : self.bottom, self.left : self.right]

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left


class Grid:
    """All rows of a picture at 64 to 127 columns, and all columns at 64 to 127 rows.

    Both are arrays of (samples, lines): sums over the samples of all lines at once are what NumPy does fastest.
    """

    def __init__(self, luma: Grey) -> None:
        self.height, self.width = luma.shape
        self._across, self._down = max(1, self.width // SAMPLES), max(1, self.height // SAMPLES)
        self._rows = np.ascontiguousarray(luma[:, :: self._across].T)
        self._columns = luma[:: self._down]
        self.edge = np.concatenate((luma[0], luma[-1], luma[:, 0], luma[:, -1]))
        self.whole = Box(0, self.height, 0, self.width)

    def rows(self, box: Box) -> Grey:
        """Return the rows of a part, (samples, rows)."""
        left = -(-box.left // self._across)
        return self._rows[left : max(left + 1, -(-box.right // self._across)), box.top : box.bottom]

    def columns(self, box: Box) -> Grey:
        """Return the columns of a part, (samples, columns)."""
        top = -(-box.top // self._down)
        return self._columns[top : max(top + 1, -(-box.bottom // self._down)), box.left : box.right]


def _near(lines: Grey, colour: int, share: float) -> NDArray[np.bool_]:
    """Return which lines have at least this share of pixels near a colour."""
    low, high = max(colour - TOLERANCE, 0), min(colour + TOLERANCE, 255)
    inside = (lines - np.uint8(low)) <= np.uint8(high - low)  # below `low` wraps around to above
    counts: Grey = np.add.reduce(inside.view(np.uint8), axis=0, dtype=np.uint8)  # of at most 127 samples
    return counts >= np.uint8(math.ceil(share * len(lines)))


def _solid_depth(lines: Grey) -> int:
    """Return how many lines from the first on are of the first line's colour."""
    samples, length = lines.shape
    colour = int(np.partition(lines[:, 0], samples // 2)[samples // 2])  # the median, without np.median's 25 us
    depth, step = 0, 8
    while depth < length:
        near = _near(lines[:, depth : depth + step], colour, SOLID_SHARE)
        if not near.all():
            return depth + int(near.argmin())
        depth += len(near)
        step *= 2  # most pictures have no border: look at few lines first
    return depth


def _solid_run(lines: Grey) -> tuple[int, int]:
    first, length = _solid_depth(lines), lines.shape[1]
    return (0, length) if first == length else (first, length - _solid_depth(lines[:, ::-1]))


def solid_box(grid: Grid) -> Box:
    """Return what is left when one-coloured edges are stripped: rows first, then columns of what is left."""
    top, bottom = _solid_run(grid.rows(grid.whole))
    left, right = _solid_run(grid.columns(Box(top, bottom, 0, grid.width)))
    return Box(top, bottom, left, right)


def even_box(grid: Grid, solid: Box) -> Box:
    """Return what is left when as much is stripped on opposite sides as `solid_box` strips on the lesser."""
    down, across = min(solid.top, grid.height - solid.bottom), min(solid.left, grid.width - solid.right)
    return Box(down, grid.height - down, across, grid.width - across)


def _longest_run(keep: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first and one past the last index of the longest run of True."""
    if keep.all():
        return 0, len(keep)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], keep, [False])).astype(np.int8)))
    if not len(edges):
        return 0, 0
    firsts, lasts = edges[::2], edges[1::2]
    longest = int((lasts - firsts).argmax())
    return int(firsts[longest]), int(lasts[longest])


def bar_box(grid: Grid) -> Box:
    """Return the longest run of rows, then of columns, that are not mostly of the edge's colour."""
    colour = int(np.bincount(grid.edge, minlength=256).argmax())
    top, bottom = _longest_run(~_near(grid.rows(grid.whole), colour, BAR_SHARE))
    left, right = _longest_run(~_near(grid.columns(Box(top, bottom, 0, grid.width)), colour, BAR_SHARE))
    return Box(top, bottom, left, right)


type Line = tuple[float, int]  # prominence, index of the first line after the edge


class Around(NamedTuple):
    """Where the neighbourhoods before and after each of a number of lines begin and end, and their sizes."""

    first: NDArray[np.intp]  # (2, lines)
    last: NDArray[np.intp]
    size: NDArray[np.float64]


@lru_cache(maxsize=32)  # of 48 bytes per line
def _around(length: int) -> Around:
    """Return the neighbourhoods of `length` lines: 1/64 of them each way, without the nearest: JPEG smears edges."""
    reach, at = max(4, length // 64), np.arange(length)
    first = np.clip(np.stack((at - 2 - reach, at + 3)), 0, length)
    last = np.clip(np.stack((at - 2, at + 3 + reach)), 0, length)
    return Around(first, last, np.maximum(last - first, 1.0))


def _prominences(lines: Grey) -> NDArray[np.float64]:
    """Return for each line how much more it differs from the one before it than its neighbours do, 0..1."""
    samples, length = lines.shape
    later, earlier = lines[:, 1:], lines[:, :-1]
    steps = np.maximum(later, earlier)
    steps -= np.minimum(later, earlier)
    np.minimum(steps, np.uint8(STEP), out=steps)
    levels = np.zeros(length)
    levels[1:] = np.add.reduce(steps, axis=0, dtype=np.uint16)
    levels /= STEP * samples
    sums = np.zeros(length + 1)
    np.cumsum(levels, out=sums[1:])
    around = _around(length)
    # The quieter side counts: a frame is quiet however lively the picture in it is.
    before, after = (sums[around.last] - sums[around.first]) / around.size
    prominences: NDArray[np.float64] = levels - np.minimum(before, after)
    margin = max(2, length // 50)
    prominences[:margin] = prominences[-margin:] = 0
    return prominences


def _lines(lines: Grey) -> list[Line]:
    """Return the most prominent edges between neighbouring lines, at most `LINES`, strongest first."""
    length = lines.shape[1]
    if length < 8:
        return []
    prominences, found = _prominences(lines), []
    gap = max(3, length // 50)
    for _ in range(LINES):
        at = int(prominences.argmax())
        if prominences[at] <= PROMINENCE:
            break
        found.append((float(prominences[at]), at))
        prominences[max(0, at - gap) : at + gap] = 0
    return found


def _span(found: list[Line], length: int) -> tuple[float, int, int]:
    """Return the sum of prominences, first and one past the last line of the best space between two lines.

    The ends of the picture are lines of prominence 0. Nothing found is (0, 0, length).
    """
    spans = [
        (start[0] + end[0], start[1], end[1])
        for start in ((0.0, 0), *found)
        for end in (*found, (0.0, length))
        if end[1] - start[1] >= SPAN_SHARE * length
    ]
    return max(spans, default=(0.0, 0, length))


def frame_boxes(grid: Grid) -> Iterator[tuple[Variant, Box]]:
    """Yield what lies between straight lines, narrower and narrower, then the sides of the strongest line."""
    box = grid.whole
    for depth in range(DEPTH):
        rows, columns = _lines(grid.rows(box)), _lines(grid.columns(box))
        if depth == 0:
            sides = list(_sides(grid.whole, rows, columns))
        down, across = _span(rows, box.height), _span(columns, box.width)
        if max(down, across)[0] == 0:
            break
        if down[0] >= across[0]:
            box = Box(box.top + down[1], box.top + down[2], box.left, box.right)
        else:
            box = Box(box.top, box.bottom, box.left + across[1], box.left + across[2])
        yield Variant.FRAME, box
    for side in sides:
        yield Variant.PART, side


def _sides(whole: Box, rows: list[Line], columns: list[Line]) -> Iterator[Box]:
    """Yield both sides of the strongest line, as far as they are large enough."""
    row, column = max(rows, default=(0.0, 0)), max(columns, default=(0.0, 0))
    if row[0] >= column[0]:
        sides = (Box(0, row[1], 0, whole.right), Box(row[1], whole.bottom, 0, whole.right))
    else:
        sides = (Box(0, whole.bottom, 0, column[1]), Box(0, whole.bottom, column[1], whole.right))
    for side in sides:
        if side.height >= SPAN_SHARE * whole.height and side.width >= SPAN_SHARE * whole.width:
            yield side


def trims(luma: Grey) -> Iterator[tuple[Variant, Box]]:
    """Yield the parts of a luma, (height, width), that may be a picture inside it: at most 8, none twice."""
    if min(luma.shape) < 16:
        return
    grid = Grid(luma)
    seen = {grid.whole}
    solid = solid_box(grid)
    cut = ((Variant.SOLID, solid), (Variant.EVEN, even_box(grid, solid)), (Variant.BAR, bar_box(grid)))
    for variant, box in cut:
        large = box.height >= SMALLEST_SHARE * grid.height and box.width >= SMALLEST_SHARE * grid.width
        if large and box not in seen:
            seen.add(box)
            yield variant, box
    for variant, box in frame_boxes(grid):
        if box not in seen:
            seen.add(box)
            yield variant, box
