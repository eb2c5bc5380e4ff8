"""What a participant may ask for: every call is admitted, paced and noted in one place, whatever its protocol."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from unspread.bulk import BulkListing
from unspread.exchange.feed import Feed, FeedPage
from unspread.exchange.feedback import Feedback, Report, source
from unspread.exchange.page_token import Position, seal, unseal
from unspread.exchange.participant import Keys, Participant, admit
from unspread.hash_key import HashKey
from unspread.stores.participant_table import ParticipantTable


class NotAdmittedError(Exception):
    """These are no participant's keys. Why not is not told."""


class NotGrantedError(Exception):
    """The participant may not do this."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The exchange with participants. `rate` is in requests a second, `burst` in requests at once."""

    participants: ParticipantTable
    feed: Feed
    feedback: Feedback
    listing: BulkListing
    rate: float
    burst: int
    clock: Callable[[], float] = time.time

    def admit(self, keys: Keys) -> Participant:
        """Return the participant with these keys, and count its request.

        Raises:
            NotAdmittedError: there is none, or it was revoked.
            TooManyRequestsError: it asks too often.
        """
        participant = admit(keys, self.participants.read(keys.name))
        if participant is None:
            raise NotAdmittedError
        self.participants.take(participant.name, self.rate, self.burst)
        return participant

    def begin(self, start: int, end: int = 0) -> Position:
        """Begin a reading of the feed, in seconds since 1970. Raises FutureError."""
        return self.feed.begin(start, end)

    def resume(self, participant: Participant, token: str) -> Position:
        """Go on with a reading. Raises PageTokenError."""
        return unseal(token, participant.secret, self.clock)

    def pull(self, participant: Participant, call: str, position: Position, size: int) -> tuple[FeedPage, str | None]:
        """Read a page of the feed; return it with the token of the next, None for the last page."""
        page = self.feed.page(participant, position, size)
        self.participants.note(participant.name, call, position.entry, len(page.records))
        return page, seal(page.next, participant.secret, self.clock) if page.next else None

    def report(self, participant: Participant, call: str, reports: Mapping[HashKey, Report]) -> None:
        """Take feedback. Raises BusyError."""
        self.feedback(participant, reports)
        self.participants.note(participant.name, call, "", len(reports))

    def contribute(self, participant: Participant, call: str, keys: Sequence[HashKey]) -> None:
        """List hashes for a participant, under the category granted to it. Raises NotGrantedError, BusyError."""
        if participant.contributes is None:
            raise NotGrantedError
        day = datetime.fromtimestamp(self.clock(), UTC).date().isoformat()
        self.listing(keys, source(participant.name), participant.contributes, day)
        self.participants.note(participant.name, call, "", len(keys))
