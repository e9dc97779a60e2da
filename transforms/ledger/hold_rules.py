"""Hold rules: what was granted enters the claims of an order, and leaves them where it gives way to a higher class.

A hold is what an order reference was granted and no order backs yet. Only holds give way, whole, and only to a request
of a higher priority class that would be refused otherwise. What an order recorded, what is allocated and what has
begun to ship stays. A hold on a kit gives way on all its components; on several lines that share one, on all of those.

    1 unit left.  b2b holds it (class standard).  vip asks for it (class gold)
    vip        granted
    b2b        preempted: its claim is open no more, and the view `preemption` says for whom

Of several holds the lowest class goes first, in it the one asked for last; no more of them than are needed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from transforms.ledger.changed_rows import settle_claims
from transforms.ledger.claim_rules import Claim, Grant
from transforms.ledger.item_ledger import Books, GrantKey

PREEMPTED_MAX = 100  # holds that one request may put out: it is decided at once, among everything else that arrives


class Hold(NamedTuple):
    """All that one order reference was granted, on every item that it reaches."""

    order_reference: str
    channel: str
    asked_at: datetime
    grants: dict[str, dict[GrantKey, Grant]]  # by item whose claim it is in


def hold_on(books: Books, items: Iterable[str], order_reference: str, at: datetime) -> Hold | None:
    """The hold of an order reference on any of these items and all that belongs to it; None if it has none that could
    give way: it has ended, or is backed by an order, or somebody has begun to serve it."""
    grants: dict[str, dict[GrantKey, Grant]] = {}
    claims: list[Claim] = []
    pending = sorted(items)
    while pending:
        item = pending.pop()
        claim = books[item].claims.get(order_reference) if item in books and item not in grants else None
        if claim is None or not claim.grants:
            continue
        if claim.recorded or claim.allocated or claim.shipped:
            return None
        claims.append(claim)
        grants[item] = dict(claim.grants)
        pending += sorted({other for grant in claim.grants.values() for other in grant.items})
    if not any(claim.hold_at(at) for claim in claims):
        return None
    first = claims[0]
    return Hold(order_reference, first.channel, first.newest_at or at, grants)


def holds_below(
    books: Books, items: Iterable[str], rank: int, rank_of: Mapping[str, int], at: datetime
) -> Iterator[Hold]:
    """The holds on these items whose class is lower than `rank`, first to give way first, at most `PREEMPTED_MAX`."""
    items = sorted(set(items) & books.keys())
    lowest = max(rank_of.values(), default=0)
    references = {key for item in items for key, claim in books[item].claims.items() if claim.grants}
    found = [hold for one in sorted(references) if (hold := hold_on(books, items, one, at)) is not None]
    below = [hold for hold in found if rank_of.get(hold.channel, lowest) > rank]
    below.sort(key=lambda hold: hold.asked_at, reverse=True)
    below.sort(key=lambda hold: rank_of.get(hold.channel, lowest), reverse=True)
    return iter(below[:PREEMPTED_MAX])


def give_way(books: Books, hold: Hold, at: datetime) -> None:
    """Take a hold off every item that it claims."""
    for item, grants in hold.grants.items():
        for key, grant in grants.items():
            books[item].remove_grant(hold.order_reference, key, grant)
        books[item].claims[hold.order_reference].preempted = True
        settle_claims(books[item], at)


def _come_back(books: Books, hold: Hold, at: datetime) -> None:
    for item, grants in hold.grants.items():
        for key, grant in grants.items():
            books[item].enter_grant(hold.order_reference, key, grant)
        settle_claims(books[item], at)


def make_way(books: Books, holds: Iterable[Hold], at: datetime, is_enough: Callable[[], bool]) -> list[Hold]:
    """Put out as few of these holds as are enough, in their order; none at all where all of them are not enough."""
    out: list[Hold] = []
    enough = False
    for hold in holds:
        give_way(books, hold, at)
        out.append(hold)
        enough = is_enough()
        if enough:
            break
    for hold in reversed(out[:]):  # the one that deserves it most comes back first
        _come_back(books, hold, at)
        if enough and not is_enough():
            give_way(books, hold, at)
        else:
            out.remove(hold)
    return out
