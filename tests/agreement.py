"""Agreement: a made day folded by the ledger in, every way in which it differs from the oracle out."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from random import Random
from typing import Any

from schemas.master_data import MasterData, build_master_data
from schemas.policy_spec import Policy
from schemas.records import AvailabilityRow, PositionRow, PromiseRow, StockEvent
from tests.books import ZERO, Books, ClaimHead, Pair, check_decisions
from tests.books import Claim as OracleClaim
from tests.days import BILLS_CHANGE_AT, CHANNELS, DISPOSITIONS, LOCATIONS, LOTS, START, Day
from tests.full_lists import Arrived, apart, packed
from tests.oracle import oracle
from tests.oracle_feeds import Doubtful, FeedRule, doubtful_positions, state_of
from tests.published import Published
from transforms.ledger.shard_rules import Shard
from transforms.offers.availability_rules import DatedClaim, ItemStock, Rules, Supply
from transforms.offers.offer_rules import offers_for
from transforms.offers.promise_rules import outlooks_for

Bills = tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...]  # kit, its components with quantities

TOLERANCE = Decimal("0.5")
SELLABLE = "sellable"
NOTHING = OracleClaim(ZERO, ZERO, ZERO, ZERO)

POLICY = Policy.model_validate(
    {
        "version": "day",
        "owner": "tests",
        "definitions": {
            "sellable": {"means": "what is there and free", "dispositions": ["sellable"]},
            "atp": {"means": "and what is to come", "dispositions": ["sellable"], "inbound_days": 2},
        },
        "routing": ["WEST", "EAST"],
        "safety_stock": [{"quantity": 2, "location": "EAST"}, {"quantity": 1, "channel": "marketplace"}],
        "priority_classes": ["gold", "standard"],
        "limits": {
            "count_tolerance": TOLERANCE,
            "settle_minutes": 60,
            "confirmation_hours": {"EAST": 2, "NORTH3PL": 5},
        },
        "feeds": [
            {"source": "wms-east", "silent_after_minutes": 120, "floor_after_minutes": 180, "floor": {"share": "0.5"}},
            {"source": "wms-west", "silent_after_minutes": 60, "floor_after_minutes": 60, "floor": {"quantity": 3}},
            {"source": "tms", "silent_after_minutes": 600, "floor_after_minutes": 30, "locations": ["NORTH3PL"]},
        ],
        "channels": {
            "web": {
                "definition": "sellable",
                "locations": ["EAST", "WEST"],
                "thresholds": {"low": 10, "hysteresis": 3},
                "priority_class": "gold",
            },
            "marketplace": {
                "definition": "sellable",
                "locations": ["EAST", "WEST", "NORTH3PL"],
                "pool": {"kind": "percent", "percent": 30},
                "partial_requests": True,
                "priority_class": "standard",
            },
            "b2b": {"definition": "atp", "locations": ["EAST", "NORTH3PL"], "pool": {"kind": "priority", "rank": 1}},
        },
    }
)
FEEDS = (
    FeedRule("wms-east", timedelta(minutes=120), timedelta(minutes=180), Decimal("0.5"), ZERO),
    FeedRule("wms-west", timedelta(minutes=60), timedelta(minutes=60), None, Decimal(3)),
    FeedRule("tms", timedelta(minutes=600), timedelta(minutes=30), None, ZERO, ("NORTH3PL",)),
)


def master_of(day: Day) -> MasterData:
    """Master data that knows all a made day can name; its ownership is the day's own."""
    bills = (tuple((kit, tuple(bom.items())) for kit, bom in boms.items()) for boms in (day.boms, day.later_boms))
    return _master(*bills, day.epochs)


def checked(day: Day, bundles: Sequence[Sequence[Arrived]]) -> list[list[Arrived]]:
    """The events with their keys as the check before the ledger gives them on: with the epoch of their source."""
    master = master_of(day)
    return [
        [
            one._replace(transaction_key=master.key_in_epoch(one.source, one.transaction_key, one.occurred_at))
            if isinstance(one, StockEvent)
            else one
            for one in bundle
        ]
        for bundle in bundles
    ]


def _as_sent(day: Day, event: StockEvent) -> StockEvent:
    key = event.transaction_key
    for _, _, epoch in day.epochs:
        key = key.removesuffix(f"@{epoch}")
    return event._replace(transaction_key=key)


