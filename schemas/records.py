"""Records: the immutable values that pass between stages, one class for each.

They are named tuples: immutable, typed, twenty times cheaper to build than a frozen dataclass of the same width, and
already in the shape that SQLite, msgpack and JSON want. Quantities are `Decimal` in the item's base unit unless the
name says otherwise; times are aware `datetime`s in UTC. `encoding` turns them into bytes and JSON.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

Kind = Literal[
    "receipt",
    "shipment",
    "adjustment",
    "count",
    "snapshot",
    "unknown_count",
    "transfer_shipped",
    "transfer_received",
    "disposition_changed",
    "return_received",
    "inbound_announced",
    "inbound_cancelled",
    "reservation_requested",
    "order_recorded",
    "reservation_allocated",
    "reservation_released",
    "reservation_cancelled",
    "reservation_expired",
]

ON_HAND_KINDS = frozenset(
    {
        "receipt",
        "shipment",
        "adjustment",
        "count",
        "snapshot",
        "unknown_count",
        "transfer_shipped",
        "transfer_received",
        "disposition_changed",
        "return_received",
    }
)
INBOUND_KINDS = frozenset({"inbound_announced", "inbound_cancelled"})
CLAIM_KINDS = frozenset(
    {
        "reservation_requested",
        "order_recorded",
        "reservation_allocated",
        "reservation_released",
        "reservation_cancelled",
        "reservation_expired",
    }
)
COUNT_KINDS = frozenset({"count", "snapshot", "unknown_count"})  # they say how much there is, or that they do not know
KINDS = ON_HAND_KINDS | INBOUND_KINDS | CLAIM_KINDS

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)

Outcome = Literal["posted", "compared", "duplicate", "parked", "dead_letter"]


class Envelope(NamedTuple):
    """One raw message as it arrived: the bytes and what is known of them without reading them."""

    source: str
    format: str
    received_at: datetime
    message_id: str  # names the message within all input and survives a retry: path#part, or the queue's own id
    correlation_id: str  # the source's, else made from source and payload, so that a retry makes the same one
    attributes: dict[str, str]
    payload: bytes


class Acknowledgment(NamedTuple):
    """The answer that the sender of an interchange waits for: a 997 or a CONTRL."""

    source: str
    format: str  # x12 | edifact
    receiver: str  # who sent what is answered
    control_number: str  # of the interchange that is answered
    accepted: int  # sets or messages
    rejected: int
    message_id: str
    correlation_id: str
    payload: bytes


class ReportedEvent(NamedTuple):
    """What a source said, in its own vocabulary: mapped, typed, not yet checked against master data."""

    transaction_key: str
    kind: Kind
    item_code: str
    quantity: Decimal  # in `unit_code`; signed for adjustments only
    unit_code: str  # "" means the item's base unit
    occurred_at: datetime
    source: str
    message_id: str
    correlation_id: str
    received_at: datetime
    mapping_version: str  # "wms-east/ship_confirm@1"
    event_index: int = 0  # which event of its message
    location_code: str = ""
    lot: str = ""
    disposition: str = ""
    to_location_code: str = ""
    to_disposition: str = ""
    channel: str = ""
    document_type: str = ""
    document: str = ""
    document_line: str = ""
    order_reference: str = ""  # sales order for claims and shipments, purchase order or ASN for inbound and receipts
    sequence: int | None = None
    expected_at: datetime | None = None
    expires_at: datetime | None = None


class Component(NamedTuple):
    """One item that an event on a kit really moves, with the quantity for the whole event in base units."""

    item: str
    quantity: Decimal


class StockEvent(NamedTuple):
    """The canonical event: checked, in master data's vocabulary, quantity in the item's base unit."""

    transaction_key: str
    kind: Kind
    item: str
    quantity: Decimal
    occurred_at: datetime
    source: str
    message_id: str
    correlation_id: str
    received_at: datetime
    mapping_version: str
    original_quantity: Decimal
    original_unit: str
    event_index: int = 0  # which event of its message
    location: str = ""
    lot: str = ""
    disposition: str = ""
    to_location: str = ""
    to_disposition: str = ""
    channel: str = ""
    document_type: str = ""
    document: str = ""
    document_line: str = ""
    order_reference: str = ""
    sequence: int | None = None
    expected_at: datetime | None = None
    expires_at: datetime | None = None
    components: tuple[Component, ...] = ()  # of a kit, once exploded; empty for any other item
    schema_version: int = 1

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> "StockEvent":
        """An event from its plain tuple, as `encoding.unpack` gives it."""
        event = cls._make(row)
        if not row[_COMPONENTS]:
            return event
        return event._replace(components=tuple(Component(*part) for part in event.components))


_COMPONENTS = StockEvent._fields.index("components")


class SnapshotPart(NamedTuple):
    """What one message says of a complete snapshot: its lines, checked and packed, and what it says of the whole."""

    transaction_key: str  # of the snapshot
    source: str
    locations: tuple[str, ...]  # all of which it covers
    occurred_at: datetime
    received_at: datetime
    message_id: str
    correlation_id: str
    mapping_version: str
    lines: tuple[bytes, ...]  # packed `StockEvent`s
    refused: int  # lines of this message that are no events
    part: str  # "" where the source does not number its messages
    parts_announced: int | None
    lines_announced: int | None  # in all parts together
    total_announced: Decimal | None  # of the quantities as they were sent, in all parts together


class SnapshotClosed(NamedTuple):
    """A source has told all that is at one location as of a moment: what it left out is zero. No event of its own.

    With `same_as` only what changed is among the lines: what is left out is what the snapshot of that time said of it.
    """

    transaction_key: str  # of the snapshot
    source: str
    location: str
    occurred_at: datetime
    received_at: datetime
    message_id: str
    correlation_id: str
    same_as: datetime | None = None  # an earlier snapshot of the same source and location
    gone: tuple[tuple[str, str, str], ...] = ()  # item, lot, disposition of what that one named and this one does not


class KeyTaken(NamedTuple):
    """Another item was first to use a transaction key: events of this one under it do not count. It is no event."""

    item: str  # whose events lose the key
    transaction_key: str
    received_at: datetime  # of the first event under the key, by receipt
    message_id: str
    event_index: int
    first_item: str
    was_decided: bool = False  # in the books: a request under it had its answer, and gets no other

    @property
    def occurred_at(self) -> datetime:
        """Before everything else, so that it is known before any event it is about."""
        return EARLIEST


class SourceHeard(NamedTuple):
    """A source has spoken, whatever it said: the newest of its messages until now. No event of its own."""

    source: str
    received_at: datetime

    @property
    def occurred_at(self) -> datetime:
        """Its place among events."""
        return self.received_at

    @property
    def transaction_key(self) -> str:
        """None: it is no fact about stock."""
        return ""

    @property
    def message_id(self) -> str:
        """None: it stands for many messages."""
        return ""


class Rejection(NamedTuple):
    """One message, or one event of it, that could not go on: why, where, and all that a replay needs.

    `outcome` is `parked` where master data may still make it good, `dead_letter` otherwise.
    """

    outcome: Outcome
    stage: str  # "decode", "map", "check", "ledger"
    reason: str  # a code from `transforms.reasons`
    message: str  # names source, field, value and what was expected
    source: str
    message_id: str
    event_index: int  # which event of the message, from 0; -1 the whole message or its first document, -2 the second
    correlation_id: str
    received_at: datetime
    mapping_version: str
    transaction_key: str
    missing_key: str  # "item:ABC-1" when parked
    format: str
    payload: bytes


class Settlement(NamedTuple):
    """Whether a rejection is still open: one that was parked and released, or replayed, is closed."""

    message_id: str
    event_index: int
    reason: str
    settled_as: str  # released | waits_for_more | dead_letter | replayed | repaired | corrected; "" while it is open
    settled_at: datetime
    version: int
    attempts: int = 0  # how often it was replayed


class Ignored(NamedTuple):
    """A message, or a line of it, that its mapping names as having no effect on stock: counted as compared."""

    source: str
    message_id: str
    reason: str


class PositionRow(NamedTuple):
    """On hand of one item at one location, lot and disposition."""

    item: str
    location: str
    lot: str
    disposition: str
    on_hand_quantity: Decimal
    counted_at: datetime | None  # when the last count or snapshot set the base
    changed_by: str  # transaction key of the newest received event that moved it
    version: int
    unknown_since: datetime | None = None  # since when its owner declines to say how much there is
    unknown_source: str = ""  # which source that is


class ClaimRow(NamedTuple):
    """What one order or hold still claims of one item."""

    item: str
    order_reference: str
    channel: str
    status: str  # granted | refused | recorded | allocated | preempted | closed
    open_quantity: Decimal
    allocated_quantity: Decimal
    shipped_quantity: Decimal
    cancelled_quantity: Decimal
    expires_at: datetime | None
    scheduled_at: datetime | None  # when the goods are wanted; None: at once
    allocated_by_location: str  # JSON: {"EAST": "3"}, the allocated quantity by where it is promised from
    planned_by_location: str  # JSON like that: of granted kits not allocated yet, from where they can ship whole
    version: int


class InboundRow(NamedTuple):
    """Expected supply that has not arrived: not stock, but what a promise may lean on."""

    item: str
    location: str
    order_reference: str
    open_quantity: Decimal
    expected_at: datetime | None
    version: int


class AvailabilityRow(NamedTuple):
    """What one channel may sell of one item or kit, in sell units, with the chain that leads there."""

    item: str
    channel: str
    listing: str  # the channel's own id of it
    available_quantity: int  # sell units, never negative, rounded down
    chain: str  # JSON: [{"step": ..., "quantity": ..., "rule": ...}, ...], in the order applied
    policy_version: str
    changed_by: str  # transaction key of the newest received event on the item or its components
    changed_source: str
    changed_message_id: str
    changed_correlation_id: str
    changed_at: datetime
    version: int
    state: str = "told"  # told | held | floor: held while a feed is silent or says unknown, later at its floor
    state_reason: str = ""  # which feed, and since when


class ChannelUpdate(NamedTuple):
    """One figure to tell one channel: sent only when it differs from the last."""

    channel: str
    listing: str
    item: str
    quantity: int
    previous_quantity: int | None
    changed_by: str
    correlation_id: str
    version: int


class PartnerPosting(NamedTuple):
    """One posted fact that a partner books too, such as the ERP, or is asked to act on, such as a 3PL."""

    posting_type: str  # sales_order | receipt | adjustment | shipment_order | transfer_notice | order_acknowledgement
    transaction_key: str
    item: str
    quantity: Decimal  # in base units; signed for adjustments only
    location: str
    lot: str
    disposition: str
    channel: str
    document_type: str
    document: str
    document_line: str
    order_reference: str
    occurred_at: datetime
    expected_at: datetime | None
    source: str
    correlation_id: str


class DeliveryRow(NamedTuple):
    """How far one figure, or one posting, has come at one partner."""

    partner: str
    reference: str  # the listing of a figure; the transaction key and type of a posting
    kind: str  # figure, or the type of the posting
    item: str
    quantity: Decimal  # what the partner is told, in its sell units for a figure
    status: str  # waiting | sent | accepted | applied | failed
    attempts: int  # calls that carried it, older figures included
    offered_at: datetime
    sent_at: datetime | None
    applied_at: datetime | None
    applied_quantity: Decimal | None  # what the partner is known to have
    message: str  # what last went wrong
    told_version: int  # of the channel update
    applied_version: int  # of the last one that took; -1 for none
    correlation_id: str
    version: int


class StockSignal(NamedTuple):
    """What a channel's figure means for whoever sells there: told when it crosses a threshold, never in between."""

    item: str
    channel: str
    listing: str
    signal: str  # in_stock | low | out
    quantity: int  # the figure that crossed, in sell units
    changed_by: str
    correlation_id: str
    version: int


