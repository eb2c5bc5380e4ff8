"""What the unmodified client of `threatexchange` posts: feedback, and hashes of a participant's own.

Usage: python posting.py PDQ MD5. The keys and the address come from the environment, as `tx` reads them.
"""

import sys

from threatexchange.exchanges.clients.stopncii.api import (
    StopNCIIAPI,
    StopNCIICSPFeedback,
    StopNCIICSPFeedbackValue,
    StopNCIIEndpoint,
    StopNCIISignalType,
)
from threatexchange.exchanges.impl.stop_ncii_api import StopNCIICredentials, StopNCIISignalExchangeAPI


def main(pdq: str, md5: str) -> None:
    """Report three copies of a listed hash, and list two hashes."""
    keys = StopNCIICredentials.get(StopNCIISignalExchangeAPI)
    client = StopNCIIAPI(
        keys.subscription_key,
        keys.fetch_function_key,
        dict.fromkeys(StopNCIIEndpoint, keys.fetch_function_key),
        keys.base_url_override,
    )
    blocked = StopNCIICSPFeedback(StopNCIICSPFeedbackValue.Blocked, {"found:3", "removed:2"})
    client.submit_feedbacks({(StopNCIISignalType.ImagePDQ, pdq): blocked})
    client.submit_hashes(
        {
            (StopNCIISignalType.ImagePDQ, pdq[::-1]): StopNCIICSPFeedback(StopNCIICSPFeedbackValue.Blocked),
            (StopNCIISignalType.VideoMD5, md5): StopNCIICSPFeedback(StopNCIICSPFeedbackValue.Blocked),
        }
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
