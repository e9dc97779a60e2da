"""A complete snapshot goes on whole or is held; what is held is counted, named, approved, and never lost."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations

from schemas.records import Alert, Rejection, Settlement, SnapshotPart
from tests.builders import hour
from tests.transforms.guard.full import LIST, part, rules
from transforms.guard.guard_state import NOTHING, State, dump_head, dump_part, dump_tables, load_head, load_parts
from transforms.guard.snapshot_rules import PENDING_MAX, Guarded, guard
from transforms.guard.table_rules import tables_of
from transforms.guard.whole_rules import Rules

NOW = hour(24)
NEXT = "wms:stock:L2"


def taken(
    state: State, *parts: SnapshotPart, by: Rules | None = None, is_all: bool = False, now: datetime = NOW
) -> Guarded:
    """One step, with what is kept gone through bytes."""
    kept = [dump_part(one) for its in state.parts.values() for one in its]
    read = State(load_head(dump_head(state.head)), load_parts(kept), tables_of(dump_tables(state.tables)))
    return guard(read, parts, by or rules(), now, is_all=is_all)


def quantities(guarded: Guarded) -> dict[str, int]:
    return {event.item: int(event.quantity) for event in guarded.events}


def ended(*steps: Guarded) -> dict[str, int]:
    found: Counter[str] = Counter()
    for step in steps:
        found.update({count.outcome: 0 for count in step.counts})
        for count in step.counts:
            found[count.outcome] += count.total
    return {outcome: total for outcome, total in found.items() if total}


def alerts(guarded: Guarded) -> list[tuple[str, int]]:
    return [(one.message, int(one.quantity)) for one in guarded.records if isinstance(one, Alert)]


def test_one_of_several_locations_that_would_be_empty_holds_all_of_it() -> None:
    guarded = taken(NOTHING, part(5, 7, locations=("EAST", "WEST")))
    assert (guarded.events, guarded.closed, ended(guarded)) == ([], [], {"parked": 2})
    approved = taken(guarded.state, by=rules(LIST))
    assert [one.transaction_key for one in approved.closed] == [f"{LIST}@EAST", f"{LIST}@WEST"]


def test_a_whole_snapshot_of_one_location_goes_on() -> None:
    guarded = taken(NOTHING, part(5, 7))
    assert quantities(guarded) == {"SKU-0": 5, "SKU-1": 7}
    assert [(one.transaction_key, one.location, one.occurred_at) for one in guarded.closed] == [
        (f"{LIST}@EAST", "EAST", hour(1))
    ]
    assert (ended(guarded), guarded.records) == ({}, [])


def test_pages_go_on_together_in_any_order_however_often_they_come() -> None:
    pages = [part(5, part="1", parts_announced=2), part(7, first=1, part="2", parts_announced=2)]
    for order in permutations([*pages, pages[0]]):
        state, steps = NOTHING, []
        for page in order:
            steps.append(taken(state, page))
            state = steps[-1].state
        assert sorted(event.item for step in steps for event in step.events) == ["SKU-0", "SKU-0", "SKU-1"]
        assert sum(len(step.closed) for step in steps) == 1
        assert ended(*steps) == {}
        assert not state.head.pending


def test_what_is_cut_off_is_held_and_says_what_to_do() -> None:
    guarded = taken(NOTHING, part(5, lines_announced=2), is_all=True)
    assert (guarded.events, guarded.closed, ended(guarded)) == ([], [], {"parked": 1})
    held = next(one for one in guarded.records if isinstance(one, Rejection))
    assert (held.outcome, held.reason, held.missing_key) == ("parked", "snapshot_held", f"snapshot:wms:{LIST}")
    said = f"complete snapshot {LIST} of wms: 1 of 2 lines are there"
    assert held.message == said
    assert alerts(guarded) == [(f"{said}; send it again whole, or let it through: wms,{LIST} in approvals.csv", 1)]


def test_a_broken_feed_does_not_empty_a_warehouse_until_a_person_says_so() -> None:
    before = taken(NOTHING, part(5, 5, 5, 5))
    held = taken(before.state, part(5, at=9, key=NEXT))
    assert (held.events, held.closed, ended(held)) == ([], [], {"parked": 1})
    waits = taken(held.state)
    assert (waits.events, ended(waits), alerts(waits)) == ([], {}, [(alerts(held)[0][0], 1)])
    let_through = taken(waits.state, by=rules(NEXT))
    assert quantities(let_through) == {"SKU-0": 5}
    assert [one.transaction_key for one in let_through.closed] == [f"{NEXT}@EAST"]
    assert ended(held, let_through) == {}
    assert alerts(let_through) == [(f"complete snapshot {NEXT} went on", 0)]
    assert [one.settled_as for one in let_through.records if isinstance(one, Settlement)] == ["released"]


def test_a_newer_snapshot_is_judged_by_the_last_that_went_on() -> None:
    before = taken(NOTHING, part(5, 5, 5, 5))
    held = taken(before.state, part(5, at=9, key=NEXT))
    after = taken(held.state, part(5, 5, 5, 4, at=10, key="wms:stock:L3"))
    assert quantities(after) == {"SKU-3": 4}
    assert ended(after) == {"compared": 3}
    assert (after.unchanged, after.changed) == (3, 1)
    assert list(after.state.head.pending) == [NEXT]


def test_a_refused_line_is_no_zero_so_nothing_is_closed() -> None:
    guarded = taken(NOTHING, part(5, refused=1))
    assert (quantities(guarded), guarded.closed, guarded.state.head.closed) == ({"SKU-0": 5}, [], {})


def test_lines_of_a_snapshot_that_went_on_are_left_to_the_ledger() -> None:
    first = taken(NOTHING, part(5, 7))
    again = taken(first.state, part(5, 7))
    assert (quantities(again), again.closed) == ({"SKU-0": 5, "SKU-1": 7}, [])


def test_what_is_pending_is_bounded() -> None:
    state, steps = NOTHING, []
    for number in range(PENDING_MAX + 1):
        steps.append(taken(state, part(5, key=f"L{number:02}", at=number / 10, total_announced=Decimal(9))))
        state = steps[-1].state
    assert len(state.head.pending) == PENDING_MAX
    assert "L00" not in state.head.pending
    assert ended(*steps) == {"parked": PENDING_MAX, "dead_letter": 1}
    dead = [one for one in steps[-1].records if isinstance(one, Rejection) and one.outcome == "dead_letter"]
    assert [(one.reason, one.missing_key) for one in dead] == [("snapshot_superseded", "")]


def test_a_refused_line_raises_an_alert() -> None:
    (said,) = alerts(taken(NOTHING, part(5, refused=1)))
    assert said[0].startswith(f"complete snapshot {LIST} of wms: 1 lines were refused, so nothing that it leaves out")


def test_what_waits_for_its_rest_is_only_counted_until_it_has_waited_enough() -> None:
    waits = taken(NOTHING, part(5, lines_announced=2))
    assert (waits.records, ended(waits)) == ([], {"parked": 1})
    still = taken(waits.state, now=NOW + timedelta(hours=1))
    assert (still.records, ended(still)) == ([], {})
    held = taken(still.state, now=NOW + timedelta(hours=2))
    assert (alerts(held)[0][1], ended(waits, still, held)) == (1, {"parked": 1})
    assert [one.reason for one in held.records if isinstance(one, Rejection)] == ["snapshot_held"]
    refused = taken(held.state, now=NOW + timedelta(hours=2 + 72))
    assert ended(waits, held, refused) == {"dead_letter": 1}
    dead = [one for one in refused.records if isinstance(one, Rejection) and one.outcome == "dead_letter"]
    assert [one.reason for one in dead] == ["parked_too_long"]
    assert not refused.state.head.pending


def test_the_rest_that_comes_in_time_lets_it_go_on_without_a_word() -> None:
    waits = taken(NOTHING, part(5, lines_announced=2))
    whole = taken(waits.state, part(7, first=1, lines_announced=2, message_id="rest"))
    assert (quantities(whole), whole.records, ended(waits, whole)) == ({"SKU-0": 5, "SKU-1": 7}, [], {})


def test_a_snapshot_told_by_its_changes_that_comes_again_is_all_duplicates() -> None:
    first = taken(NOTHING, part(5, 7))
    second = taken(first.state, part(5, 8, at=2, key=NEXT))
    again = taken(second.state, part(5, 8, at=2, key=NEXT, message_id="again"))
    assert (again.events, ended(again)) == ([], {"duplicate": 2})
    other = taken(again.state, part(5, 9, at=2, key=NEXT))
    assert ended(other) == {"duplicate": 1, "dead_letter": 1}
    assert [one.reason for one in other.records if isinstance(one, Rejection)] == ["conflicting_duplicate"]


def test_a_snapshot_told_by_its_changes_that_comes_again_in_other_pages_is_all_duplicates() -> None:
    first = taken(NOTHING, part(5, 7, 9))
    second = taken(first.state, part(5, 8, 9, at=2, key=NEXT))
    assert quantities(second) == {"SKU-1": 8}
    pages = [
        part(5, 8, at=2, key=NEXT, part="1", parts_announced=2, message_id="page 1"),
        part(9, first=2, at=2, key=NEXT, part="2", parts_announced=2, message_id="page 2"),
    ]
    for order in permutations(pages):
        again = taken(second.state, *order)
        assert (again.events, again.closed, again.records, ended(again)) == ([], [], [], {"duplicate": 3})
        assert again.state.head == second.state.head
    third = taken(second.state, part(5, 8, 9, at=3, key="wms:stock:L3"))
    assert ended(taken(third.state, part(5, 8, 9, at=2, key=NEXT))) == {"duplicate": 3}
    assert ended(taken(third.state, *pages)) == {"dead_letter": 3}  # its table says by now what the third one said
