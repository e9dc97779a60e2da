"""What names something unknown waits; it leaves once, as soon as it can, or says why it never will."""

from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from schemas.master_data import MasterData
from schemas.records import Rejection, Settlement
from tests.schemas.small_company import TABLES, company, more
from tests.transforms.canonical.parked import LIMITS, MASTER, WITH_NORTH, at, counts, refused, rules
from tests.transforms.canonical.reported import ordered, reported
from transforms.canonical.parking_rules import Moved, Tally, Waiting, admit, dump_lot, is_due, load_lot, look_again

LOCATION = "location:wms-east:NORTH"


def admitted(*rejections: Rejection, master: MasterData = MASTER, tally: Tally | None = None) -> Moved:
    return admit(rejections, tally or Tally(), rules(master), LIMITS, at(0))


def after(lot: list[Waiting], master: MasterData, hours: float = 1) -> Moved:
    return look_again(lot, rules(master), LIMITS, at(hours))


def settled(moved: Moved) -> list[tuple[str, str]]:
    return [(one.reason, one.settled_as) for one in moved.records if isinstance(one, Settlement)]


def test_an_event_waits_under_the_key_that_is_missing() -> None:
    moved = admitted(refused())
    assert (moved.events, moved.counts) == ([], [])
    assert moved.tally == Tally(MASTER.version, at(0), {LOCATION: 1})
    assert settled(moved) == [("unknown_location", "")]


def test_it_is_released_when_the_mapping_arrives_and_the_parked_count_goes_down() -> None:
    moved = after(admitted(refused()).kept, WITH_NORTH)
    assert [(event.location, event.quantity) for event in moved.events] == [("NORTH", Decimal(2))]
    assert counts(moved) == {("parked", "unknown_location"): -1}
    assert settled(moved) == [("unknown_location", "released")]
    assert (moved.kept, moved.tally) == ([], Tally(WITH_NORTH.version, None, {}))


def test_it_does_not_wait_where_the_mapping_was_quicker() -> None:
    moved = admitted(refused(), master=WITH_NORTH)
    assert len(moved.events) == 1
    assert settled(moved) == [("unknown_location", ""), ("unknown_location", "released")]


def test_another_version_that_does_not_help_changes_nothing() -> None:
    kept = admitted(refused()).kept
    moved = after(kept, company(**more("locations", location="SOUTH")))
    assert (moved.events, moved.records, moved.counts) == ([], [], [])
    assert moved.kept == kept


def test_an_event_with_two_unknowns_waits_for_both() -> None:
    lot = admitted(refused(item_code="LAMP")).kept
    with_lamp = company(items=[*TABLES["items"], {"item": "LAMP", "base_unit": "each"}])
    first = after(lot, with_lamp)
    assert (first.events, settled(first)) == ([], [("unknown_item", "waits_for_more")])
    assert counts(first) == {("parked", "unknown_item"): -1, ("parked", "unknown_location"): 1}
    assert first.tally.waiting == {LOCATION: 1}
    both = {"items": [*TABLES["items"], {"item": "LAMP", "base_unit": "each"}], **more("locations", location="NORTH")}
    second = after(first.kept, company(**both))
    assert [event.item for event in second.events] == ["LAMP"]
    assert counts(second) == {("parked", "unknown_location"): -1}


@pytest.mark.parametrize(
    ("rejection", "table", "row"),
    [
        (refused(item_code="9", location_code="EAST"), "item_codes", "source * code 9 item MUG"),
        (refused(location_code="DC9"), "location_codes", "source * code DC9 location WEST"),
        (refused(unit_code="DZ", location_code="DC1"), "unit_codes", "code DZ unit case"),
        (refused(ordered(item_code="BEANS")), "listings", "channel web listing W-B item BEANS"),
        (refused(ordered(channel="fair", item_code="MUG")), "channels", "channel fair"),
    ],
    ids=["an item", "a location", "a unit", "a listing", "a channel"],
)
def test_whatever_can_be_unknown_is_released(rejection: Rejection, table: str, row: str) -> None:
    words = row.split()
    added = more(table, **dict(zip(words[::2], words[1::2], strict=True)))
    if table == "channels":
        added |= more("listings", channel="fair", listing="F-MUG", item="MUG")
    moved = after(admitted(rejection).kept, company(**added))
    assert len(moved.events) == 1


def test_what_turns_out_wrong_is_a_dead_letter_once_all_it_names_is_known() -> None:
    moved = after(admitted(refused(quantity="0.5")).kept, WITH_NORTH)
    assert counts(moved) == {("parked", "unknown_location"): -1, ("dead_letter", "fractional_quantity"): 1}
    assert settled(moved) == [("unknown_location", "dead_letter")]


