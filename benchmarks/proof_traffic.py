"""Proof traffic: a seed and a number in, that many deliveries of a busy day out, and the company they happen in.

Every kind of event, on single items and kits, by owners of the facts and by others; some deliveries repeat one before,
some contradict one, some come after thousands that happened later. Times are whole minutes, so many things happen at
the very moment of a count.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from schemas.master_data import MasterData, build_master_data
from schemas.policy_spec import Policy
from schemas.records import CLAIM_KINDS, Component, Kind, StockEvent

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
LENGTH = timedelta(hours=12)
NOW = START + LENGTH + timedelta(hours=2)  # when the books are compared: holds have ended, reports have settled
MINUTES = int(LENGTH / timedelta(minutes=1))
HOLD_MINUTES = (20, 40, 600)
KEEPERS = {"EAST": "wms-east", "WEST": "wms-west", "NORTH3PL": "3pl-north"}
LOCATIONS = tuple(KEEPERS)
CHANNELS = ("web", "marketplace", "b2b")
GROUP = 4  # of so many items the first two also make a kit
KIT_NEEDS = (Decimal(2), Decimal(1))
RECENT_MAX = 10_000  # repeats are of one of so many deliveries before
HELD_MAX = 5_000  # what comes late waits among so many others
OPEN_MAX = 5_000  # orders and holds that something may still happen to
CONFLICTS = 0.005  # share of deliveries that contradict one before
KINDS: dict[Kind, float] = {
    "order_recorded": 28,
    "shipment": 27,
    "receipt": 11,
    "reservation_requested": 8,
    "reservation_released": 1,
    "reservation_expired": 0.5,
    "reservation_cancelled": 2,
    "reservation_allocated": 3,
    "adjustment": 4,
    "return_received": 2,
    "disposition_changed": 2,
    "transfer_shipped": 2,
    "transfer_received": 2,
    "inbound_announced": 2,
    "inbound_cancelled": 0.5,
    "count": 4,
    "snapshot": 1,
}
FOLLOWS = {  # kinds that happen to an order or a hold that is there already
    "shipment": "order_recorded",
    "reservation_allocated": "order_recorded",
    "reservation_cancelled": "order_recorded",
    "reservation_released": "reservation_requested",
    "reservation_expired": "reservation_requested",
    "inbound_cancelled": "inbound_announced",
}
OPENING = ("order_recorded", "reservation_requested", "inbound_announced")
SINGLE = ("count", "snapshot", "inbound_announced", "inbound_cancelled", "receipt")  # never of a kit
OUTSIDE = {"shipment": 0.06, "snapshot": 0.5, "receipt": 0.05}  # share reported by a source that does not own the fact

POLICY = Policy.model_validate(
    {
        "version": "proof",
        "owner": "benchmarks",
        "definitions": {"sellable": {"means": "what is there and free", "dispositions": ["sellable"]}},
        "routing": list(LOCATIONS),
        "safety_stock": [{"quantity": 2, "location": "EAST"}],
        "channels": {
            "web": {"definition": "sellable", "locations": list(LOCATIONS), "thresholds": {"low": 10, "hysteresis": 3}},
            "marketplace": {
                "definition": "sellable",
                "locations": list(LOCATIONS),
                "pool": {"kind": "percent", "percent": 30},
                "partial_requests": True,
            },
            "b2b": {"definition": "sellable", "locations": list(LOCATIONS), "buffer": 3},
        },
    }
)


class Subject(NamedTuple):
    """What an event is about: an item or a kit, and the document."""

    item: str
    quantity: Decimal
    reference: str
    components: tuple[Component, ...]


def item_name(number: int) -> str:
    return f"SKU-{number:05}"


def family_of(item: str) -> str:
    """A kit and its two components are of one family; every other item is its own."""
    number = int(item.removeprefix("SKU-").removeprefix("KIT-"))
    return item_name(number - 1 if item.startswith("SKU-") and number % GROUP == 1 else number)


def make_master(items: int) -> MasterData:
    """The company: `items` of them (a multiple of 4), a kit for every fourth, and who owns which facts."""
    names = [item_name(number) for number in range(items)]
    kits = {f"KIT-{at:05}": (names[at], names[at + 1]) for at in range(0, items, GROUP)}
    tables = {
        "items": [{"item": item, "base_unit": "each", "divisible": "no"} for item in (*names, *kits)],
        "locations": [{"location": location} for location in LOCATIONS],
        "dispositions": [{"disposition": one} for one in ("sellable", "damaged")],
        "channels": [{"channel": channel} for channel in CHANNELS],
        "listings": [
            {"channel": c, "listing": f"{c}-{item}", "item": item} for c in CHANNELS for item in (*names, *kits)
        ],
        "ownership": [{"location": at, "facts": "on_hand", "source": keeper} for at, keeper in KEEPERS.items()],
    }
    boms = [
        {
            "kit": kit,
            "assembly": "on_demand",
            "components": [{"item": item, "quantity": each} for item, each in zip(parts, KIT_NEEDS, strict=True)],
        }
        for kit, parts in kits.items()
    ]
    return build_master_data(tables, boms)


def make_traffic(
    seed: int, deliveries: int, items: int, duplicates: float = 0.2, disorder: float = 0.2
) -> Iterator[StockEvent]:
    """`deliveries` events: a share of them repeats, a share overtaken by what happened later."""
    random = Random(seed)
    facts = _Facts(random, items, deliveries)
    held: list[StockEvent | None] = [None] * min(HELD_MAX, deliveries // 50 + 1)
    recent: deque[StockEvent] = deque(maxlen=RECENT_MAX)
    for number in range(deliveries):
        received_at = START + LENGTH * (number / deliveries) + timedelta(seconds=30, microseconds=number % 1000)
        chance = random.random()
        if recent and chance < duplicates:
            yield _again(random, recent[random.randrange(len(recent))], number, received_at)
            continue
        if recent and chance < duplicates + CONFLICTS:
            other = recent[random.randrange(len(recent))]
            if (
                other.kind != "reservation_requested"
            ):  # where the first to arrive stays: the oracle sees one content only
                yield _contradiction(random, other, number, received_at)
                continue
        event = facts.next()
        if random.random() < disorder:
            slot = random.randrange(len(held))
            held[slot], event = event, held[slot] or facts.next()
        event = event._replace(received_at=received_at)
        recent.append(event)
        yield event


def _again(random: Random, event: StockEvent, number: int, received_at: datetime) -> StockEvent:
    """The same fact: half of the time the very message, else another that says the same."""
    if random.random() < 0.5:
        return event
    return event._replace(received_at=received_at, message_id=f"{event.source}/r{number}")


def _contradiction(random: Random, event: StockEvent, number: int, received_at: datetime) -> StockEvent:
    """The same key with another quantity; one in three was received first and has only been slow to arrive."""
    if random.random() < 1 / 3:
        received_at = event.received_at - timedelta(seconds=1)
    parts = tuple(
        part._replace(quantity=part.quantity / event.quantity * (event.quantity + 1)) for part in event.components
    )
    return event._replace(
        received_at=received_at,
        message_id=f"{event.source}/x{number}",
        quantity=event.quantity + 1,
        components=parts,
    )


class _Facts:
    """What happens, in order, without end; nothing is received yet."""

    def __init__(self, random: Random, items: int, deliveries: int) -> None:
        self.random = random
        self.items = items
        self.minutes_each = MINUTES / deliveries
        self.number = 0
        self.open: dict[str, deque[Subject]] = {kind: deque(maxlen=OPEN_MAX) for kind in OPENING}
        self.kinds: list[Kind] = []

    def next(self) -> StockEvent:
        if not self.kinds:
            self.kinds = self.random.choices(list(KINDS), list(KINDS.values()), k=1000)
        kind = self.kinds.pop()
        subject = self._subject(kind)
        if kind in OPENING:
            self.open[kind].append(subject)
        event = self._event(kind, subject)
        self.number += 1
        return event

    def _subject(self, kind: Kind) -> Subject:
        waiting = self.open.get(FOLLOWS.get(kind, ""))
        if waiting:
            if kind in {"shipment", "inbound_cancelled"} or self.random.random() < 0.3:
                return waiting.popleft()
            return waiting[self.random.randrange(len(waiting))]
        if kind == "order_recorded" and self.open["reservation_requested"] and self.random.random() < 0.1:
            return self.open["reservation_requested"].popleft()  # the hold becomes an order
        at = int(self.items * self.random.random() * self.random.random())  # some items sell more than others
        quantity = Decimal(self.random.randrange(1, 9))
        reference = f"{'PO' if kind == 'inbound_announced' else 'SO'}-{self.number}"
        if kind in SINGLE or self.random.random() > 0.06:
            return Subject(item_name(at), quantity, reference, ())
        at -= at % GROUP
        needs = zip((item_name(at), item_name(at + 1)), KIT_NEEDS, strict=True)
        parts = tuple(Component(item, quantity * each) for item, each in needs)
        return Subject(f"KIT-{at:05}", quantity, reference, parts)

    def _event(self, kind: Kind, subject: Subject) -> StockEvent:
        quantity, components = subject.quantity, subject.components
        if kind == "receipt":
            quantity *= 3
        elif kind in {"count", "snapshot"}:
            quantity = Decimal(self.random.randrange(60))
        elif kind == "adjustment" and self.random.random() < 0.5:
            quantity = -quantity
            components = tuple(part._replace(quantity=-part.quantity) for part in components)
        where = self._where(kind, subject)
        return StockEvent(
            transaction_key=f"{where['source']}:{self.number}",
            kind=kind,
            item=subject.item,
            quantity=quantity,
            message_id=f"m{self.number}",
            correlation_id=f"c{self.number}",
            received_at=START,
            mapping_version="proof@1",
            original_quantity=quantity,
            original_unit="each",
            components=components,
            **where,
        )

    def _where(self, kind: Kind, subject: Subject) -> dict[str, Any]:
        """Place, source, time and the other fields that a kind has."""
        occurred_at = START + timedelta(minutes=min(MINUTES, int(self.number * self.minutes_each)))
        location = LOCATIONS[self.random.randrange(len(LOCATIONS))]
        fields: dict[str, Any] = {"occurred_at": occurred_at, "source": "shop"}
        if kind in CLAIM_KINDS:
            fields |= {"channel": CHANNELS[self.number % len(CHANNELS)], "order_reference": subject.reference}
            if kind == "reservation_requested":
                fields["expires_at"] = occurred_at + timedelta(minutes=self.random.choice(HOLD_MINUTES))
            if kind == "reservation_allocated":
                fields["location"] = location
            return fields
        fields |= {"location": location, "source": KEEPERS[location], "sequence": self.number}
        if kind in {"inbound_announced", "inbound_cancelled"}:
            return fields | {"source": "erp", "order_reference": subject.reference, "expected_at": NOW}
        fields["disposition"] = "damaged" if kind == "return_received" else "sellable"
        if kind == "disposition_changed":
            fields["to_disposition"] = "damaged"
        if kind == "shipment":
            fields["order_reference"] = subject.reference
        if self.random.random() < OUTSIDE.get(kind, 0):
            fields |= {"source": "erp", "sequence": None}
        return fields
