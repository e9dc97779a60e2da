"""Mutation table: one wrong letter for each rule that matters, and the tests that must not let it pass.

`benchmarks/mutations.py` tries them all; `docs/mutations.md` shows them. A rule that is added belongs in here.
"""

from typing import NamedTuple

LEDGER = "transforms/ledger"
OFFERS = "transforms/offers"
INVARIANTS = "tests/test_invariants.py"
PROOF = "tests/benchmarks/test_proof.py"
FAILED_BUNDLES = "tests/transforms/ledger/test_failed_bundles.py"
LAST_UNITS = "tests/transforms/offers/test_last_units.py"


class Mutation(NamedTuple):
    """One change that makes a rule wrong; each of the tests has to fail on it by itself."""

    name: str
    file: str
    old: str  # found exactly once
    new: str
    tests: tuple[str, ...]


def _ledger(name: str, module: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(name, f"{LEDGER}/{module}.py", old, new, (f"tests/{LEDGER}/test_{module}.py", *tests))


def _offers(name: str, module: str, old: str, new: str, *tests: str) -> Mutation:
    return Mutation(name, f"{OFFERS}/{module}.py", old, new, tests or (LAST_UNITS,))


def _canonical(name: str, module: str, old: str, new: str) -> Mutation:
    file = f"transforms/canonical/{module}.py"
    return Mutation(name, file, old, new, (f"tests/transforms/canonical/test_{module}.py",))


MUTATIONS = (
    _ledger(
        "a receipt takes from its supplier with the wrong sign",
        "effects",
        "ledger.transfer(SUPPLIER, -change)",
        "ledger.transfer(SUPPLIER, change)",
        INVARIANTS,
    ),
    _ledger(
        "a change of disposition takes away at both ends",
        "effects",
        "_move(ledger, event, event.to_disposition, change, sign)",
        "_move(ledger, event, event.to_disposition, -change, sign)",
        INVARIANTS,
    ),
    _ledger(
        "a count leaves out the movement of its own sequence",
        "position_rules",
        "ordered and move.sequence > self.sequence",
        "ordered and move.sequence >= self.sequence",
        INVARIANTS,
    ),
    _ledger(
        "sequences of different sources are compared",
        "position_rules",
        "self.sequence is not None and move.source == self.source",
        "self.sequence is not None",
    ),
    _ledger(
        "a movement at the moment of the last count comes on top of it",
        "position_rules",
        "if move.occurred_at != self.occurred_at:\n            return move.occurred_at < self.occurred_at\n",
        "return move.occurred_at < self.occurred_at\n",
        INVARIANTS,
    ),
    _ledger(
        "a hold lasts one moment longer than it says",
        "claim_rules",
        "expires_at is not None and expires_at <= now",
        "expires_at is not None and expires_at < now",
    ),
    _ledger(
        "an order is added to the hold that it takes over",
        "claim_rules",
        "max(self.recorded, self.hold_at(now)) if self.granted",
        "self.recorded + self.hold_at(now) if self.granted",
        INVARIANTS,
    ),
    _ledger(
        "more is promised from locations than is open",
        "claim_rules",
        "placed[location] = min(wanted, left)",
        "placed[location] = wanted",
        INVARIANTS,
    ),
    _ledger(
        "what was received is still expected",
        "claim_rules",
        "self.announced - self.cancelled - self.received",
        "self.announced - self.cancelled",
        INVARIANTS,
    ),
    _ledger(
        "the event that was received last wins a conflict",
        "ledger_rules",
        "(first.received_at, first.message_id) <= (event.received_at, event.message_id)",
        "(first.received_at, first.message_id) >= (event.received_at, event.message_id)",
        INVARIANTS,
    ),
    _ledger(
        "a contradiction in anything but the quantity passes as a repeat",
        "ledger_rules",
        "if content(first) == content(event):",
        "if first.quantity == event.quantity:",
        INVARIANTS,
    ),
    _ledger(
        "an event at the horizon itself is too old",
        "ledger_rules",
        "event.occurred_at < limit:",
        "event.occurred_at <= limit:",
    ),
    _ledger(
        "books in memory are used whatever the token in state",
        "live_shards",
        "live is None or not token or live.token != token",
        "live is None or not token",
        FAILED_BUNDLES,
        INVARIANTS,
        PROOF,
    ),
    Mutation(
        "a journal is read in the order in which the bag gives it",
        f"{LEDGER}/live_shards.py",
        'sorted((Journal(*unpack(one)) for one in entries), key=attrgetter("number"))',
        "[Journal(*unpack(one)) for one in entries]",
        (FAILED_BUNDLES, INVARIANTS),
    ),
    _ledger(
        "a hold of an equal class gives way",
        "hold_rules",
        "rank_of.get(hold.channel, lowest) > rank]",
        "rank_of.get(hold.channel, lowest) >= rank]",
    ),
    _ledger(
        "a hold that an order backs gives way",
        "hold_rules",
        "if claim.recorded or claim.allocated or claim.shipped:",
        "if claim.allocated or claim.shipped:",
    ),
    _ledger(
        "an order of a kit goes by the bill of its last request",
        "bill_rules",
        "return order.claimed[0][0] if order is not None",
        "return order.claimed[-1][0] if order is not None",
    ),
    _ledger(
        "what an order still owes is forgotten",
        "horizon_rules",
        "for key, at in over.items() if sums[key].has_remainder()}",
        "for key, at in over.items() if False}",
        "tests/test_remainders.py",
    ),
    _ledger(
        "a confirmation is late a moment after its time",
        "confirmation_rules",
        "one.occurred_at + confirm[location] <= now",
        "one.occurred_at + confirm[location] < now",
    ),
    Mutation(
        "the components of a granted kit are claimed anywhere",
        f"{LEDGER}/decision_rules.py",
        "grant._replace(places=tuple(places.items()))",
        "grant",
        (f"tests/{LEDGER}/test_kit_places.py",),
    ),
    _ledger(
        "decisions are taken again when a journal is read",
        "live_shards",
        "{(item, key): quantity for item, key, quantity, _ in rows}",
        "{}",
    ),
    Mutation(
        "books stay within reach while a bundle changes them",
        f"{LEDGER}/streamed_shards.py",
        "        self.live.drop(key)\n",
        "",
        (FAILED_BUNDLES, PROOF),
    ),
    _ledger(
        "a channel is told the same again",
        "offer_rows",
        "ledger.published[channel] = update.quantity",
        "ledger.published.pop(channel, None)",
    ),
    _ledger(
        "an oversell is seen only where nothing is left at all",
        "changed_rows",
        "max(ZERO, claimed - sellable)",
        "ZERO if sellable > 0 else claimed - sellable",
        INVARIANTS,
    ),
    _offers(
        "a figure is rounded up to whole sell units",
        "channel_rules",
        "(left / listing.sell_factor).to_integral_value(ROUND_FLOOR)",
        '(left / listing.sell_factor).to_integral_value("ROUND_CEILING")',
    ),
    _offers(
        "a figure at the publish threshold is not told",
        "channel_rules",
        "ZERO if quantity < policy.publish_threshold",
        "ZERO if quantity <= policy.publish_threshold",
    ),
    _offers(
        "a share is rounded up",
        "allocation_rules",
        "/ HUNDRED).to_integral_value(ROUND_FLOOR)",
        '/ HUNDRED).to_integral_value("ROUND_CEILING")',
    ),
    _offers(
        "an exclusive pool forgets what the ones before it took",
        "allocation_rules",
        "taken[place] = taken.get(place, ZERO) + drawn",
        "taken[place] = drawn",
    ),
    _offers(
        "a channel is cut by what is protected for itself",
        "allocation_rules",
        "(other.pool.rank or 0) < rank",
        "(other.pool.rank or 0) <= rank",
    ),
    _offers(
        "a shortage at one location takes from another",
        "free_rules",
        "by_location[location] = max(ZERO, left)",
        "by_location[location] = left",
    ),
    _offers(
        "a lot is not sold on its last day",
        "availability_rules",
        "on.toordinal() <= last",
        "on.toordinal() < last",
        LAST_UNITS,
        "tests/transforms/offers/test_lot_rules.py",
    ),
    _offers(
        "supply of today is late already",
        "availability_rules",
        "return day if day >= today else None",
        "return day if day > today else None",
    ),
    _offers(
        "the last unit is granted to nobody",
        "offer_rules",
        "if available >= event.quantity:",
        "if available > event.quantity:",
    ),
    _offers(
        "a kit may be sold when one component is nearly enough",
        "kit_offers",
        "(quantity / each).to_integral_value(ROUND_FLOOR)",
        '(quantity / each).to_integral_value("ROUND_CEILING")',
    ),
    _offers(
        "a signal comes back as soon as its threshold is crossed",
        "signal_rules",
        "rising = 0 if last is None else thresholds.hysteresis",
        "rising = 0",
        "tests/transforms/offers/test_signal_rules.py",
    ),
    Mutation(
        "a location ships parts of a kit",
        "transforms/kits/kit_rules.py",
        "units // quantity for place",
        "units / quantity for place",
        ("tests/transforms/kits/test_kit_rules.py",),
    ),
    Mutation(
        "a bill of materials holds on the day after its last",
        "transforms/kits/kit_rules.py",
        "bom.effective_to is not None and bom.effective_to <= at",
        "bom.effective_to is not None and bom.effective_to < at",
        ("tests/transforms/kits/test_kit_rules.py",),
    ),
    _canonical(
        "equal quantities look different",
        "quantities",
        "normal.quantize(Decimal(1), context=_EXACT) if exponent > 0 else normal",
        "normal",
    ),
    _canonical(
        "a case counts as one",
        "check_quantity",
        "quantity = plain(quantity * factor)",
        "quantity = plain(quantity)",
    ),
    _canonical(
        "what may only be added may be taken away",
        "check_quantity",
        "if quantity < _ZERO and not rule.negative:",
        "if quantity < _ZERO and rule.zero:",
    ),
)
