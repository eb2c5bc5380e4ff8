"""The small parts of the core."""

import string

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unspread import case_code
from unspread.hash_key import HashKey, Kind
from unspread.hash_list import HashList
from unspread.hashing import PerceptualHash, Variant, bit_forms
from unspread.submission import SubmittedHash, SubmittedItem, fingerprint
from unspread.upload import Upload, UploadMessage
from unspread.verdict import Distances, Hit, Judgement, Status, Verdict, judge

CLEAN = Judgement(Verdict.CLEAN)
PDQ = HashKey(Kind.PDQ, "0f" * 32)
PHASH = HashKey(Kind.PHASH, "0f" * 8)
WINDOW = HashKey(Kind.WINDOW, "0f" * 32)
SHA256 = HashKey(Kind.SHA256, "ab" * 32)


# --------------------------------------------------------------------------------------------------- case codes


def test_a_case_code_has_a_hundred_bits_in_four_groups() -> None:
    code = case_code.generate()
    groups = code.split("-")
    assert [len(group) for group in groups] == [5, 5, 5, 5]
    assert set("".join(groups)) <= set(case_code.ALPHABET)
    assert len({case_code.generate() for _ in range(1000)}) == 1000


@given(st.text(alphabet=case_code.ALPHABET, min_size=20, max_size=20))
def test_a_case_code_is_read_as_people_write_it(symbols: str) -> None:
    written = " ".join(symbols.lower().replace("0", "o").replace("1", "l"))
    assert case_code.normalise(written) == symbols
    assert case_code.digest(written) == case_code.digest(symbols)


@given(st.text())
def test_what_is_no_case_code_is_refused_without_repeating_it(text: str) -> None:
    symbols = text.strip().upper().translate(str.maketrans("OIL", "011", "- "))
    assume(len(symbols) != 20 or not set(symbols) <= set(case_code.ALPHABET))
    with pytest.raises(case_code.CaseCodeError) as refused:
        case_code.normalise(text)
    assert len(text) < 4 or text not in str(refused.value)


# ------------------------------------------------------------------------------------------------------ uploads


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_an_upload_is_named_by_bucket_key_and_version(bucket: str, key: str, version: str) -> None:
    encodable = all(not 0xD800 <= ord(letter) < 0xE000 for letter in bucket + key + version)
    if encodable and version != "null":
        upload = Upload(bucket, key, version, "etag", 1, "1")
        assert upload.id == Upload(bucket, key, version, "other", 2, "2").id
        assert upload.id != Upload(bucket, key, version + "x", "etag", 1, "1").id
        assert set(upload.id) <= set(string.hexdigits)


def test_without_versions_the_sequencer_tells_uploads_apart() -> None:
    ids = {Upload("b", "k", "null", "etag", 1, sequencer).id for sequencer in ("1", "2")}
    assert len(ids) == 2


def test_other_decodings_of_a_key_are_each_tried_once() -> None:
    keys = [other.key for other in Upload("b", "a+b%20c é", "v", "", 1).other_decodings()]
    assert "a b c é" in keys
    assert "a+b%20c é" not in keys
    assert len(keys) == len(set(keys))


def test_a_message_with_more_than_the_rule_passes_on_is_refused() -> None:
    with pytest.raises(ValueError, match="source-ip-address"):
        UploadMessage.model_validate(
            {"bucket": {"name": "b"}, "object": {"key": "k"}, "source-ip-address": "203.0.113.9"}
        )


# ----------------------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("hit", "status", "verdict"),
    [
        (Hit(0, PDQ), Status.ACTIVE, Verdict.MATCH),
        (Hit(31, PDQ), Status.ACTIVE, Verdict.MATCH),
        (Hit(32, PDQ), Status.ACTIVE, Verdict.SUSPECT),
        (Hit(0, PDQ), Status.HELD, Verdict.SUSPECT),
        (Hit(0, PDQ), Status.WITHDRAWN, Verdict.CLEAN),
        (Hit(0, PHASH), Status.ACTIVE, Verdict.SUSPECT),
        (Hit(8, PHASH), Status.HELD, Verdict.SUSPECT),
        (Hit(0, WINDOW), Status.ACTIVE, Verdict.SUSPECT),
        (Hit(0, SHA256), Status.ACTIVE, Verdict.MATCH),
        (Hit(0, SHA256), Status.HELD, Verdict.SUSPECT),
        (Hit(0, SHA256), None, Verdict.CLEAN),
    ],
)
def test_the_table_decides_what_a_hit_means(hit: Hit, status: Status | None, verdict: Verdict) -> None:
    table = {hit.key: status} if status else {}
    assert judge([hit], table, Distances(), CLEAN).verdict is verdict


