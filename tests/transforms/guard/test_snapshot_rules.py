"""A complete snapshot goes on whole or is held; what is held is counted, named, approved, and never lost."""

from collections import Counter
from decimal import Decimal
from itertools import permutations

from schemas.records import Alert, Rejection, Settlement, SnapshotPart
from tests.builders import hour
from tests.transforms.guard.full import LIST, part, rules
from transforms.guard.snapshot_rules import NOTHING, PENDING_MAX, Guarded, State, dump_state, guard, load_state
from transforms.guard.whole_rules import Rules

NOW = hour(24)
NEXT = "wms:stock:L2"


def taken(state: State, *parts: SnapshotPart, by: Rules | None = None, is_all: bool = False) -> Guarded:
    """One step, with what is kept gone through bytes."""
    return guard(load_state(dump_state(state)), parts, by or rules(), NOW, is_all=is_all)


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
        assert not state.pending


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
    assert len(after.events) == 4
    assert (after.unchanged, after.changed) == (3, 1)
    assert list(after.state.pending) == [NEXT]


def test_a_refused_line_is_no_zero_so_nothing_is_closed() -> None:
    guarded = taken(NOTHING, part(5, refused=1))
    assert (quantities(guarded), guarded.closed, guarded.state.closed) == ({"SKU-0": 5}, [], {})


def test_lines_of_a_snapshot_that_went_on_are_left_to_the_ledger() -> None:
    first = taken(NOTHING, part(5, 7))
    again = taken(first.state, part(5, 7))
    assert (quantities(again), again.closed) == ({"SKU-0": 5, "SKU-1": 7}, [])


def test_what_is_pending_is_bounded() -> None:
    state, steps = NOTHING, []
    for number in range(PENDING_MAX + 1):
        steps.append(taken(state, part(5, key=f"L{number:02}", at=number / 10, total_announced=Decimal(9))))
        state = steps[-1].state
    assert len(state.pending) == PENDING_MAX
    assert "L00" not in state.pending
    assert ended(*steps) == {"parked": PENDING_MAX, "dead_letter": 1}
    dead = [one for one in steps[-1].records if isinstance(one, Rejection) and one.outcome == "dead_letter"]
    assert [(one.reason, one.missing_key) for one in dead] == [("snapshot_superseded", "")]
