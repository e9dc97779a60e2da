"""The example company: what is committed is what its generator makes, and it means what it says."""

import csv
import importlib.util
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.master_data import load_master_data
from schemas.policy_spec import load_policy
from schemas.records import Alert, ClaimRow, Decision, Discrepancy, Envelope, PositionRow, StockEvent
from transforms.arrival.format_table import format_of_name
from transforms.canonical.canonical_rules import Canonical, Front, canonicalise
from transforms.canonical.mapping_rules import load_mappings
from transforms.ledger.shard_rules import Shard
from transforms.reasons import REASONS

ROOT = Path(__file__).parents[2]
COMPANY = ROOT / "examples" / "company"
DAY = COMPANY / "day"
GENERATED = ("master/*", "day/*/*", "expected_*.csv")
OUR_OWN = {"reconcile"}  # what the program itself sends when somebody repairs a difference; nobody does on this day
MIDNIGHT = datetime(2026, 3, 3, 8, tzinfo=UTC)  # in the west, where the day ends last

Row = dict[str, str]


@cache
def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_day", COMPANY / "make_day.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _company() -> Any:
    return _generator().make()


@cache
def _front() -> Front:
    master = load_master_data(COMPANY / "master")
    mappings = load_mappings(ROOT / "schemas" / "mappings")
    return Front(mappings, master, load_policy(COMPANY / "policy.yaml", master))


def _rows(name: str) -> list[Row]:
    with (COMPANY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for pattern in GENERATED for path in folder.glob(pattern)
    }


@cache
def _messages() -> list[tuple[str, Any, Envelope]]:
    """Every message of the day: its place, what was said of it when it was written, and as it arrives."""
    found = []
    for file, messages in _company().bag.files().items():
        source, _, name = file.partition("/")
        received_at = datetime.strptime(name.partition("_")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        mapping = _front().mappings.get(source)
        written = (DAY / file).read_bytes()
        payloads = written.splitlines() if name.endswith(".jsonl") else [written]
        assert len(payloads) == len(messages)
        for number, (payload, message) in enumerate(zip(payloads, messages, strict=True), start=1):
            place = f"{file}#{number}" if name.endswith(".jsonl") else file
            form = format_of_name(name, mapping.format if mapping else "")
            form = mapping.format if mapping and name.endswith(".jsonl") else form
            found.append((place, message, Envelope(source, form, received_at, place, place, {}, payload)))
    return found


@cache
def _canonical() -> dict[str, Canonical]:
    return {place: canonicalise(envelope, _front()) for place, _, envelope in _messages()}


def _events() -> list[StockEvent]:
    events = [event for canonical in _canonical().values() for event in canonical.all_events()]
    return sorted(events, key=lambda event: (event.received_at, event.message_id, event.event_index))


@cache
def _records() -> list[Any]:
    shard = Shard(_front().master, _front().policy)
    records: list[Any] = shard.fold([pack(event) for event in _events()], MIDNIGHT).records
    return [*records, *shard.advance(MIDNIGHT + timedelta(hours=2))]


def test_what_is_committed_is_what_the_generator_makes(tmp_path: Path) -> None:
    _generator().write(_company(), tmp_path)
    made, committed = _files(tmp_path), _files(COMPANY)
    assert sorted(made) == sorted(committed)
    assert [name for name in made if made[name] != committed[name]] == []


def test_the_day_has_between_350_and_450_messages() -> None:
    assert 350 <= len(_messages()) <= 450


def test_every_source_but_one_has_a_mapping_and_every_mapping_has_messages() -> None:
    assert {path.name for path in DAY.iterdir()} - _front().mappings.keys() == {"pop-up-store"}
    assert _front().mappings.keys() - {path.name for path in DAY.iterdir()} == OUR_OWN


def test_every_mapped_message_type_occurs() -> None:
    reported = {event.mapping_version.split("@")[0] for event in _events()}
    ignored = {(one.source, one.reason) for canonical in _canonical().values() for one in canonical.ignored}
    unused = [
        f"{mapping.source}/{message.name}"
        for mapping in _front().mappings.values()
        for message in mapping.spec.messages
        if mapping.source not in OUR_OWN
        and f"{mapping.source}/{message.name}" not in reported
        and (mapping.source, message.moves_nothing) not in ignored
    ]
    # EAST takes transfers too, but on this day all of its transfers go out.
    assert unused == ["wms-east/transfer_received"]


def test_bar_codes_have_right_check_digits() -> None:
    for code in (row["code"] for row in _rows("master/item_codes.csv") if row["source"] == "*"):
        digits = [int(digit) for digit in reversed(code)]
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0, code
        assert code[-12:].startswith("614141"), code


def test_variants_of_the_shop_collapse_as_floating_point() -> None:
    listings = [int(row["listing"]) for row in _rows("master/listings.csv") if row["channel"] == "web"]
    assert min(listings) > 2**53
    assert len({float(listing) for listing in listings}) < len(set(listings))


def test_two_materials_differ_in_leading_zeros_only() -> None:
    old = {row["code"]: row["item"] for row in _rows("master/item_codes.csv") if row["source"] == "erp-docs"}
    assert (old["417"], old["00417"]) == ("TAMPER-58", "TAMPER-53")


@pytest.mark.parametrize(
    ("outcome", "reason", "events"),
    [
        ("duplicate", "", 18),
        ("dead_letter", "absurd_quantity", 1),
        ("dead_letter", "bad_quantity", 1),
        ("dead_letter", "bad_time", 1),
        ("dead_letter", "channel_ineligible", 1),
        ("dead_letter", "conflicting_duplicate", 1),
        ("dead_letter", "duplicate_json_key", 1),
        ("dead_letter", "envelope_mismatch", 1),
        ("dead_letter", "forbidden_xml", 1),
        ("dead_letter", "fractional_quantity", 1),
        ("dead_letter", "future_time", 1),
        ("dead_letter", "kit_has_no_stock", 1),
        ("dead_letter", "malformed_change", 1),
        ("dead_letter", "malformed_csv", 1),
        ("dead_letter", "malformed_json", 1),
        ("dead_letter", "malformed_x12", 1),
        ("dead_letter", "malformed_xml", 1),
        ("dead_letter", "missing_key", 1),
        ("dead_letter", "missing_lot", 1),
        ("dead_letter", "missing_quantity", 2),
        ("dead_letter", "negative_quantity", 1),
        ("dead_letter", "no_mapping_matches", 1),
        ("dead_letter", "not_a_number", 1),
        ("dead_letter", "not_text", 1),
        ("dead_letter", "unknown_source", 1),
        ("dead_letter", "unmapped_value", 1),
        ("dead_letter", "unsupported_set", 1),
        ("parked", "unknown_item", 2),
        ("parked", "unknown_listing", 1),
        ("parked", "unknown_location", 2),
        ("parked", "unknown_unit", 2),
    ],
)
def test_the_day_has_this_many(outcome: str, reason: str, events: int) -> None:
    endings = [ending for _, message, _ in _messages() for ending in message.endings]
    assert sum(ending == (outcome, reason) for ending in endings) == events


def test_every_refusal_expected_is_one_that_the_program_knows() -> None:
    expected = {(row["reason"], row["outcome"]) for row in _rows("expected_outcomes.csv") if row["reason"]}
    assert {(reason, REASONS[reason].outcome) for reason, _ in expected} == expected


def _said(message: Any) -> list[tuple[str, str]]:
    """How a message must leave the front: what becomes of its events later is the ledger's to say."""
    later = ("posted", "compared", "duplicate")
    return [
        ("event", "") if outcome in later or reason == "conflicting_duplicate" else (outcome, reason)
        for outcome, reason in message.endings
    ]


def _became(canonical: Canonical) -> Iterator[tuple[str, str]]:
    whole = [one for one in canonical.rejections if one.event_index < 0]
    if whole:
        yield whole[0].outcome, whole[0].reason
    elif not canonical.all_events() and not canonical.rejections:
        yield "ignored", ""
    else:
        refused = {one.event_index: (one.outcome, one.reason) for one in canonical.rejections}
        for index in range(len(canonical.all_events()) + len(refused)):
            yield refused.get(index, ("event", ""))


def test_every_message_leaves_the_front_as_it_was_said_to() -> None:
    wrong = {place: list(_became(_canonical()[place])) for place, message, _ in _messages()}
    assert {place: wrong[place] for place, message, _ in _messages() if wrong[place] != _said(message)} == {}


def test_the_ledger_ends_every_event_as_it_was_said_to() -> None:
    shard = Shard(_front().master, _front().policy)
    ended: Counter[tuple[str, str, str]] = Counter()
    for _, source, outcome, reason, count in (
        (one.level, one.source, one.outcome, one.reason, one[4])
        for one in shard.fold([pack(event) for event in _events()], MIDNIGHT).counts
    ):
        ended[source, outcome, reason] += count
    said = Counter((message.source, *ending) for _, message, _ in _messages() for ending in message.endings)
    ledger = {"posted", "compared", "duplicate"}
    assert ended == {key: n for key, n in said.items() if key[1] in ledger or key[2] == "conflicting_duplicate"}


def test_the_ledger_finds_on_hand_what_the_books_say() -> None:
    found = {row[:4]: row.on_hand_quantity for row in _records() if isinstance(row, PositionRow)}
    expected = {
        (row["item"], row["location"], row["lot"], row["disposition"]): Decimal(row["on_hand_quantity"])
        for row in _rows("expected_positions.csv")
    }
    assert found == expected


def test_the_ledger_finds_claimed_what_the_books_say() -> None:
    last = {(row.item, row.order_reference): row for row in _records() if isinstance(row, ClaimRow)}
    found = {key: (row.channel, row.open_quantity) for key, row in last.items() if row.open_quantity}
    expected = {
        (row["item"], row["order_reference"]): (row["channel"], Decimal(row["open_quantity"]))
        for row in _rows("expected_claims.csv")
    }
    assert found == expected


def test_exactly_one_item_is_oversold() -> None:
    alerts = {(one.kind, one.item): one.quantity for one in _records() if isinstance(one, Alert)}
    assert {key: quantity for key, quantity in alerts.items() if quantity} == {("oversell", "GRINDER-BURR"): 8}


def test_one_request_is_refused_and_the_others_are_granted() -> None:
    decisions = {(one.order_reference, one.item): one.outcome for one in _records() if isinstance(one, Decision)}
    assert decisions == {
        ("B2B-7001", "TUMBLER-450"): "granted",
        ("B2B-7002", "MUG-WHITE"): "granted",
        ("B2B-7002", "PITCHER-600"): "granted",
        ("B2B-7003", "MOKA-3"): "refused",
        ("B2B-7004", "CUP-CAPP"): "granted",
        ("B2B-7005", "KIT-ROAST"): "granted",
    }


def test_these_reports_disagree_and_no_others() -> None:
    last = {one[:7]: one for one in _records() if isinstance(one, Discrepancy)}
    found = sorted(
        (one.cause, one.source, one.item, one.location, one.expected_quantity, one.reported_quantity)
        for one in last.values()
        if one.expected_quantity != one.reported_quantity
    )
    assert found == [
        ("count", "wms-east", "MUG-BLUE", "EAST", 165, 163),
        ("count", "wms-west", "BASKET-18G", "WEST", 251, 253),
        ("count", "wms-west", "MUG-BLACK", "WEST", 98, 97),
        ("not_owner", "erp-db", "CANISTER-VAC", "EAST", 2, 3),
        ("not_owner", "erp-snapshot", "KETTLE-STD", "WEST", 84, 79),
        ("snapshot", "3pl-north", "PRESS-350", "NORTH3PL", 69, 67),
    ]


def test_lots_that_may_not_be_sold_lie_on_the_shelf() -> None:
    status = {(row["item"], row["lot"]): (row["status"], row["expires_on"]) for row in _rows("master/lots.csv")}
    shelved = {
        (row["item"], row["lot"])
        for row in _rows("expected_positions.csv")
        if row["lot"] and row["disposition"] == "sellable" and row["on_hand_quantity"] != "0"
    }
    unsellable = {lot for lot in shelved if status[lot][0] != "released" or status[lot][1] <= "2026-03-02"}
    assert unsellable == {("BEANS-ESPRESSO", "E2508"), ("BEANS-DECAF", "D2601"), ("TABS-CLEAN", "TC-0397")}