class PromiseRow(NamedTuple):
    """What one channel may promise of one item or kit for one day, in base units."""

    item: str
    channel: str
    day: str  # ISO date, in UTC
    promised_quantity: Decimal  # the least projected quantity from that day to the end of the horizon
    projected_quantity: Decimal  # what the channel could draw on at the end of that day, as far as is known
    policy_version: str
    version: int


class Discrepancy(NamedTuple):
    """Two reports of one fact that disagree."""

    item: str
    location: str
    lot: str
    disposition: str
    cause: str  # "count", "snapshot", "not_owner"
    source: str  # who reported
    reference: str  # the count's or document's transaction key
    expected_quantity: Decimal  # what the ledger, or the owner, says
    reported_quantity: Decimal
    occurred_at: datetime
    version: int


class Decision(NamedTuple):
    """The one answer to one reservation request."""

    transaction_key: str
    item: str
    order_reference: str
    channel: str
    outcome: str  # granted | partly_granted | refused
    requested_quantity: Decimal
    granted_quantity: Decimal
    reason: str
    correlation_id: str
    decided_at: datetime


class Preemption(NamedTuple):
    """A hold that was granted once and had to give way: to a request of a higher priority class, or to the event that
    was received first under its transaction key, for another item; then order and channel of that one are empty."""

    transaction_key: str  # of the request that had been granted
    item: str
    order_reference: str
    channel: str
    preempted_quantity: Decimal  # what it had been granted, in base units
    by_transaction_key: str  # of the request that was granted instead
    by_item: str
    by_order_reference: str
    by_channel: str
    correlation_id: str  # of the request that was granted instead
    preempted_at: datetime


class Alert(NamedTuple):
    """Something a person must look at."""

    kind: str  # "oversell", "negative_on_hand", "silent_source", ...
    item: str
    location: str
    message: str
    quantity: Decimal
    raised_by: str  # transaction key
    correlation_id: str
    version: int


class OutcomeCount(NamedTuple):
    """How many events, or whole messages, of one source ended the same way."""

    source: str
    level: str  # "message" or "event"
    outcome: str
    reason: str
    total: int
    pane: int = 0  # which sum of a run that goes on: the highest holds
