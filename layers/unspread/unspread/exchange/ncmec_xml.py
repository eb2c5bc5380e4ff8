"""NCMEC Hash Sharing v2's documents: the pages that participants read, and the feedback that they write.

Source: https://report.cybertip.org/hashsharing/v2/documentation.pdf, and the client of python-threatexchange. What
participants send is read by a parser that knows no document types, and so no entities, and bounds size and depth.
"""

import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from unspread.exchange.feed import FeedRecord
from unspread.exchange.feedback import Report
from unspread.exchange.participant import Participant
from unspread.hash_key import Kind
from unspread.stores.feedback_table import Copies

_NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
MOST_BYTES = 16_384
_DEEPEST = 6
_OURS = (1, "Unspread")
"""The member who all entries are from: cases are anonymous."""

REASON = ("6f1d2c1e-6d0f-4a59-9a37-4c3f3f0b7a10", "Not an intimate picture, or shared with consent")
"""The one reason of negative feedback: its GUID and its name."""


class FeedbackXmlError(ValueError):
    """A document that is no feedback. The message says what to change."""


def status(participant: Participant) -> str:
    """Return the document that tells participants who they are."""
    root = _root("status")
    _member(root, _number(participant.name), participant.name)
    return _written(root)


def members(participant: Participant) -> str:
    """Return the members that a participant is told of: who entries are from, and itself."""
    root = _root("members")
    _member(root, *_OURS)
    _member(root, _number(participant.name), participant.name)
    return _written(root)


def reasons() -> str:
    """Return the reasons that negative feedback may give."""
    root = _root("queryResult")
    available = ET.SubElement(root, "availableFeedbackReasons")
    ET.SubElement(available, "reason", guid=REASON[0], name=REASON[1])
    return _written(root)


def entries(records: Iterable[FeedRecord], following: str | None, since: int) -> str:
    """Return a page of entries.

    Args:
        records: PDQ hashes become images, MD5 digests videos; what is not active is a deletion.
        following: the path of the next page, if there is one.
        since: where the reading began, in seconds since 1970: no page's greatest time is less.
    """
    root = _root("queryResult")
    made = list(records)
    for kind, name, fingerprint in ((Kind.PDQ, "image", "pdq"), (Kind.MD5, "video", "md5")):
        group = [record for record in made if record.key.kind is kind]
        latest = max([since, *(record.changed for record in group)])
        parent = ET.SubElement(root, f"{name}s", count=str(len(group)), maxTimestamp=_time(latest))
        for record in group:
            entry = ET.SubElement(parent, name if record.active else f"deleted{name.capitalize()}")
            _member(entry, *_OURS)
            ET.SubElement(entry, "timestamp").text = _time(record.changed)
            ET.SubElement(entry, "id").text = record.key.value
            if record.active:
                ET.SubElement(ET.SubElement(entry, "fingerprints"), fingerprint).text = record.key.value
    if following:
        ET.SubElement(ET.SubElement(root, "paging"), "next").text = following
    return _written(root)


def feedback_from(text: str) -> Report:
    """Read feedback: affirmative, a copy was found; negative, the hash is disputed.

    Raises:
        FeedbackXmlError: it is no such document, is too large or too deep, or defines entities.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise FeedbackXmlError(f"Send at most {MOST_BYTES} bytes.")
    seen: list[tuple[int, str]] = []
    try:
        _parser(seen).Parse(text, True)
    except FeedbackXmlError:
        raise
    except (ExpatError, ValueError):
        raise FeedbackXmlError("This is not well-formed XML.") from None
    votes = [name for depth, name in seen if depth == 1]
    if seen[0] != (0, "feedbackSubmission") or votes not in (["affirmative"], ["negative"]):
        raise FeedbackXmlError("Send a feedbackSubmission with one of affirmative and negative.")
    return Report(Copies(found=1)) if votes == ["affirmative"] else Report(Copies(), disputed=True)


def _parser(seen: list[tuple[int, str]]) -> XMLParserType:
    """Return a parser that notes each element's depth and name."""
    depth = 0

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth >= _DEEPEST:
            raise FeedbackXmlError("The document is nested too deep.")
        seen.append((depth, name.rpartition("}")[2]))
        depth += 1

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:  # before any entity is declared
        raise FeedbackXmlError("Leave the document type out: entities are not taken.")

    parser = ParserCreate(namespace_separator="}")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    return parser


def _root(name: str) -> ET.Element:
    return ET.Element(name, xmlns=_NAMESPACE)


def _member(parent: ET.Element, number: int, name: str) -> None:
    ET.SubElement(parent, "member", id=str(number)).text = name


def _number(name: str) -> int:
    """Return the number of a participant: NCMEC's members have one."""
    return 1000 + zlib.crc32(name.encode("ascii"))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(root: ET.Element) -> str:
    return ET.tostring(root, encoding="unicode", xml_declaration=True)
