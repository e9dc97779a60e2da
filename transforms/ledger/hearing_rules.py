"""Hearing rules: when each source was last heard in, which feeds are silent at a moment out.

A source is heard by whatever it sends. One that sends nothing for longer than the policy permits is silent at the
locations that hang on it: what it said of them last is not what is there now. A source that was never heard has told
nothing that could be old, so it is not missed here. Only the newest message of a source counts, so neither the order in
which messages arrive nor how often matters.

    wms-east may be silent for 60 minutes
    08:00 a receipt     heard
    08:30 a heartbeat   heard
    09:30               silent since 09:30
    10:00 a receipt     heard: what hangs on it is figured again
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from schemas.policy_parts import Feed
from schemas.policy_spec import Policy
from schemas.records import SourceHeard
from transforms.ledger.carry_rules import NOT_RECEIVED
from transforms.ledger.item_ledger import ItemLedger
from transforms.ledger.ledger_rules import OwnersOf
from transforms.ledger.position_rules import CARRIED, Cell
from transforms.offers.availability_rules import Place
from transforms.offers.doubt_rules import Doubt, Doubts

Pair = tuple[str, str]  # source, location
Watched = Mapping[Pair, Feed]  # the feeds whose silence is noticed
Silent = Mapping[Pair, datetime]  # those that are silent, and since when
Word = tuple[datetime, str]  # since when which source does not say how much there is


class Kept(NamedTuple):
    """What a shard keeps in state of what it heard."""

    heard: tuple[tuple[str, datetime], ...] = ()
    silent: tuple[tuple[str, str, datetime], ...] = ()
    looked_at: datetime | None = None


NOTHING_HEARD = Kept()


def newest_of(kept: Iterable[Kept]) -> Kept:
    """What several shards heard, together: the newest of each source; who is silent by it has still to be seen."""
    heard: dict[str, datetime] = {}
    for source, at in (pair for one in kept for pair in one.heard):
        heard[source] = max(at, heard.get(source, at))
    return Kept(tuple(heard.items()))


def watched(policy: Policy, locations: Iterable[str], owners_of: OwnersOf, at: datetime) -> Watched:
    """The feeds whose silence one version of the policy wants to be noticed, at each location that hangs on them."""
    found: dict[Pair, Feed] = {}
    places = sorted(locations)
    for feed in policy.feeds:
        if feed.silent_after is not None:
            named = feed.locations or [one for one in places if feed.source in owners_of(one, "on_hand", at)]
            found |= {(feed.source, one): policy.feed_of(feed.source, one) for one in named}
    return {pair: feed for pair, feed in found.items() if feed.silent_after is not None}


def silent_from(feed: Feed, heard_at: datetime) -> datetime:
    """When a watched feed that says nothing more becomes silent."""
    assert feed.silent_after is not None
    return heard_at + feed.silent_after


class Hearing:
    """When sources were heard, and which feeds are silent, as one shard knows it."""

    def __init__(self, kept: Kept = NOTHING_HEARD) -> None:
        self.heard = dict(kept.heard)
        self.silent = {(source, location): since for source, location, since in kept.silent}
        self.looked_at = kept.looked_at

    def kept(self) -> Kept:
        """All of it, for state."""
        silent = tuple((*pair, since) for pair, since in self.silent.items())
        return Kept(tuple(self.heard.items()), silent, self.looked_at)

    def enter(self, notice: SourceHeard) -> None:
        """A source has spoken."""
        before = self.heard.get(notice.source)
        if before is None or before < notice.received_at:
            self.heard[notice.source] = notice.received_at

    def look(self, feeds: Watched, now: datetime) -> set[str]:
        """Find out which feeds are silent as of `now`; the locations where that is another answer than before."""
        before, self.silent, self.looked_at = self.silent, {}, now
        for pair, feed in feeds.items():
            heard_at = self.heard.get(pair[0])
            if heard_at is not None and (since := silent_from(feed, heard_at)) <= now:
                self.silent[pair] = since
        return {pair[1] for pair, _ in before.items() ^ self.silent.items()}

    def due_at(self, feeds: Watched) -> datetime | None:
        """When the next feed becomes silent if nobody speaks."""
        known = ((pair, self.heard[pair[0]]) for pair in feeds if pair[0] in self.heard and pair not in self.silent)
        return min((silent_from(feeds[pair], heard_at) for pair, heard_at in known), default=None)

    def doubts(self, ledger: ItemLedger, policy: Policy) -> Doubts:
        """The places of an item of which nobody vouches for the stock, by the version of the policy that holds."""
        known = ((place, cell) for place, cell in ledger.cells.items() if _is_known(cell))
        places = ((place, cell.unknown() if cell.unknowns else None) for place, cell in known)
        words = ((place, word and (word.occurred_at, word.source)) for place, word in places)
        return doubts_about(ledger.item, words, self.silent, policy)


def doubts_about(item: str, places: Iterable[tuple[Place, Word | None]], silent: Silent, policy: Policy) -> Doubts:
    """Of the places where something of an item was ever said, those of which nobody vouches for the stock."""
    found: Doubts = {}
    for place, word in places:
        reasons = [
            _silence(source, since, policy.feed_of(source, location))
            for (source, location), since in silent.items()
            if location == place[0] and policy.feed_of(source, location).concerns(item)
        ]
        if word is not None:
            since, source = word
            reasons.append(_doubt(since, policy.feed_of(source, place[0]), f"{source} does not say how much there is"))
        if reasons:
            found[place] = min(reasons, key=itemgetter(0, 1))
    return found


def _is_known(cell: Cell) -> bool:
    """Whether anybody ever said something of a place, and it stands: not so where its one event was taken out again."""
    said = (count.received_at != NOT_RECEIVED and count.kind != CARRIED for count in cell.counts)
    return bool(cell.moves or cell.unknowns or cell.has_opening or any(said))


def _silence(source: str, since: datetime, feed: Feed) -> Doubt:
    return _doubt(since, feed, f"{source} is silent")


def _doubt(since: datetime, feed: Feed, why: str) -> Doubt:
    return Doubt(since + feed.floor_after, f"{why} since {since:%Y-%m-%d %H:%M:%S}Z", feed.floor)