def test_the_nearest_acting_hit_comes_first_and_what_makes_suspects_is_named_beside() -> None:
    other = HashKey(Kind.PDQ, "1f" * 32)
    status = dict.fromkeys((PDQ, other, PHASH), Status.ACTIVE)
    judged = judge([Hit(20, PDQ), Hit(3, other), Hit(1, PHASH)], status, Distances(), CLEAN)
    assert judged == Judgement(Verdict.MATCH, (Hit(3, other), Hit(20, PDQ)), also=(PHASH,))


@pytest.mark.parametrize("otherwise", [Judgement(Verdict.ERROR, reason="damaged"), Judgement(Verdict.UNSUPPORTED)])
def test_what_could_not_be_scanned_is_never_clean(otherwise: Judgement) -> None:
    assert judge([], {}, Distances(), otherwise) == otherwise


def test_no_verdict_is_replaced_by_a_weaker_one() -> None:
    assert Verdict.MATCH.rank > Verdict.SUSPECT.rank > Verdict.CLEAN.rank == Verdict.ERROR.rank


# ---------------------------------------------------------------------------------------------------- hash list


def upload_hash(pdq: bytes, quality: int = 90, phash: bytes | None = None) -> PerceptualHash:
    return PerceptualHash(pdq, quality, Variant.WHOLE, 0, phash)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 7))
def test_every_bit_form_of_a_listed_hash_is_found(pdq: bytes, form: int) -> None:
    listed = HashList([HashKey.of(Kind.PDQ, pdq)])
    turned = bit_forms(np.frombuffer(pdq, dtype=np.uint8).reshape(1, 32))[form, 0].tobytes()
    assert listed.search([upload_hash(turned)], Distances()) == [Hit(0, HashKey.of(Kind.PDQ, pdq))]


def test_a_hash_of_low_quality_finds_nothing() -> None:
    assert HashList([PDQ, PHASH]).search([upload_hash(PDQ.bytes, 49, PHASH.bytes)], Distances()) == []


def test_the_nearest_of_several_variants_counts() -> None:
    near = bytes([PDQ.bytes[0] ^ 0b111]) + PDQ.bytes[1:]
    far = bytes([PDQ.bytes[0] ^ 0xFF]) + PDQ.bytes[1:]
    assert HashList([PDQ]).search([upload_hash(far), upload_hash(near)], Distances()) == [Hit(3, PDQ)]


def test_distances_of_zero_take_only_equal_hashes() -> None:
    exact = Distances(match=0, suspect=0, suspect_phash=0)
    near = bytes([PDQ.bytes[0] ^ 1]) + PDQ.bytes[1:]
    assert HashList([PDQ]).search([upload_hash(near)], exact) == []
    assert HashList([PDQ]).search([upload_hash(PDQ.bytes)], exact) == [Hit(0, PDQ)]


def test_digests_are_no_part_of_the_list() -> None:
    assert len(HashList([SHA256, PDQ])) == 1


# -------------------------------------------------------------------------------------------------- submissions


def test_what_can_be_listed_of_an_item() -> None:
    good, blurred = SubmittedHash(PDQ.value, 90, PHASH.value), SubmittedHash("1f" * 32, 49, "1f" * 8)
    item = SubmittedItem("image", SHA256.value, None, (good, blurred, good))
    assert item.listable() == (PDQ, PHASH, SHA256)


@given(st.permutations(range(4)))
def test_a_submission_is_the_same_in_any_order(order: list[int]) -> None:
    items = [SubmittedItem("video", f"{n:064x}") for n in range(4)]
    assert fingerprint("adult", [items[n] for n in order]) == fingerprint("adult", items)
    assert fingerprint("minor", items) != fingerprint("adult", items)
