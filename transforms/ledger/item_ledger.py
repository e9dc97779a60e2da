"""Item ledger: everything the ledger knows of one item, and the double entry that keeps it summing to zero."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.encoding import unpack
from schemas.records import KeyTaken, StockEvent
from transforms.ledger.claim_rules import NEVER, Claim, Grant, Inbound
from transforms.ledger.position_rules import ZERO, Cell
from transforms.offers.promise_rules import Outlook
from transforms.offers.update_rules import LastEvent, StockState

Place = tuple[str, str, str]  # location, lot, disposition

SUPPLIER, CUSTOMER, IN_TRANSIT, COUNT_DIFFERENCE = "supplier", "customer", "in_transit", "count_difference"
LEFT_OUT = "*"  # lot and disposition of a report of every place that a complete snapshot leaves out


class Report(NamedTuple):
    """A count or snapshot by a source that does not own the position: compared, never posted."""

    occurred_at: datetime
    quantity: Decimal | None  # None: it declines to say
    source: str
    location: str
    lot: str
    disposition: str


class Reported:
    """What one source, not the owner, reports of one kind for one reference."""

    __slots__ = ("quantity", "times")

    def __init__(self) -> None:
        self.quantity = ZERO
        self.times: list[datetime] = []  # when each of its events occurred, unordered

    @property
    def newest_at(self) -> datetime:
        """When the newest of its events occurred; there is always one."""
        return max(self.times)


class KitOrder:
    """What the books of a kit know of one order of it: by which bill of materials its events go."""

    __slots__ = ("claimed", "keys")

    def __init__(self) -> None:
        self.claimed: list[tuple[datetime, str]] = []  # when it was ordered or requested, with the key, in order
        self.keys: set[str] = set()  # of its events that are among the entries


Identity = tuple[str, str, str, str, str, str]  # location, lot, disposition, cause, source, reference
ReportKey = tuple[str, str, str, str]  # kind, location, reference, source
PostedKey = tuple[str, str, str]  # kind, location, reference
GrantKey = tuple[str, str]  # item and transaction key of a request
DatedKey = tuple[str, str, str]  # ISO date, channel, location: only a soft claim has a channel, a hard one a location


class ItemLedger:
    """The books of one item. Changed only by `ledger_rules`."""

    __slots__ = (
        "accounts",
        "alerts",
        "cells",
        "claims",
        "compared",
        "dated_claims",
        "dirty",
        "disturbed_from",
        "entries",
        "expiring",
        "figures_until",
        "flagged",
        "hard_claims",
        "inbound",
        "item",
        "last",
        "listed",
        "newest_at",
        "orders",
        "posted",
        "promised",
        "published",
        "releases",
        "reported",
        "reports",
        "settled_at",
        "signals",
        "soft_claims",
        "taken",
        "unsettled",
        "version",
    )

    def __init__(self, item: str) -> None:
        self.item = item
        self.version = 0  # goes up with every change, so that views can refuse what is older
        self.entries: dict[str, bytes] = {}  # transaction key -> the packed event, for as long as history is retained
        self.compared: set[str] = set()  # keys of entries that were compared, not posted
        self.taken: dict[str, KeyTaken] = {}  # keys that another item was first to use, with who that was
        self.cells: dict[Place, Cell] = {}
        self.accounts: dict[str, Decimal] = {}  # the counter-accounts, without the differences of counts
        self.claims: dict[str, Claim] = {}  # by order reference
        self.orders: dict[str, KitOrder] = {}  # of a kit, by order reference
        self.releases: dict[str, list[Any]] = {}  # by order reference: `Release`, what a location was told to ship
        self.inbound: dict[str, Inbound] = {}  # by order reference
        self.reports: dict[str, Report] = {}  # by transaction key
        self.reported: dict[ReportKey, Reported] = {}
        self.posted: dict[PostedKey, Decimal] = {}  # what owners posted, where others may report the same
        self.newest_at: datetime | None = None
        self.last: LastEvent | None = None
        self.soft_claims: dict[str, Decimal] = {}  # channel -> open claims without a location
        self.hard_claims: dict[str, Decimal] = {}  # location -> open claims promised from there
        self.dated_claims: dict[DatedKey, Decimal] = {}  # the part of both that is wanted on a named day
        self.unsettled: set[str] = set()  # order references not yet carried into the three sums above
        self.expiring: list[tuple[datetime, str]] = []  # when holds end, with their order references, in order
        self.settled_at: datetime | None = None  # the time for which the three sums above are right
        self.dirty: defaultdict[str, set[Any]] = defaultdict(set)  # kind of thing -> which changed since publication
        self.disturbed_from: datetime | None = None  # the earliest time whose on hand changed since then
        self.flagged: set[Identity] = set()  # discrepancies published and not yet cured
        self.published: dict[str, int] = {}  # channel -> quantity last told
        self.listed: dict[str, tuple[str, int]] = {}  # channel -> the listing told, its last version
        self.signals: dict[str, str] = {}  # channel -> stock signal last told
        self.promised: dict[str, Outlook] = {}  # channel -> promises last told
        self.figures_until: datetime | None = None  # when the clock alone can make these wrong
        self.alerts: dict[tuple[str, str], Decimal] = {}  # (kind, location) -> quantity last raised

    def cell(self, place: Place) -> Cell:
        found = self.cells.get(place)
        if found is None:
            found = self.cells[place] = Cell()
        return found

    def claim(self, order_reference: str) -> Claim:
        found = self.claims.get(order_reference)
        if found is None:
            found = self.claims[order_reference] = Claim()
        return found

    def enter_grant(self, order_reference: str, key: GrantKey, grant: Grant) -> None:
        """Enter what a request was granted of the item."""
        claim = self.claim(order_reference)
        claim.granted += grant.quantity
        claim.grants[key] = grant
        claim.preempted = False
        claim.expiries.append((grant.expires_at, key[1]))
        if grant.expires_at != NEVER:
            insort(self.expiring, (grant.expires_at, order_reference))
        self._note_claim(order_reference)

    def remove_grant(self, order_reference: str, key: GrantKey, grant: Grant) -> None:
        """The reverse of `enter_grant`."""
        claim = self.claims[order_reference]
        claim.granted -= grant.quantity
        del claim.grants[key]
        claim.expiries.remove((grant.expires_at, key[1]))
        if grant.expires_at != NEVER:
            self.expiring.remove((grant.expires_at, order_reference))
        self._note_claim(order_reference)

    def _note_claim(self, order_reference: str) -> None:
        self.dirty["claim"].add(order_reference)
        self.unsettled.add(order_reference)

    def expected(self, order_reference: str) -> Inbound:
        found = self.inbound.get(order_reference)
        if found is None:
            found = self.inbound[order_reference] = Inbound()
        return found

    def transfer(self, account: str, quantity: Decimal) -> None:
        """Put a quantity into a counter-account (negative: take it out)."""
        self.accounts[account] = self.accounts.get(account, ZERO) + quantity

    def note_received(self, event: StockEvent, *, posted: bool) -> None:
        """Go up by one; keep the newest posted event by receipt, and the newest time for the horizon."""
        self.version += 1
        key, at, last = event.transaction_key, event.received_at, self.last
        if posted and (
            last is None or at > last.received_at or (at == last.received_at and key > last.transaction_key)
        ):
            self.last = LastEvent(at, key, event.source, event.message_id, event.correlation_id)
        if self.newest_at is None or event.occurred_at > self.newest_at:
            self.newest_at = event.occurred_at

    def note_change(self, last: LastEvent) -> None:
        """Keep what changed the item last, by receipt, where that is no event of its own."""
        if self.last is None or last[:2] > self.last[:2]:
            self.last = last

    def state(self) -> StockState:
        """What a published figure is traced back to."""
        return StockState(self.version, self.last)

    def disturb(self, occurred_at: datetime) -> None:
        """Note that on hand at this time and later may have changed."""
        if self.disturbed_from is None or occurred_at < self.disturbed_from:
            self.disturbed_from = occurred_at


Books = dict[str, ItemLedger]


def as_event(packed: bytes) -> StockEvent:
    """An entry of the books as the event it was."""
    return StockEvent.from_row(unpack(packed))


def books_of(books: Books, item: str) -> ItemLedger:
    """The books of an item, opened now if it has none."""
    ledger = books.get(item)
    if ledger is None:
        ledger = books[item] = ItemLedger(item)
    return ledger


def moved_items(event: StockEvent) -> set[str]:
    """The items whose books an event enters: its own, and the components it moves."""
    if not event.components:
        return {event.item}
    return {event.item, *(component.item for component in event.components)}


def balances(ledger: ItemLedger) -> Iterator[tuple[str, Decimal]]:
    """Every account of the item with its balance; they sum to zero."""
    for place, cell in ledger.cells.items():
        yield "/".join(place), cell.quantity
    differences = sum((cell.differences() for cell in ledger.cells.values()), ZERO)
    yield from ledger.accounts.items()
    yield f"{COUNT_DIFFERENCE}:counts", -differences


class ConservationError(AssertionError):
    """The accounts of an item do not sum to zero: a fault in the rules, never in the data."""


def check_conservation(books: Mapping[str, ItemLedger]) -> None:
    """Raise `ConservationError` if the accounts of any item do not sum to zero."""
    for item, ledger in books.items():
        accounts = list(balances(ledger))
        if sum((quantity for _, quantity in accounts), ZERO) != 0:
            raise ConservationError(f"accounts of {item} do not sum to zero: {accounts}")