def test_it_waits_so_long_and_no_longer() -> None:
    lot = admitted(refused()).kept
    assert len(after(lot, MASTER, hours=71.9).kept) == 1
    moved = after(lot, MASTER, hours=72)
    assert counts(moved) == {("parked", "unknown_location"): -1, ("dead_letter", "parked_too_long"): 1}
    (dead,) = [one for one in moved.records if isinstance(one, Rejection)]
    assert (dead.outcome, dead.stage) == ("dead_letter", "park")
    assert dead.message.startswith("waited since 2026-03-02T12:00:00+00:00, expected at most 3 days, 0:00:00: ")


def test_what_comes_again_is_kept_once_and_released_as_often_as_it_came() -> None:
    lot = load_lot([dump_lot(admitted(refused(), refused()).kept), dump_lot(admitted(refused()).kept)])
    again = after(lot, MASTER)
    assert [one.times for one in again.kept] == [3]
    released = after(again.kept, WITH_NORTH)
    assert len(released.events) == 3
    assert counts(released) == {("parked", "unknown_location"): -3}


@pytest.mark.parametrize(("most", "refusals"), [({"per_key": 2}, 1), ({"per_lot": 1}, 2), ({}, 0)])
def test_there_is_room_for_so_many_and_no_more(most: dict[str, int], refusals: int) -> None:
    three = [refused(transaction_key=f"K{number}") for number in range(3)]
    moved = admit(three, Tally(), rules(MASTER), LIMITS._replace(**most), at(0))
    assert len(moved.kept) == 3 - refusals
    assert counts(moved).get(("dead_letter", "parking_full"), 0) == refusals


def test_a_lot_is_read_only_for_another_version_or_an_old_entry() -> None:
    tally = admitted(refused()).tally
    assert not is_due(tally, MASTER.version, LIMITS, at(1))
    assert is_due(tally, WITH_NORTH.version, LIMITS, at(1))
    assert is_due(tally, MASTER.version, LIMITS, at(72))
    assert not is_due(Tally(), WITH_NORTH.version, LIMITS, at(99))


def test_a_worker_that_is_behind_does_not_hide_that_a_lot_must_be_looked_at() -> None:
    """One worker has seen v2 already and another, still at v1, takes an event in: v2 has to look at it."""
    ahead = admitted(refused(location_code="SOUTH"), master=WITH_NORTH)
    behind = admitted(refused(), tally=ahead.tally)
    assert is_due(behind.tally, WITH_NORTH.version, LIMITS, at(1))


@pytest.mark.parametrize("seed", range(50))
def test_everything_leaves_exactly_once_whatever_the_order_of_events_and_versions(seed: int) -> None:
    random = Random(seed)
    places = ["NORTH", "SOUTH", "NOWHERE"]
    events = [refused(location_code=random.choice(places), transaction_key=f"K{number}") for number in range(12)]
    arriving = events + random.choices(events, k=4)
    random.shuffle(arriving)
    versions = [MASTER, knowing("NORTH"), knowing("NORTH", "SOUTH")]
    lot: list[bytes] = []
    tally, balance, released = Tally(), Counter[str](parked=len(arriving)), Counter[str]()
    for number, rejection in enumerate(arriving):
        master = versions[min(2, number * 3 // len(arriving))]
        moved = admit([rejection], tally, rules(master), LIMITS, at(number / 10))
        lot.append(dump_lot(moved.kept))
        released.update(event.transaction_key for event in moved.events)
        balance.update({one.outcome: one.total for one in moved.counts})
        tally = moved.tally
        if random.random() < 0.4:
            moved = look_again(load_lot(lot), rules(master), LIMITS, at(number / 10))
            lot, tally = [dump_lot(moved.kept)], moved.tally
            released.update(event.transaction_key for event in moved.events)
            balance.update({one.outcome: one.total for one in moved.counts})
    last = look_again(load_lot(lot), rules(versions[2]), LIMITS, at(2))
    released.update(event.transaction_key for event in last.events)
    balance.update({one.outcome: one.total for one in last.counts})
    expected = Counter(one.transaction_key for one in arriving if reported_place(one) != "NOWHERE")
    assert released == expected
    assert balance["parked"] == sum(one.times for one in last.kept) == len(arriving) - sum(expected.values())


def knowing(*places: str) -> MasterData:
    return company(locations=[*TABLES["locations"], *({"location": place} for place in places)])


def reported_place(rejection: Rejection) -> str:
    return rejection.missing_key.rpartition(":")[2]


def test_an_event_that_is_right_never_gets_here() -> None:
    with pytest.raises(AssertionError):
        refused(reported())
