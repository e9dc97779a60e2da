"""A key belongs to the item whose event under it was received first; the books of the others are told so."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest

from schemas.encoding import pack
from schemas.records import KeyTaken, StockEvent
from tests.builders import count, hour, ordered, receipt, requested, shipment
from tests.full_lists import noted
from tests.ledgers import HERE, a_shard, fold, on_hand
from tests.published import Published
from transforms.ledger import key_rules
from transforms.ledger.entry_rules import packed_entry
from transforms.ledger.horizon_rules import forget_before_horizon
from transforms.ledger.key_rules import KEY_SHARDS, KeyGroups, KeyRegistry, first_of, key_shard_of, taken_by

BOLT = receipt(5, at=1, key="k", received_at=9)
NUT = receipt(7, at=2, key="k", received_at=10, item="NUT")
OIL = receipt(3, at=1, key="k", received_at=8, item="OIL")


def told(*groups: Sequence[StockEvent]) -> list[list[str]]:
    """What a registry says after each group."""
    registry = KeyRegistry()
    found = (registry.note([noted(group)]) for group in groups)
    return [[f"{one.item} {one.transaction_key}: {one.first_item}" for one in taken] for taken in found]


@pytest.mark.parametrize(
    ("story", "groups", "expected"),
    [
        ("one item has its key for itself", [[BOLT, BOLT]], [[]]),
        ("the same again, received later and earlier", [[BOLT], [receipt(5, at=1, key="k", received_at=7)]], [[], []]),
        ("keys of their own", [[BOLT, receipt(7, at=2, key="b", item="NUT")]], [[]]),
        ("the second by receipt is told", [[BOLT, NUT]], [["NUT k: BOLT"]]),
        ("in whatever order they come", [[NUT, BOLT]], [["NUT k: BOLT"]]),
        ("it had the key until the first came", [[NUT], [BOLT]], [[], ["NUT k: BOLT"]]),
        ("three of a group, each loser once", [[NUT, BOLT, OIL]], [["BOLT k: OIL", "NUT k: OIL"]]),
        ("only who has the key is told of an earlier one", [[BOLT, NUT], [OIL]], [["NUT k: BOLT"], ["BOLT k: OIL"]]),
        ("who lost it is told again when it comes again", [[BOLT, NUT], [NUT]], [["NUT k: BOLT"], ["NUT k: BOLT"]]),
        (
            "a kit goes by its own name",
            [[receipt(1, at=1, key="k", item="SET", parts=[("BOLT", 2), ("NUT", 3)])]],
            [[]],
        ),
        (
            "a kit and its component are two items",
            [[receipt(1, at=1, key="k", received_at=8, item="SET", parts=[("BOLT", 2)]), BOLT]],
            [["BOLT k: SET"]],
        ),
        (
            "received at one time, the message decides",
            [[BOLT._replace(message_id="b"), BOLT._replace(message_id="a", item="NUT")]],
            [["BOLT k: NUT"]],
        ),
        (
            "in one message, the first line of it",
            [[BOLT._replace(event_index=1), BOLT._replace(event_index=0, item="NUT")]],
            [["BOLT k: NUT"]],
        ),
    ],
)
def test_who_is_told(story: str, groups: list[list[StockEvent]], expected: list[list[str]]) -> None:
    assert told(*groups) == expected, story


def test_a_notice_says_who_was_first_and_by_which_message() -> None:
    (taken,) = KeyRegistry().note([noted([NUT, BOLT])])
    assert taken == KeyTaken("NUT", "k", hour(9), "message of k", 0, "BOLT")
    assert taken_by(taken) == first_of(BOLT)


def test_what_was_dumped_is_known_again() -> None:
    registry, again = KeyRegistry(), KeyRegistry()
    registry.note([noted([BOLT, receipt(1, at=1, key="b", item="NUT")])])
    again.note([registry.dump()])
    assert again.firsts == registry.firsts
    assert [one.item for one in again.note([noted([NUT])])] == ["NUT"]


def test_keys_are_forgotten_after_the_window_and_beyond_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = KeyRegistry()
    registry.forget(timedelta(days=1))
    registry.note([noted([receipt(1, at=at, key=str(at), received_at=at) for at in (0, 24, 47, 48)])])
    registry.forget(timedelta(days=1))
    assert list(registry.firsts) == ["24", "47", "48"]
    monkeypatch.setattr(key_rules, "KEYS_MAX", 2)
    registry.forget(timedelta(days=1))
    assert list(registry.firsts) == ["47", "48"]


def test_a_bundle_says_it_by_shard_in_groups_that_are_not_too_large() -> None:
    groups = KeyGroups(fields_max=10)
    assert groups.add(BOLT) == ()
    (full,) = groups.add(NUT)
    assert full == (key_shard_of("k"), noted([BOLT, NUT]))
    assert list(groups.rest()) == []
    groups.add(OIL)
    assert list(groups.rest()) == [(key_shard_of("k"), noted([OIL]))]
    assert {key_shard_of(str(number)) for number in range(200)} == set(range(KEY_SHARDS))


# What the books do with it


def arriving(events: Sequence[StockEvent], *, at_once: bool) -> Published:
    """Each event in a group of its own, what the registry says with the next group or with this one."""
    shard, registry, seen = a_shard(), KeyRegistry(), Published()
    waiting: list[KeyTaken] = []
    for event in events:
        taken = registry.note([noted([event])])
        now, waiting = (taken, []) if at_once else (waiting, taken)
        seen.take(shard.fold([*map(packed_entry, now), pack(event)], hour(24)))
        shard.check_conservation()
    seen.take(shard.fold(map(packed_entry, waiting), hour(24)))
    shard.check_conservation()
    assert seen.went_back == []
    return seen


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("events", permutations([BOLT, NUT, OIL, NUT]))
def test_the_first_by_receipt_stays_whatever_comes_first(events: Sequence[StockEvent], *, at_once: bool) -> None:
    seen = arriving(events, at_once=at_once)
    assert {key[0]: int(quantity) for key, quantity in seen.positions().items()} == {"OIL": 3}
    assert seen.outcomes["posted", ""] == 1
    assert sum(seen.outcomes.values()) == 4


def test_a_dead_letter_names_key_message_item_and_the_one_expected() -> None:
    (rejection,) = arriving([NUT, BOLT], at_once=False).rejections
    assert (rejection.source, rejection.message_id, rejection.reason) == (
        "wms",
        "message of k",
        "conflicting_duplicate",
    )
    assert rejection.message == (
        "key k was already used by message message of k for another item: item NUT (expected: BOLT)"
    )


def test_a_count_that_loses_its_key_gives_the_position_back() -> None:
    counted = count(2, at=3, key="k", received_at=12)
    shard = a_shard()
    fold(shard, receipt(5, at=1), counted)
    assert on_hand(shard.books) == {"": 2}
    taken = KeyTaken("BOLT", "k", hour(1), "m", 0, "NUT")
    shard.fold([packed_entry(taken)], hour(24))
    assert on_hand(shard.books) == {"": 5}
    assert shard.books["BOLT"].cells[HERE].counts == []


def test_a_request_that_was_granted_gives_back_and_is_not_decided_twice() -> None:
    """Its answer stands, and the view `preemption` says why it has nothing; received earlier, it gets no other."""
    shard, seen = a_shard(), Published()
    asked = requested(4, at=2, key="k", received_at=10)
    seen.take(shard.fold([pack(receipt(5, at=1)), pack(asked)], hour(11)))
    assert seen.available()["BOLT", "web"] == 1
    seen.take(shard.fold([packed_entry(KeyTaken("BOLT", "k", hour(9), "m", 0, "NUT"))], hour(12)))
    assert seen.available()["BOLT", "web"] == 5
    assert [(one.preempted_quantity, one.by_item) for one in seen.preemptions] == [(4, "NUT")]
    seen.take(shard.fold([pack(asked._replace(received_at=hour(8), message_id="earlier"))], hour(13)))
    assert [one.outcome for one in seen.decisions] == ["granted"]
    assert seen.available()["BOLT", "web"] == 5
    assert +seen.outcomes == {("posted", ""): 2, ("dead_letter", "conflicting_duplicate"): 1}


@pytest.mark.parametrize("seed", range(60))
def test_a_request_contradicted_within_its_item_leaves_its_key_to_one_item_whenever_it_is_told(seed: int) -> None:
    """The item that was first by receipt has it, though the message that was first is refused: a decision stays."""
    stays = requested(4, at=2, key="k", received_at=10)
    refused = requested(3, at=2, key="k", received_at=8, message_id="contradicts")
    other = requested(2, at=2, key="k", received_at=9, item="NUT", order_reference="SO-2")
    random, shard, registry, seen = Random(seed), a_shard(), KeyRegistry(), Published()
    groups = [[pack(receipt(5, at=1)), pack(receipt(5, at=1, key="n", item="NUT"))], *([] for _ in range(6))]
    events = [stays, *random.sample([refused, other], 2)]
    for number, event in enumerate(events, start=1):
        groups[number].append(pack(event))
        for taken in registry.note([noted([event])]):
            groups[random.randint(number, 6)].append(packed_entry(taken))
    for group in groups:
        seen.take(shard.fold(group, hour(24)))
        shard.check_conservation()
    assert {item for item, books in shard.books.items() if "k" in books.entries} == {"BOLT"}
    assert +seen.outcomes == {("posted", ""): 3, ("dead_letter", "conflicting_duplicate"): 2}
    assert [one.item for one in seen.decisions if one.item == "BOLT"] == ["BOLT"]


def test_a_kit_that_loses_its_key_gives_back_every_component() -> None:
    shard = a_shard()
    sold = ordered(2, at=2, key="k", received_at=9, item="SET", parts=[("BOLT", 4), ("NUT", 6)])
    seen = fold(shard, receipt(9, at=1), receipt(9, at=1, item="NUT"), sold)
    assert {key: int(row.open_quantity) for key, row in seen.claims().items()} == {
        ("BOLT", "SO-1"): 4,
        ("NUT", "SO-1"): 6,
    }
    seen.take(shard.fold([packed_entry(KeyTaken("SET", "k", hour(8), "m", 0, "OIL"))], hour(24)))
    assert {key: int(row.open_quantity) for key, row in seen.claims().items()} == {
        ("BOLT", "SO-1"): 0,
        ("NUT", "SO-1"): 0,
    }


def test_what_the_history_no_longer_holds_stays_and_the_key_is_forgotten_too() -> None:
    shard = a_shard(limits={"history_days": 1})
    fold(shard, receipt(5, at=1, key="k", received_at=9), shipment(1, at=48))
    shard.fold([packed_entry(KeyTaken("BOLT", "k", hour(8), "m", 0, "NUT"))], hour(50))
    assert on_hand(shard.books) == {"": 4}
    shard.fold([packed_entry(KeyTaken("BOLT", "late", hour(50), "m", 0, "NUT"))], hour(50))
    forget_before_horizon(shard.books, shard.rules)
    assert list(shard.books["BOLT"].taken) == ["late"]
