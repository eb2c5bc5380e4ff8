"""Files on this machine, as their hashes."""

import itertools
import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from unspread.hashing import (
    MINIMUM_QUALITY,
    Digester,
    Digests,
    HashingError,
    Limits,
    PerceptualHash,
    PictureHashes,
    UnsupportedError,
    Variant,
    hash_picture,
    window_hashes,
)
from unspread.hashing.frames import read_picture

_CHUNK = 1 << 20


class FileError(Exception):
    """A file that cannot be hashed. The message says why."""


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A picture or a video, as its hashes."""

    path: Path
    digests: Digests
    picture: PictureHashes | None
    windows: tuple[bytes, ...] = ()

    @property
    def kind(self) -> str:
        """Return what the API calls it."""
        return "image" if self.picture else "video"

    @property
    def frames(self) -> list[PerceptualHash]:
        """Return the hashes of the whole picture, or of its frames, whatever their quality."""
        return [each for each in self.picture.hashes if each.variant is Variant.WHOLE] if self.picture else []

    def line(self) -> dict[str, Any]:
        """Return what `unspread hash` prints; of an animated picture, the first frame's hashes."""
        picture = self.picture
        first = self.frames[0] if self.frames else None
        return {
            "path": str(self.path),
            "kind": self.kind,
            "width": picture.width if picture else None,
            "height": picture.height if picture else None,
            "sha256": self.digests.sha256.hex(),
            "md5": self.digests.md5.hex(),
            "phash": first.phash.hex() if first and first.phash else None,
            "pdq": first.pdq.hex() if first else None,
            "quality": first.quality if first else None,
        }

    def item(self) -> dict[str, Any]:
        """Return what is submitted: hashes that can be listed, and nothing else of the file."""
        hashes: list[dict[str, Any]] = [
            {"pdq": each.pdq.hex(), "quality": each.quality} | ({"phash": each.phash.hex()} if each.phash else {})
            for each in self.frames
            if each.quality >= MINIMUM_QUALITY
        ]
        if self.windows and len(hashes) == 1:
            hashes[0]["windows"] = [window.hex() for window in self.windows]
        return {
            "kind": self.kind,
            "sha256": self.digests.sha256.hex(),
            "md5": self.digests.md5.hex(),
            "hashes": hashes,
        }


def walk(paths: Iterable[Path]) -> list[Path]:
    """Return the files among these paths and below the folders among them, in order, each once."""
    return list(dict.fromkeys(file for path in paths for file in _files(path)))


def hash_file(path: Path, limits: Limits = Limits(), *, windows: bool = False) -> HashedFile:  # noqa: B008 - frozen
    """Hash a picture or a video, and if wanted the windows of a still picture. Raises FileError."""
    try:
        with path.open("rb") as file:
            digests = Digester.of(iter(lambda: file.read(_CHUNK), b""))
            file.seek(0)
            picture = hash_picture(file, limits)
            parts = _windows(file, limits) if windows else ()
    except OSError as error:
        raise FileError(error.strerror or type(error).__name__) from None
    except UnsupportedError as error:
        if (mimetypes.guess_type(path.name)[0] or "").startswith("video/"):
            return HashedFile(path, digests, None)
        raise FileError(str(error)) from None
    except HashingError as error:
        raise FileError(str(error)) from None
    if picture.damaged:
        raise FileError(f"A part of the picture cannot be decoded ({picture.damaged}).")
    return HashedFile(path, digests, picture, parts)


def _windows(file: BinaryIO, limits: Limits) -> tuple[bytes, ...]:
    """Return the PDQ hashes of the windows of a still picture, none of an animated one."""
    file.seek(0)
    lumas = [luma for _, luma in itertools.islice(read_picture(file, limits).frames, 2)]
    return tuple(row.tobytes() for row in window_hashes(lumas[0])) if len(lumas) == 1 else ()


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    else:
        yield path