@cache
def _master(first: Bills, later: Bills, epochs: tuple[tuple[str, datetime, str], ...] = ()) -> MasterData:
    kits = sorted(kit for kit, _ in first)
    items = [*(f"SKU-{number}" for number in range(1, 7)), *kits]
    listed = ("SKU-1", "SKU-2", "SKU-3", *kits)
    tables = {
        "items": [
            {"item": one, "base_unit": "each", "divisible": "yes", "lot_controlled": "yes" if one == "SKU-2" else "no"}
            for one in items
        ],
        "locations": [{"location": location} for location in LOCATIONS],
        "dispositions": [{"disposition": disposition} for disposition in DISPOSITIONS],
        "channels": [{"channel": channel} for channel in CHANNELS],
        "listings": [{"channel": c, "listing": f"{c}-{item}", "item": item} for c in CHANNELS for item in listed],
        "epochs": [{"source": source, "epoch": name, "from": at.isoformat()} for source, at, name in epochs],
        "lots": [{"item": "SKU-2", "lot": lot, "status": "held" if lot == "LOT-B" else "released"} for lot in LOTS],
    }
    bills = ((first, {"effective_to": BILLS_CHANGE_AT}), (later, {"effective_from": BILLS_CHANGE_AT}))
    boms = [
        {"kit": kit, "assembly": "on_demand", **dates, "components": [{"item": i, "quantity": each} for i, each in bom]}
        for kits_then, dates in bills
        for kit, bom in kits_then
    ]
    return build_master_data(tables, boms)


def shard_of(day: Day) -> Shard:
    return Shard(master_of(day), POLICY, owners_of=day.owner_of)


def fold_day(day: Day, bundles: Sequence[Sequence[Arrived]], seed: int) -> Published:
    """The bundles into one shard, at times that never go back and end at the end of the day."""
    shard, published = shard_of(day), Published()
    for now, bundle in zip(clock(day, len(bundles), seed), bundles, strict=True):
        published.take(shard.fold([packed(one) for one in bundle], now))
        shard.check_conservation()
    return published


def clock(day: Day, bundles: int, seed: int) -> list[datetime]:
    """When each bundle is folded: most near the end of the day, some before what they tell of."""
    random = Random(seed)
    length = int((day.now - START) / timedelta(seconds=1))
    times = sorted(START + timedelta(seconds=random.randint(0, length)) for _ in range(bundles - 1))
    return [*times, day.now]


def expected_of(day: Day, arrived: Sequence[Arrived], granted: Mapping[str, Fraction]) -> Books:
    events, lists, _ = apart(arrived)
    return oracle(
        [_as_sent(day, event) for event in events],
        now=day.now,
        owner_of=day.owner_of,
        settle=timedelta(minutes=60),
        tolerance=TOLERANCE,
        granted=granted,
        parts_of=day.parts_of,
        lists=lists,
        confirm={"EAST": timedelta(hours=2), "NORTH3PL": timedelta(hours=5)},
        epochs=day.epochs,
    )


def differences(day: Day, arrived: Sequence[Arrived], seen: Published) -> list[str]:
    """Every figure in which the ledger and the oracle differ, and every broken promise of the ledger's own."""
    books = expected_of(day, arrived, seen.granted())
    parts: dict[str, tuple[Mapping[Any, Any], Mapping[Any, Any]]] = {
        "position": (seen.positions(), _without_zeros(books.positions)),
        "claim": _claims(seen, books),
        "inbound": _inbound(seen, books),
        "discrepancy": (seen.discrepancies(TOLERANCE), books.discrepancies),
        "shortage": ({item: q for (item, _), q in seen.alerts("oversell").items()}, _without_zeros(books.shortage)),
        "late": (seen.alerts("late_confirmation"), _without_zeros(books.late)),
        "negative": (seen.alerts("negative_on_hand"), _negative(books)),
        "outcome": _outcomes(seen, books),
        "unknown": (_unknown_since(seen), {key: one.since for key, one in books.unknown.items()}),
    }
    found = [
        f"{part} {key}: {ours.get(key)}, the oracle says {theirs.get(key)}"
        for part, (ours, theirs) in parts.items()
        for key in sorted(ours.keys() | theirs.keys(), key=repr)
        if ours.get(key) != theirs.get(key)
    ]
    found += list(_wrongly_planned(day, seen, books))
    found += [f"version went back: {before} then {after}" for before, after in seen.went_back]
    doubtful = doubtful_positions(
        FEEDS, apart(arrived)[2], books.unknown, books.positions.keys(), day.owner_of, day.now
    )
    found += [f"told {key} {n}, available {seen.available()[key]}" for key, n in _misled(seen)]
    found += list(_stale(day, seen, doubtful))
    found += list(_wrongly_preempted(seen))
    return found + check_decisions(apart(arrived)[0], seen.decisions)


