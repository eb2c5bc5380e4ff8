"""Case codes: 100 random bits in Crockford's base32, made on the person's own device.

Only the SHA-256 of a code is ever submitted or stored; the code itself travels when its holder asks for the
case. Written in four groups of five, `7QJ4M-...`, read without regard to case, hyphens and spaces, and with
the letters that Crockford's alphabet leaves out for being mistaken (O for 0, I and L for 1).
Source: https://www.crockford.com/base32.html
"""

import hashlib
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 20
_READ_AS = str.maketrans("OIL", "011", "- ")


class CaseCodeError(ValueError):
    """A text that is no case code."""


def generate() -> str:
    """Return a new code, such as `7QJ4M-1V9ZK-0C3TB-HX8RD`."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(symbols[start : start + 5] for start in range(0, LENGTH, 5))


def normalise(code: str) -> str:
    """Return the 20 symbols of a code as it was typed.

    Raises:
        CaseCodeError: it has another length or other symbols. The message does not repeat it.
    """
    symbols = code.strip().upper().translate(_READ_AS)
    if len(symbols) != LENGTH or any(symbol not in ALPHABET for symbol in symbols):
        raise CaseCodeError(f"A case code has {LENGTH} letters and digits. Copy it again as it was shown.")
    return symbols


def digest(code: str) -> str:
    """Return the case's identifier: the SHA-256, in hex, of the code's 20 symbols. Raises CaseCodeError."""
    return hashlib.sha256(normalise(code).encode("ascii")).hexdigest()
