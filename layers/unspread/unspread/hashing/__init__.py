"""From the bytes of an upload to its hashes: PDQ, pHash and digests, safely and fast.

`hash_picture` is what scan calls; docs/hashing.md is the specification, which the submitter's page follows too.
"""

from unspread.hashing.digests import Digester, Digests
from unspread.hashing.errors import HashingError, Reason, UnsupportedError
from unspread.hashing.forms import Form, bit_forms, distance, hamming, inverse
from unspread.hashing.limits import Limits
from unspread.hashing.pdq import pdq_of
from unspread.hashing.picture import PerceptualHash, PictureHashes, hash_picture
from unspread.hashing.trims import Variant
from unspread.hashing.windows import WINDOW_DISTANCE, window_hashes
from unspread.thresholds import MATCH_DISTANCE, MINIMUM_QUALITY

__all__ = [
    "MATCH_DISTANCE",
    "MINIMUM_QUALITY",
    "WINDOW_DISTANCE",
    "Digester",
    "Digests",
    "Form",
    "HashingError",
    "Limits",
    "PerceptualHash",
    "PictureHashes",
    "Reason",
    "UnsupportedError",
    "Variant",
    "bit_forms",
    "distance",
    "hamming",
    "hash_picture",
    "inverse",
    "pdq_of",
    "window_hashes",
]
