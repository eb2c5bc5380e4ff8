"""The frames of a picture file that are hashed, as luma: which formats, which frames, within which limits."""

import io
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from unspread.hashing import header_gif, header_jpeg, header_others, header_png, header_tiff
from unspread.hashing.decode import ORIENTATION, SHORT_SIDE, luma_of, reduction
from unspread.hashing.errors import HashingError, Reason, UnsupportedError
from unspread.hashing.header import Header, Walk, check, damaged, truncated
from unspread.hashing.limits import Limits
from unspread.hashing.sniff import sniff

_WALKS: dict[str, Walk] = {
    "JPEG": header_jpeg.walk,
    "PNG": header_png.walk,
    "GIF": header_gif.walk,
    "TIFF": header_tiff.walk,
    "WEBP": header_others.webp,
    "BMP": header_others.bmp,
    "AVIF": header_others.avif,
    "HEIF": header_others.heif,
}

# WebP: browsers ignore it there. GIF and BMP have none. HEIF and TIFF decoders have already applied theirs.
_ORIENTED = {"JPEG", "PNG", "AVIF"}
# Frames that are drawn on the ones before them: those are decoded too.
_COMPOSED = {"GIF", "PNG", "WEBP"}


@dataclass(slots=True)
class Picture:
    """What was decoded of a file.

    Attributes:
        format: as Pillow names it.
        width, height: of the first frame, upright, in pixels.
        frames: index in the file and luma, (height, width), reduced, of each frame that is hashed.
        damaged: why a part of the file could not be decoded.
    """

    format: str
    width: int = 0
    height: int = 0
    frames: list[tuple[int, NDArray[np.uint8]]] = field(default_factory=list)
    damaged: Reason | None = None


@contextmanager
def _decoder_errors() -> Iterator[None]:
    """Turn whatever a decoder raises about a file into one error per cause."""
    try:
        yield
    except HashingError:
        raise
    except Image.DecompressionBombError as error:
        raise HashingError(Reason.TOO_MANY_PIXELS, "The picture has too many pixels: make it smaller.") from error
    except MemoryError as error:
        raise HashingError(Reason.TOO_MUCH_MEMORY, "Decoding takes too much memory: make it smaller.") from error
    except Exception as error:
        raise _cause(error) from error


def _cause(error: Exception) -> HashingError:
    message = str(error).lower()
    if "text chunk" in message or "decompressed data too large" in message:
        return HashingError(Reason.TOO_MUCH_METADATA, "The file has too much metadata: save it without.")
    return truncated() if isinstance(error, EOFError) or "truncated" in message else damaged()


def _open(data: bytes, kind: str) -> ImageFile.ImageFile:
    if kind == "HEIF":
        from pillow_heif import HeifImageFile  # noqa: PLC0415  a decoder of 15 MB, for the files that need it

        heif: ImageFile.ImageFile = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
        return heif
    return Image.open(io.BytesIO(data), formats=[kind])


def _orientation_of(image: ImageFile.ImageFile, kind: str) -> int:
    """Return the EXIF orientation, 1..8, that is still to be applied."""
    if kind not in _ORIENTED or "exif" not in image.info:
        return 1
    exif = Image.Exif()
    try:
        exif.load(image.info["exif"])
        value = exif.get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001  damaged metadata: browsers show the picture as it is stored
        return 1
    return value if value in range(1, 9) else 1


def chosen(count: int, wanted: int) -> list[int]:
    """Return the indices of `wanted` (or all) of `count` frames, evenly spaced, the first included."""
    taken = min(count, wanted)
    return [index * count // taken for index in range(taken)]


def read_picture(file: BinaryIO, limits: Limits, clock: Callable[[], float] = time.monotonic) -> Picture:
    """Decode the frames of a seekable file that are to be hashed.

    Raises:
        UnsupportedError: the file is in none of the formats.
        HashingError: nothing of it can be decoded within the limits.
    """
    deadline = clock() + limits.seconds
    file.seek(0)
    kind = sniff(file.read(64))
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise HashingError(Reason.EMPTY, "The file is empty.")
    if kind is None:
        raise UnsupportedError
    if size > limits.bytes:
        raise HashingError(Reason.TOO_MANY_BYTES, f"The file is larger than {limits.bytes} bytes: make it smaller.")
    file.seek(0)
    data = file.read()
    with warnings.catch_warnings(), _decoder_errors():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata and sizes: the limits are ours
        header = _WALKS[kind](data, limits)
        check(header, limits)
        picture = Picture(kind)
        with _open(data, kind) as image:
            _read_frames(image, picture, header, limits, lambda: clock() > deadline)
    return picture


def _read_frames(
    image: ImageFile.ImageFile, picture: Picture, header: Header, limits: Limits, late: Callable[[], bool]
) -> None:
    # A JPEG's further pictures (MPO) are thumbnails, depth maps and second eyes, which no browser shows.
    count = 1 if picture.format == "JPEG" else header.frames
    if picture.format in {"AVIF", "HEIF", "PNG", "WEBP"}:  # theirs costs nothing to ask for
        count = min(count, max(1, getattr(image, "n_frames", 1)))
        if getattr(image, "n_frames", 1) > count:
            picture.damaged = Reason.TOO_MANY_FRAMES
    picture.damaged = picture.damaged or header.refused
    wanted = chosen(1 if header.refused is Reason.TOO_SLOW else count, limits.frames)
    for index in range(wanted[-1] + 1):
        try:
            with _decoder_errors():
                if index and late():
                    raise HashingError(Reason.TOO_SLOW, "The frames take too long to decode: send fewer.")
                if index in wanted or picture.format in _COMPOSED:
                    image.seek(index)
                    _read_frame(image, picture, index, limits, hashed=index in wanted)
        except HashingError as error:
            if not picture.frames:
                raise
            picture.damaged = error.reason
            return


def _read_frame(image: ImageFile.ImageFile, picture: Picture, index: int, limits: Limits, *, hashed: bool) -> None:
    width, height = image.size
    if width * height > limits.pixels:  # GIF frames may enlarge the canvas, pages have their own size
        raise HashingError(
            Reason.TOO_MANY_PIXELS, f"The picture has more than {limits.pixels} pixels: make it smaller."
        )
    factor = reduction(width, height)
    if picture.format == "JPEG":
        image.draft("L", (SHORT_SIDE, SHORT_SIDE))
        factor = 1
    try:
        with _decoder_errors():
            image.load()
    except HashingError as error:
        if image._im is None:  # the only way to ask whether a part was decoded
            raise
        image.tile = []  # what was decoded stays, and is not decoded again
        picture.damaged = error.reason
    if not hashed:
        return
    orientation = _orientation_of(image, picture.format)  # of PNG it may come after the pixels
    luma = luma_of(image, factor, orientation)
    if not picture.frames:
        if picture.format == "TIFF":
            width, height = image.size  # Pillow turned it while loading
        picture.width, picture.height = (height, width) if orientation >= 5 else (width, height)
    picture.frames.append((index, luma))
