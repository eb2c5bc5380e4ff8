"""Hashes that are so many bits apart."""


def flipped(pdq: bytes, bits: list[int]) -> bytes:
    """Return a hash of 256 bits with some of them flipped."""
    number = int.from_bytes(pdq)
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(32)