def _wrongly_planned(day: Day, seen: Published, books: Books) -> Iterator[str]:
    """Claims of which more or less is kept for whole kits than was granted for kits and is still to ship, and kits
    whose components are not kept together."""
    apart_by_order: dict[str, list[dict[str, Decimal]]] = defaultdict(list)
    for (item, reference), row in seen.claims().items():
        planned = {place: Decimal(part) for place, part in json.loads(row.planned_by_location).items()}
        least, most = books.planned.get((item, reference), (ZERO, ZERO))
        if not least <= sum(planned.values(), ZERO) <= most:
            yield f"planned {item} {reference}: {planned}, the oracle says {least} to {most}"
        each = day.boms.get("KIT-2", {}).get(item)
        if each and reference.startswith("KIT-HOLD") and least == most:
            apart_by_order[reference].append({place: part / each for place, part in planned.items()})
    yield from (f"kits of {one} lie apart: {kits}" for one, kits in apart_by_order.items() if kits[1:] != kits[:-1])


def _wrongly_preempted(seen: Published) -> Iterator[str]:
    """Holds that gave way to somebody who was not granted what they had, or to no higher class."""
    granted = {(one.item, one.transaction_key): one for one in seen.decisions if one.granted_quantity}
    classes = {"web": 0, "marketplace": 1, "b2b": 2}
    for one in seen.preemptions:
        loser, winner = granted.get((one.item, one.transaction_key)), granted.get((one.by_item, one.by_transaction_key))
        if one.transaction_key == one.by_transaction_key:  # another item was first to use its key
            if loser is None or one.by_item == one.item:
                yield f"{one} gave way to its own item, having been granted {loser}"
        elif loser is None or winner is None or winner.outcome != "granted":
            yield f"{one} gave way to {winner}, having been granted {loser}"
        elif classes[one.by_channel] >= classes[one.channel]:
            yield f"{one} gave way to a class that is not higher"
    if len({(one.item, one.transaction_key) for one in seen.preemptions}) < len(seen.preemptions):
        yield f"a hold gave way twice: {seen.preemptions}"


def _without_zeros(quantities: Mapping[Any, Decimal]) -> dict[Any, Decimal]:
    return {key: quantity for key, quantity in quantities.items() if quantity}


def _claims(seen: Published, books: Books) -> tuple[dict[Pair, Any], dict[Pair, Any]]:
    ours = {}
    for key, row in seen.claims().items():
        sums = (row.open_quantity, row.allocated_quantity, row.shipped_quantity, row.cancelled_quantity)
        ours[key] = (OracleClaim(*sums), ClaimHead(row.channel, row.expires_at))
    theirs = {key: (claim, books.claim_heads[key]) for key, claim in books.claims.items()}
    emptied = {key for key, (claim, _) in ours.items() if claim == NOTHING and key not in theirs}
    return {key: claim for key, claim in ours.items() if key not in emptied}, theirs


def _inbound(seen: Published, books: Books) -> tuple[dict[Pair, Any], dict[Pair, Any]]:
    """A receipt without an announcement leaves a row of zero, which the oracle does not speak of."""
    ours = {key: (row.open_quantity, row.expected_at, row.location) for key, row in seen.inbound().items()}
    ours = {key: row for key, row in ours.items() if row[0] or key in books.inbound}
    return ours, {key: tuple(one) for key, one in books.inbound.items()}


def _negative(books: Books) -> dict[Pair, Decimal]:
    below = {key: quantity for key, quantity in books.positions.items() if quantity < 0}
    return {(item, "/".join(place)): quantity for (item, *place), quantity in below.items()}


def _outcomes(seen: Published, books: Books) -> tuple[dict[Any, int], dict[Any, int]]:
    ours, theirs = {key: n for key, n in seen.outcomes.items() if n}, dict(books.outcomes)
    if books.contested:
        for counts in (ours, theirs):
            again = counts.pop(("duplicate", ""), 0) + counts.pop(("dead_letter", "conflicting_duplicate"), 0)
            counts["again", ""] = again
    return ours, theirs


