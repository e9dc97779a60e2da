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


def _guard(name: str, module: str, old: str, new: str, test: str = "") -> Mutation:
    file = f"transforms/guard/{module}.py"
    return Mutation(name, file, old, new, (f"tests/transforms/guard/test_{test or module}.py",))


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
        "if token and kept_under == token",
        "if token",
        FAILED_BUNDLES,
        INVARIANTS,
        PROOF,
    ),
    Mutation(
        "a journal is read in the order in which the bag gives it",
        f"{LEDGER}/live_shards.py",
        'sorted((Journal(*unpack(unsqueeze_if(one))) for one in entries), key=attrgetter("number"))',
        "[Journal(*unpack(unsqueeze_if(one))) for one in entries]",
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
        f"{LEDGER}/live_shards.py",
        'self.by_key.pop(key, (b"", None))',
        'self.by_key.get(key, (b"", None))',
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
        "if claimed > sellable:",
        "if claimed > sellable <= 0:",
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
    _canonical(
        "a source that was reset finds its old keys taken",
        "check_rules",
        "if event.source in master.epochs:",
        "if not master.epochs:",
    ),
    Mutation(
        "a count of null is a count of zero",
        "transforms/canonical/event_templates.py",
        "row[KIND], row[QUANTITY] = UNKNOWN, ZERO",
        "row[QUANTITY] = ZERO",
        ("tests/transforms/canonical/test_mapping_rules.py", "tests/test_traps.py"),
    ),
    Mutation(
        "a shipment of null is an unknown count",
        "transforms/canonical/event_templates.py",
        "            if row[KIND] not in COUNT_KINDS:\n                return self.problem(context)\n",
        "",
        ("tests/transforms/canonical/test_mapping_rules.py",),
    ),
    _guard(
        "a snapshot may empty all of a location",
        "whole_rules",
        "if gone > rules.zero_share_max * positions:",
        "if gone > positions:",
    ),
    _guard(
        "a snapshot may move as much as it wants",
        "whole_rules",
        "if moved > rules.move_share_max * lay:",
        "if moved < rules.move_share_max * lay and not lay:",
    ),
    _guard(
        "a part that is missing is not missed",
        "whole_rules",
        "if numbers < parts:",
        "if numbers > parts:",
    ),
    _guard(
        "a line that is missing is not missed",
        "whole_rules",
        'lines are there" if there < announced else',
        'lines are there" if there > announced else',
    ),
    _guard(
        "a control total is not looked at",
        "whole_rules",
        "if totals and totals != {self.total} and not self.refused:",
        "if totals and not totals:",
    ),
    _guard(
        "a line without a quantity empties its place",
        "table_rules",
        "if not line.is_known:",
        "if line.is_known is None:",
        "whole_rules",
    ),
    _guard(
        "what a refused line may have said is zero",
        "going_rules",
        "closes = approved or not whole.refused",
        "closes = True",
    ),
    _ledger(
        "a line that comes late does not take its zero back",
        "snapshot_rules",
        'named = any(one.kind == "snapshot" and not _is_ours(one) for one in of_it)',
        "named = False",
        INVARIANTS,
    ),
    _ledger(
        "of two snapshots of one time the last to arrive stays",
        "snapshot_rules",
        "first = min(known, closed, key=lambda one: one.transaction_key)",
        "first = closed",
        INVARIANTS,
    ),
    Mutation(
        "a figure that a snapshot says again does not end what is unknown",
        f"{LEDGER}/carry_rules.py",
        "return moves > 0 or unknown or any(",
        "return moves > 0 or any(",
        ("tests/test_snapshot_days.py",),
    ),
    _ledger(
        "what is unknown stays so whatever its owner says later",
        "unknown_rules",
        "if last is None or one[:4] > last), None)",
        "), None)",
        INVARIANTS,
    ),
    _ledger(
        "whoever says once more that nobody knows has more time",
        "unknown_rules",
        "return next((one for one in unknowns if last is None or one[:4] > last), None)",
        "return max((one for one in unknowns if last is None or one[:4] > last), default=None)",
        INVARIANTS,
    ),
    _ledger(
        "a feed is silent a moment after its time",
        "hearing_rules",
        "(since := silent_from(feed, heard_at)) <= now:",
        "(since := silent_from(feed, heard_at)) < now:",
        "tests/test_unknown.py",
    ),
    _ledger(
        "an old message that comes late makes its source silent",
        "hearing_rules",
        "if before is None or before < notice.received_at:",
        "if notice.received_at:",
        INVARIANTS,
    ),
    Mutation(
        "a place that nobody means any more can be in doubt",
        f"{LEDGER}/hearing_rules.py",
        "if _is_known(cell))",
        "if cell is not None)",
        (f"tests/{LEDGER}/test_hearing_rules.py",),
    ),
    Mutation(
        "a worker that takes over does not know who was heard",
        f"{LEDGER}/live_shards.py",
        "shard.hearing = Hearing(load_hearing(snapshot) if snapshot else NOTHING_HEARD)",
        "shard.hearing = Hearing(NOTHING_HEARD)",
        ("tests/test_unknown.py", INVARIANTS),
    ),
    Mutation(
        "a held figure is told",
        f"{OFFERS}/doubt_rules.py",
        "return offer.state == HELD and not (",
        "return offer.state is None and not (",
        ("tests/test_unknown.py",),
    ),
    Mutation(
        "a floor is not due at its moment",
        f"{OFFERS}/doubt_rules.py",
        "held = [why for floor_at, why in ours if floor_at > rules.as_of]",
        "held = [why for floor_at, why in ours if floor_at >= rules.as_of]",
        ("tests/transforms/offers/test_doubt_rules.py",),
    ),
    Mutation(
        "a doubt about stock that a channel cannot sell holds it too",
        f"{OFFERS}/doubt_rules.py",
        "if where[0] in channel.locations and where[2] in dispositions})",
        "if where[0] in channel.locations})",
        ("tests/transforms/offers/test_doubt_rules.py",),
    ),
    Mutation(
        "a floor is more than there was",
        "schemas/policy_parts.py",
        "return min(last_known, last_known * self.share if",
        "return max(last_known, last_known * self.share if",
        ("tests/schemas/test_policy_parts.py", "tests/test_unknown.py"),
    ),
    _guard(
        "a silence is alerted again and again",
        "feed_rules",
        "if silent != state.silent:",
        "if silent:",
    ),
    _guard(
        "the last message before a silence is never passed on",
        "feed_rules",
        "min([*moments, *([waits_until] if is_new else [])], default=None)",
        "min(moments, default=None)",
    ),
)
