"""The 8 bit forms of a PDQ hash, and the distance.

Mirroring or turning a picture transposes its DCT coefficients and changes the signs of the odd frequencies. On a
hash, whose bits are "above the median", a sign change is a complement (exactly so when the median is 0, nearly so
otherwise): hence a transposition of the 16x16 bits and XOR masks. Both keep Hamming distances: the forms are
isometries, and they are a group (the dihedral group of the square), so that

    min over f of d(f(a), b)  =  min over f of d(a, f(b)),

and it makes no difference whether an upload's hash or a listed one is transformed. Every form is its own inverse, but
the two quarter turns, which are each other's.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

type Hashes = NDArray[np.uint8]

SIZE = 32


class Form(IntEnum):
    """Index of a form, in the order of the reference's `pdqHash256es`."""

    IDENTITY = 0
    ROTATE_90 = 1
    ROTATE_180 = 2
    ROTATE_270 = 3
    FLIP_ROWS = 4
    FLIP_COLUMNS = 5
    TRANSPOSE = 6
    ANTITRANSPOSE = 7


def _mask(rows: bool, columns: bool) -> Hashes:
    """Return the 32 bytes that complement the odd vertical and (or) horizontal frequencies."""
    odd = np.arange(16) % 2 == 0  # index 0 is frequency 1
    grid = (odd[:, None] & rows) ^ (odd[None, :] & columns)
    return np.packbits(grid.ravel()[::-1])


_ROWS, _COLUMNS, _BOTH = _mask(True, False), _mask(False, True), _mask(True, True)


def transposed(pdq: Hashes) -> Hashes:
    """Return (n, 32) hashes with their 16x16 bits transposed."""
    bits = np.unpackbits(pdq, axis=1).reshape(-1, 16, 16)
    return np.packbits(bits.transpose(0, 2, 1).reshape(-1, 256), axis=1)


def bit_forms(pdq: Hashes) -> Hashes:
    """Return the 8 forms, (8, n, 32), of n hashes, (n, 32); index 0 is the identity, the order is `Form`'s."""
    if pdq.ndim != 2 or pdq.shape[1] != SIZE or pdq.dtype != np.uint8:
        raise ValueError("PDQ hashes must be an array of uint8 of shape (n, 32).")
    across = transposed(pdq)
    return np.stack(
        (
            pdq,
            across ^ _ROWS,
            pdq ^ _BOTH,
            across ^ _COLUMNS,
            pdq ^ _ROWS,
            pdq ^ _COLUMNS,
            across,
            across ^ _BOTH,
        )
    )


def inverse(form: Form) -> Form:
    """Return the form that undoes this one."""
    return {Form.ROTATE_90: Form.ROTATE_270, Form.ROTATE_270: Form.ROTATE_90}.get(form, form)


def hamming(a: Hashes, b: Hashes) -> NDArray[np.uint16]:
    """Return the distances, (n, m), 0..256, of each hash of a, (n, 32) or (32,), to each of b, (m, 32) or (32,)."""
    left = np.ascontiguousarray(np.atleast_2d(a)).view(np.uint64)
    right = np.ascontiguousarray(np.atleast_2d(b)).view(np.uint64)
    distances = np.zeros((len(left), len(right)), np.uint16)
    for column in range(left.shape[1]):  # four words at a time would need 4 n m words of memory
        distances += np.bitwise_count(left[:, column, None] ^ right[None, :, column])
    return distances


def distance(a: bytes, b: bytes) -> int:
    """Return the distance of two hashes of equal length, no forms considered."""
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()