def _unknown_since(seen: Published) -> dict[Any, datetime]:
    found = {key: row.unknown_since for key, row in seen.rows[PositionRow].items()}
    alerts = {(item, *place.split("/")) for item, place in seen.alerts("unknown_quantity")}
    return {key: since or START for key, since in found.items() if since or key in alerts}


def _misled(seen: Published) -> list[tuple[Any, int]]:
    """Who was told another figure than the one that may be told."""
    rows, told = seen.rows[AvailabilityRow], seen.told()
    wrong = [(key, quantity) for key, quantity in told.items() if rows[key].available_quantity != quantity]
    untold = [(key, -1) for key, row in rows.items() if row.state != "held" and key not in told]
    return untold + [(key, quantity) for key, quantity in wrong if rows[key].state != "held"]


def _stale(day: Day, seen: Published, doubtful: Mapping[Any, Doubtful]) -> Iterator[str]:
    """Figures and promises that do not follow from the rows that were published beside them, and from doubts."""
    master = master_of(day)
    stock_of = partial(_stock_by_rows, seen)
    rules = Rules(POLICY, master.lots, day.now)
    low_of = partial(_low_stock, stock_of, {key: one for key, one in doubtful.items() if one.floor_at <= day.now})
    for item in sorted({item for item, _ in seen.available()}):
        parts = [part.item for part in day.parts_of(item, Decimal(1), day.now)] or [item]
        outlooks = outlooks_for(item, stock_of, master, rules), outlooks_for(item, low_of, master, rules)
        low = {one.channel: one.figure.quantity for one in offers_for(item, low_of, master, rules)}
        for offer in offers_for(item, stock_of, master, rules):
            channel = offer.channel
            places = POLICY.channels[channel].locations
            here = [one for key, one in doubtful.items() if key[0] in parts and key[1] in places and key[3] == SELLABLE]
            state, row = state_of(here, day.now), seen.rows[AvailabilityRow][item, channel]
            has_floor = any(one.floor_at <= day.now for one in here)
            figure = min(offer.figure.quantity, low[channel]) if has_floor else offer.figure.quantity
            if (row.available_quantity, row.state) != (figure, state):
                yield f"stale {item} {channel}: {row}, by the rows {figure} and {state}"
            for one in outlooks[has_floor][channel].days() if channel in outlooks[0] and state != "held" else ():
                day_row = seen.rows[PromiseRow].get((item, channel, one.day.isoformat()))
                if day_row is None or (day_row.promised_quantity, day_row.projected_quantity) != (
                    one.promised,
                    one.projected,
                ):
                    yield f"stale promise of {item} {channel}: {day_row}, by the rows {one}"


def _low_stock(stock_of: Any, due: Mapping[Any, Doubtful], item: str) -> ItemStock:
    stock: ItemStock = stock_of(item)
    kept = {at: due[item, *at].counts(q) if (item, *at) in due else q for at, q in stock.on_hand.items()}
    return stock._replace(on_hand=kept)


def _stock_by_rows(seen: Published, item: str) -> ItemStock:
    soft: dict[str, Decimal] = defaultdict(Decimal)
    hard: dict[str, Decimal] = defaultdict(Decimal)
    dated: list[DatedClaim] = []
    for claim in (row for row in seen.claims().values() if row.item == item):
        planned = sum(map(Decimal, json.loads(claim.planned_by_location).values()), ZERO)
        left = claim.open_quantity - claim.allocated_quantity - planned
        soft[claim.channel] += left
        parts = [(claim.channel, "", left)]
        placed = [*json.loads(claim.allocated_by_location).items(), *json.loads(claim.planned_by_location).items()]
        for location, quantity in placed:
            hard[location] += Decimal(quantity)
            parts.append(("", location, Decimal(quantity)))
        if claim.scheduled_at is not None:
            dated += [DatedClaim(claim.scheduled_at.date(), *part) for part in parts if part[2]]
    supplies = (row for row in seen.inbound().values() if row.item == item)
    return ItemStock(
        item,
        {key[1:]: quantity for key, quantity in seen.positions().items() if key[0] == item},
        soft,
        hard,
        tuple(Supply(row.location, row.open_quantity, row.expected_at) for row in supplies),
        tuple(dated),
    )
