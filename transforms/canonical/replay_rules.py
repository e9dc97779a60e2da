"""Replay rules: a message that somebody sends again in, what was closed for it and is open again out.

One attribute tells it from its first coming. It keeps its ids, source and time of receipt, so all that was posted of it
is a duplicate and drops out.
Its rejection was closed when it was sent. Where the message is refused again the rejection is opened again, one version
later than it was closed, whatever is retried; and the number of attempts stays with it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from schemas.records import Envelope, Rejection, Settlement

ATTRIBUTE = "sellable-replay"  # "attempts.version": how often it was sent again, and the version of its closing
ATTEMPTS_MAX = 3  # of one rejection; what has failed so often needs another fix
REPLAYED = "replayed"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_MAX = 2**53


def marked(envelope: Envelope, attempts: int, version: int) -> Envelope:
    """The message as it is sent again."""
    return envelope._replace(attributes={**envelope.attributes, ATTRIBUTE: f"{attempts}.{version}"})


def reopened(envelope: Envelope, rejections: Iterable[Rejection]) -> list[Settlement]:
    """The rejections of a replayed message that are open again; none for a message that comes for the first time."""
    attempts, _, version = envelope.attributes.get(ATTRIBUTE, "").partition(".")
    if not (attempts.isdecimal() and version.isdecimal() and attempts.isascii() and version.isascii()):
        return []
    if len(attempts) > 3 or int(version[:17]) > _VERSION_MAX:
        return []
    at = _EPOCH + timedelta(microseconds=int(version[:17]))
    number = int(version[:17]) + 1
    return [
        Settlement(one.message_id, one.event_index, one.reason, "", at, number, int(attempts)) for one in rejections
    ]
