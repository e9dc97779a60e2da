"""Days: a seed in, a small day full of collisions, or a long stream of plausible traffic, out.

A made day is as nasty as its domain is small: ties, inversions, repeats, contradictions and reports by sources that do
not own the fact all happen often. It has events of every kind, but two things never happen: a count of a kit (nobody
counts what is only assembled), and two contents of one item under one key of a reservation request (which one stays
depends on arrival, so such days would not converge).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple, get_args

from schemas.records import CLAIM_KINDS, INBOUND_KINDS, Component, Kind, StockEvent

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
STEP = timedelta(minutes=10)
STEPS = 72
NOW = START + STEPS * STEP
LOCATIONS = ("EAST", "WEST", "NORTH3PL")
LOTS = ("LOT-A", "LOT-B")
DISPOSITIONS = ("sellable", "quality_hold", "returns_hold", "damaged")
CHANNELS = ("web", "marketplace", "b2b")
REFERENCES = tuple(f"ORDER-{number:02}" for number in range(1, 13))
SALES, SUPPLY = REFERENCES[:9], REFERENCES[7:]  # two of them are both
KEEPERS = {"EAST": "wms-east", "WEST": "wms-west", "NORTH3PL": "3pl-north"}
OWNERS = {
    **{(location, "on_hand"): frozenset({keeper}) for location, keeper in KEEPERS.items()},
    ("EAST", "dispositions"): frozenset({"wms-east", "returns"}),
    ("WEST", "dispositions"): frozenset({"returns"}),
    ("EAST", "inbound"): frozenset({"erp"}),
    ("WEST", "inbound"): frozenset({"erp"}),
    ("EAST", "claims"): frozenset({"wms-east"}),
}  # what is missing, anybody may post
LATER_OWNERS = {  # by a table that was written before: a new warehouse system, a new ERP, nobody, a new owner
    **OWNERS,
    ("WEST", "on_hand"): frozenset({"erp"}),
    ("EAST", "inbound"): frozenset({"wms-east"}),
    ("EAST", "claims"): frozenset(),
    ("WEST", "claims"): frozenset({"shop"}),
}
KINDS: tuple[Kind, ...] = get_args(Kind)
COUNTS = ("count", "snapshot")
OFTEN = {*COUNTS, "shipment", "receipt", "order_recorded", "reservation_requested", "reservation_allocated"}
WEIGHTS = [3 if kind in OFTEN else 1 for kind in KINDS]
OTHER_KIND: dict[str, Kind] = {  # what a source may call the same transaction when it contradicts itself
    "receipt": "return_received",
    "adjustment": "receipt",
    "order_recorded": "reservation_cancelled",
    "reservation_released": "reservation_cancelled",
}

Boms = Mapping[str, Mapping[str, Decimal]]  # kit -> component -> quantity in one kit
BILLS_CHANGE_AT = START + STEPS // 2 * STEP
OWNERS_CHANGE_AT = START + STEPS * 2 // 3 * STEP


class Day(NamedTuple):
    """All that is delivered in a day, in order of creation, and the company it happens in."""

    events: list[StockEvent]
    boms: Boms
    owners: Mapping[tuple[str, str], frozenset[str]]  # location, facts
    now: datetime
    later_boms: Boms  # from `BILLS_CHANGE_AT` on
    epochs: tuple[tuple[str, datetime, str], ...] = ()  # source, from when, epoch: keys of before name other facts

    def parts_of(self, kit: str, quantity: Decimal, at: datetime) -> tuple[Component, ...]:
        """What so many of a kit take by the bill of that time."""
        bom = (self.boms if at < BILLS_CHANGE_AT else self.later_boms).get(kit, {})
        return tuple(Component(item, quantity * each) for item, each in bom.items())

    def owner_of(self, location: str, facts: str, at: datetime | None) -> frozenset[str]:
        """The sources that own these facts there at that time, or ever; none: anybody may post them."""
        now, later = (owners.get((location, facts), frozenset()) for owners in (self.owners, LATER_OWNERS))
        if at is None:
            return now | later
        return later if at >= OWNERS_CHANGE_AT else now


def make_day(seed: int, *, events: int = 60, items: int = 6, kits: bool = True) -> Day:
    """The day of this seed: `events` deliveries, the first seventeen of them one of each kind."""
    maker = _Maker(Random(seed), [f"SKU-{number}" for number in range(1, items + 1)], kits=kits)
    for kind in maker.random.sample(KINDS, min(events, len(KINDS))):
        maker.add_fresh(kind)
    while len(maker.events) < events:
        maker.add_any()
    return maker.day._replace(events=maker.events[:events])


def restored(day: Day, seed: int) -> Day:
    """The same day, on which some systems are restored and count from one again: old keys and sequences, new facts.

    Every fact that is added has the key of another of its source, from the other side of the restoration or just at it,
    and mostly the same content; what `make_day` made of one key may lie on both sides too.
    """
    random = Random(f"restored {seed}")
    sources = sorted({event.source for event in day.events})
    chosen = random.sample(sources, random.randint(1, min(2, len(sources))))
    epochs = [(source, START + random.randrange(1, STEPS) * STEP, "restored") for source in chosen]
    if random.random() < 0.3:
        source, at, _ = epochs[0]
        epochs.append((source, at + random.randint(1, STEPS) * STEP, "again"))
    begins = {source: at for source, at, _ in epochs}
    events = list(day.events)
    for event in random.choices([event for event in events if event.source in begins], k=random.randint(3, 8)):
        at = begins[event.source]
        steps = (at - START) // STEP
        moved = at if random.random() < 0.2 else START + random.randrange(steps) * STEP
        if event.occurred_at < at and moved < at:
            moved = START + random.randrange(steps, STEPS + 1) * STEP if steps < STEPS else at
        moved = min(moved, NOW - STEP)
        sequence = None if event.sequence is None else random.randint(1, 3)
        quantity = event.quantity if random.random() < 0.7 else event.quantity + 1
        seconds = random.randint(0, int((NOW - moved).total_seconds()) - 1)
        received_at = moved + timedelta(seconds=seconds, microseconds=len(events))
        fields = {"occurred_at": moved, "received_at": received_at, "sequence": sequence, "quantity": quantity}
        again = event._replace(**fields, message_id=f"{event.source}/r{len(events)}")
        if again.expires_at is not None:
            again = again._replace(expires_at=max(again.expires_at, moved + STEP))
        events.append(again._replace(components=day.parts_of(again.item, quantity, moved)))
    return day._replace(events=_once_asked(events, epochs), epochs=tuple(epochs))


def with_kit_orders(day: Day, seed: int) -> Day:
    """The same day with orders of kits that nobody requested, of parts that lie apart, and what others want of them.

    Such an order is recorded, not granted, so nobody settles that it ships from one place; under its reference there
    may be a request too, which is, and shipments and allocations of it.
    """
    random, events = Random(f"kit orders {seed}"), list(day.events)

    def add(kind: Kind, item: str, quantity: int, at: datetime, **fields: Any) -> None:
        owners = day.owner_of(fields.get("location", ""), "on_hand", at) if kind in ("receipt", "shipment") else ()
        source, number = min(owners, default="shop"), len(events)
        received_at = at + timedelta(seconds=random.randint(0, 3_000), microseconds=number)
        identity = (f"{source}:{kind}:k{number}", kind, item, Decimal(quantity), at, source, f"{source}/k{number}")
        made = StockEvent(*identity, f"c{number}", received_at, "day/kits@1", Decimal(quantity), "each", **fields)
        parts = day.parts_of(item, made.quantity, at)
        events.append(made._replace(components=parts))

    for number in range(random.randint(1, 3)):
        kit = random.choice(list(day.boms))
        at = START + random.randrange(STEPS - 20) * STEP
        for part in day.parts_of(kit, Decimal(4), at):
            for location in random.sample(LOCATIONS, random.randint(1, 2)):
                whole = max(1, int(part.quantity))
                add(
                    "receipt",
                    part.item,
                    random.randint(whole, 3 * whole),
                    at,
                    location=location,
                    disposition="sellable",
                )
        order = {"order_reference": f"KIT-ORDER-{number}", "channel": random.choice(CHANNELS)}
        add("order_recorded", kit, random.randint(1, 3), at + random.randint(1, 4) * STEP, **order)
        wanted = [(kit, order), (kit, {**order, "order_reference": f"KIT-HOLD-{number}"})]
        wanted.append((part.item, {**order, "order_reference": f"PART-HOLD-{number}"}))
        for item, of in random.sample(wanted, random.randint(1, 3)):
            add("reservation_requested", item, random.randint(1, 3), at + random.randint(1, 8) * STEP, **of)
        for kind in random.sample(("reservation_allocated", "shipment"), random.randint(0, 2)):
            of = {"order_reference": f"KIT-ORDER-{number}", "location": random.choice(LOCATIONS)}
            of |= {"disposition": "sellable"} if kind == "shipment" else {}
            add(kind, kit, random.randint(1, 2), at + random.randint(4, 12) * STEP, **of)  # type: ignore[arg-type]
    return day._replace(events=events)


def _once_asked(events: list[StockEvent], epochs: list[tuple[str, datetime, str]]) -> list[StockEvent]:
    """Without requests that say something else under one key of one epoch: which stays depends on arrival."""
    said: dict[Any, Any] = {}
    kept = []
    for event in events:
        epoch = sum(source == event.source and begins <= event.occurred_at for source, begins, _ in epochs)
        content = (event.quantity, event.occurred_at, event.sequence, event.expires_at)
        key = event.item, event.transaction_key, epoch
        asked = said.setdefault(key, (event.kind, content))
        if "reservation_requested" not in (event.kind, asked[0]) or asked == (event.kind, content):
            kept.append(event)
    return kept


def perturb(day: Day, seed: int) -> list[list[StockEvent]]:
    """The same day as a bad network brings it: some doubled, all shuffled, in bundles of any size."""
    random = Random(seed)
    events = day.events + random.choices(day.events, k=random.randint(0, len(day.events) // 5))
    random.shuffle(events)
    bundles = []
    while events:
        size = random.choice((1, 1, 2, 5, 20, len(events)))
        bundles.append(events[:size])
        events = events[size:]
    return bundles


class _Maker:
    """The events so far, and ways to add one that collides with them."""

    def __init__(self, random: Random, items: list[str], *, kits: bool) -> None:
        self.random = random
        self.items = items
        one, two, three = (items[number % len(items)] for number in range(3))
        boms = {"KIT-1": {one: Decimal(2), two: Decimal(1)}, "KIT-2": {two: Decimal(3), three: Decimal("0.25")}}
        later = {**boms, "KIT-1": {one: Decimal(1), three: Decimal(2)}}
        self.boms: Boms = boms if kits else {}
        self.day = Day([], self.boms, OWNERS, NOW, later if kits else {})
        self.events: list[StockEvent] = []

    def add_any(self) -> None:
        ways: tuple[Callable[[], None], ...] = (
            lambda: self.add_fresh(self.random.choices(KINDS, WEIGHTS)[0]),
            self._add_repeat,
            self._add_contradiction,
            self._add_other_view,
            self._add_same_key_elsewhere,
            self._add_rush,
        )
        self.random.choices(ways, weights=(59, 13, 9, 9, 6, 4))[0]()

    def add_fresh(self, kind: Kind) -> None:
        number = len(self.events)
        twin = self._twin(kind)
        item = twin.item if twin else self._item(kind)
        occurred_at = twin.occurred_at if twin else START + self.random.randrange(STEPS) * STEP
        fields = self._fields(kind, item)
        if twin:
            fields |= {"location": twin.location, "lot": twin.lot, "disposition": twin.disposition}
        source = self._source(kind, fields.get("location", ""))
        if source in KEEPERS.values() and self._chance(0.6):
            fields["sequence"] = self.random.randint(1, 9)
        if kind == "reservation_requested" and self._chance(0.8):
            fields["expires_at"] = occurred_at + self.random.randint(1, STEPS) * STEP
        quantity = self._quantity(kind, item)
        event = StockEvent(
            transaction_key=f"{source}:{kind}:{number}",
            kind=kind,
            item=item,
            quantity=quantity,
            occurred_at=occurred_at,
            source=source,
            message_id=f"{source}/m{number}",
            correlation_id=f"c{number}",
            received_at=self._received(occurred_at),
            mapping_version=f"{source}/{kind}@1",
            original_quantity=quantity,
            original_unit="each",
            **fields,
        )
        self.events.append(self._exploded(event))

    def _add_repeat(self) -> None:
        """The same fact again: the very message, or another that was received at another time, earlier or later."""
        event = self.random.choice(self.events)
        self.events.append(self._delivered_again(event) if self._chance(0.7) else event)

    def _add_contradiction(self) -> None:
        event = self.random.choice([event for event in self.events if event.kind != "reservation_requested"])
        moved = STEP if event.occurred_at + 2 * STEP < NOW else -STEP
        changes: list[dict[str, Any]] = [{"quantity": event.quantity + 1}, {"occurred_at": event.occurred_at + moved}]
        if event.location:
            changes.append({"location": LOCATIONS[LOCATIONS.index(event.location) - 1]})
        if event.order_reference:
            changes.append({"order_reference": REFERENCES[REFERENCES.index(event.order_reference) - 1]})
        if event.kind in OTHER_KIND:
            changes.append({"kind": OTHER_KIND[event.kind], "quantity": abs(event.quantity)})
        other = self._delivered_again(event._replace(**self.random.choice(changes)))
        if self._chance(0.15):
            other = other._replace(received_at=event.received_at)  # the message id decides
        self.events.append(self._exploded(other))

    def _add_other_view(self) -> None:
        """What another source says of the same fact: the same, nearly the same, now or a little later."""
        kinds = {*COUNTS, "reservation_requested"}
        event = self.random.choice([event for event in self.events if event.kind not in kinds])
        source = "erp" if event.source != "erp" else "wms-east"
        if self._chance(0.4):
            event = event._replace(quantity=self._quantity(event.kind, event.item))
        later = min(event.occurred_at + self.random.randint(0, 3) * STEP, NOW - STEP)
        event = event._replace(source=source, transaction_key=f"{source}:{len(self.events)}", occurred_at=later)
        self.events.append(self._exploded(self._delivered_again(event._replace(sequence=None))))

    def _add_same_key_elsewhere(self) -> None:
        """One key on two items, or on a kit and its component, of which only the first by receipt counts."""
        used = {(event.item, event.transaction_key) for event in self.events}
        event = self.random.choice(self.events)
        item = self.random.choice((*self.items, *(() if event.kind in COUNTS else self.boms)))
        if (item, event.transaction_key) not in used:
            if self._chance(0.7):
                event = event._replace(lot="", quantity=Decimal(self.random.randint(1, 5)))
            self.events.append(self._exploded(self._delivered_again(event._replace(item=item))))

    def _add_rush(self) -> None:
        """Everybody wants the same at the same time, and nobody has ordered it yet: some must give way."""
        self.add_fresh("receipt")
        there = self.events[-1]
        occurred_at = max(there.occurred_at, START + self.random.randrange(STEPS) * STEP)
        enough = max(1, int(there.quantity) * 2 // 3)
        for channel in ("marketplace", "b2b", "web"):
            number = len(self.events)
            self.add_fresh("reservation_requested")
            asked = {"item": there.item, "channel": channel, "quantity": Decimal(enough)}
            asked |= {"order_reference": f"HOLD-{self.random.randint(1, 4)}", "expires_at": None, "expected_at": None}
            at = {"occurred_at": occurred_at, "received_at": occurred_at + timedelta(seconds=number)}
            self.events.append(self._exploded(self.events.pop()._replace(**asked, **at)))

    def _delivered_again(self, event: StockEvent) -> StockEvent:
        message_id = f"{event.source}/{self.random.choice('az')}{len(self.events)}"
        return event._replace(received_at=self._received(event.occurred_at), message_id=message_id)

    def _exploded(self, event: StockEvent) -> StockEvent:
        return event._replace(components=self.day.parts_of(event.item, event.quantity, event.occurred_at))

    def _fields(self, kind: Kind, item: str) -> dict[str, Any]:
        pick, chance = self.random.choice, self._chance
        if kind in INBOUND_KINDS:
            expected_at = NOW + self.random.randint(1, 9) * STEP if chance(0.8) else None
            reference = self._reference(item, SUPPLY)
            return {"location": pick(LOCATIONS), "order_reference": reference, "expected_at": expected_at}
        if kind in CLAIM_KINDS:
            is_first = kind in {"reservation_requested", "order_recorded"}
            channel = pick(CHANNELS) if is_first or chance(0.3) else ""
            location = pick(LOCATIONS) if kind == "reservation_allocated" else ""
            expected_at = NOW + self.random.randint(1, 3 * 144) * STEP if is_first and chance(0.3) else None
            reference = self._reference(item, SALES)
            return {"location": location, "order_reference": reference, "channel": channel, "expected_at": expected_at}
        location, lot, disposition = self._place(item)
        fields: dict[str, Any] = {"location": location, "lot": lot, "disposition": disposition}
        if kind == "disposition_changed":
            fields["to_disposition"] = pick(DISPOSITIONS)
        elif kind == "transfer_shipped":
            fields["to_location"] = pick(LOCATIONS)
        if kind not in COUNTS and chance(0.8 if kind in {"receipt", "shipment"} else 0.3):
            fields["order_reference"] = self._reference(item, SUPPLY if kind == "receipt" else SALES)
        return fields

    def _reference(self, item: str, among: tuple[str, ...]) -> str:
        used = [event.order_reference for event in self.events if event.item == item]
        known = [reference for reference in used if reference in among]
        return self.random.choice(known if known and self._chance(0.6) else among)

    def _place(self, item: str) -> tuple[str, str, str]:
        """Where something happened before, mostly; else anywhere. Every second item has lots, not always named."""
        known = [event for event in self.events if event.item == item and event.disposition]
        if known and self._chance(0.6):
            event = self.random.choice(known)
            return event.location, event.lot if self._chance(0.9) else "", event.disposition
        lot = self.random.choice(("", *LOTS)) if item in self.items[1::2] else ""
        location = self.random.choices(LOCATIONS, weights=(6, 3, 1))[0]
        return location, lot, self.random.choices(DISPOSITIONS, weights=(7, 1, 1, 1))[0]

    def _source(self, kind: Kind, location: str) -> str:
        if kind in CLAIM_KINDS and kind != "reservation_allocated":
            return "shop"
        if self._chance(0.2 if kind in COUNTS else 0.1):
            return "tms"  # owns nothing
        if kind in INBOUND_KINDS:
            return "erp"
        return "returns" if kind == "return_received" else KEEPERS[location]

    def _item(self, kind: Kind) -> str:
        if self.boms and kind not in COUNTS and self._chance(0.2):
            return self.random.choice(list(self.boms))
        return self.items[min(self.random.randrange(len(self.items)), self.random.randrange(len(self.items)))]

    def _quantity(self, kind: Kind, item: str) -> Decimal:
        least = 0 if kind in COUNTS else 1
        quantity = Decimal(self.random.randint(least, 20 if item in self.items else 4))
        if item in self.items and self._chance(0.25):
            quantity += Decimal(self.random.randint(1, 999)).scaleb(-3).normalize()
        return -quantity if kind == "adjustment" and self._chance(0.5) else quantity

    def _twin(self, kind: Kind) -> StockEvent | None:
        """Half of the counts are of where and when something else happened, as at the end of a shift."""
        known = [event for event in self.events if event.disposition and event.item in self.items]
        return self.random.choice(known) if known and kind in COUNTS and self._chance(0.5) else None

    def _received(self, occurred_at: datetime) -> datetime:
        """Soon after, or any time until now; never the same time twice, except where it is meant."""
        if self.events and self._chance(0.02):
            return self.random.choice(self.events).received_at
        seconds_max = 180 if self._chance(0.7) else int((NOW - occurred_at).total_seconds()) - 1
        return occurred_at + timedelta(seconds=self.random.randint(0, seconds_max), microseconds=len(self.events))

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability
