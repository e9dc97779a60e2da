"""What an order or a hold still wants of an item, and what is still to come of it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import hour
from transforms.ledger.claim_rules import Claim, Inbound, Notice, add_to, note_time

NOON = hour(12)


def claim(*, ends: float | None = None, **sums: Any) -> Claim:
    """A claim with these sums; its hold ends at an hour of the day."""
    made = Claim()
    for name, value in sums.items():
        exact = {place: Decimal(one) for place, one in value.items()} if isinstance(value, dict) else value
        setattr(made, name, Decimal(exact) if isinstance(exact, int) and not isinstance(exact, bool) else exact)
    if ends is not None:
        made.expiries.append((hour(ends), "key"))
    return made


@pytest.mark.parametrize(
    ("story", "given_claim", "wanted"),
    [
        ("nobody wants anything", claim(), 0),
        ("an order", claim(recorded=5), 5),
        ("partly cancelled", claim(recorded=5, cancelled=2), 3),
        ("partly shipped", claim(recorded=5, shipped={"EAST": 3}), 2),
        ("shipped from two places", claim(recorded=5, shipped={"EAST": 3, "WEST": 1}), 1),
        ("cancelled and shipped", claim(recorded=5, cancelled=2, shipped={"EAST": 3}), 0),
        ("shipped more than was ordered", claim(recorded=5, shipped={"EAST": 9}), 0),
        ("cancelled before it was ordered", claim(cancelled=2), 0),
        ("shipped before it was ordered", claim(shipped={"EAST": 2}), 0),
        ("a hold", claim(granted=4), 4),
        ("partly released", claim(granted=4, released=1), 3),
        ("released more than was held", claim(granted=4, released=9), 0),
        ("a hold until later", claim(granted=4, ends=13), 4),
        ("a hold that ends this moment", claim(granted=4, ends=12), 0),
        ("an order takes the hold over, it is not added", claim(granted=4, recorded=4), 4),
        ("an order for less leaves the hold", claim(granted=4, recorded=3), 4),
        ("an order outlives its hold", claim(granted=4, recorded=3, ends=11), 3),
        ("a release takes nothing off an order", claim(recorded=5, released=3), 5),
        ("a refused hold wants nothing", claim(refused=True), 0),
    ],
)
def test_what_is_open(story: str, given_claim: Claim, wanted: int) -> None:
    assert given_claim.open_at(NOON) == wanted


@pytest.mark.parametrize(
    ("story", "given_claim", "allocated", "elsewhere"),
    [
        ("nowhere yet", claim(recorded=5), {}, 5),
        ("part of it", claim(recorded=5, allocated={"EAST": 3}), {"EAST": 3}, 2),
        ("shipped from there", claim(recorded=5, allocated={"EAST": 3}, shipped={"EAST": 1}), {"EAST": 2}, 2),
        ("shipped from elsewhere", claim(recorded=5, allocated={"EAST": 3}, shipped={"WEST": 1}), {"EAST": 3}, 1),
        ("all shipped", claim(recorded=3, allocated={"EAST": 3}, shipped={"EAST": 3}), {}, 0),
        ("shipped more than was allocated", claim(recorded=9, allocated={"EAST": 3}, shipped={"EAST": 4}), {}, 5),
        ("never more than is open", claim(recorded=2, allocated={"EAST": 5}), {"EAST": 2}, 0),
        (
            "cut in order of location",
            claim(recorded=6, allocated={"WEST": 4, "EAST": 5}),
            {"EAST": 5, "WEST": 1},
            0,
        ),
        ("without an order", claim(allocated={"EAST": 5}), {}, 0),
        ("of a hold that ended", claim(granted=4, allocated={"EAST": 4}, ends=11), {}, 0),
    ],
)
def test_where_it_is_promised_from(story: str, given_claim: Claim, allocated: dict[str, int], elsewhere: int) -> None:
    assert given_claim.allocated_at(NOON) == allocated
    assert given_claim.placed_at(NOON) == ("", elsewhere, allocated, "")


@pytest.mark.parametrize(
    ("given_claim", "status"),
    [
        (claim(recorded=5), "recorded"),
        (claim(recorded=5, allocated={"EAST": 1}), "allocated"),
        (claim(granted=5), "granted"),
        (claim(granted=5, recorded=1), "recorded"),
        (claim(recorded=5, cancelled=5), "closed"),
        (claim(granted=5, ends=11), "closed"),
        (claim(refused=True), "refused"),
        (claim(refused=True, recorded=1, cancelled=1), "closed"),
        (claim(refused=True, recorded=1), "recorded"),
    ],
)
def test_where_it_stands(given_claim: Claim, status: str) -> None:
    assert given_claim.status_at(NOON) == status


def test_the_channel_is_that_of_the_earliest_event_that_names_one() -> None:
    made = claim()
    assert made.channel == ""
    made.names += [(hour(3), "b", "web"), (hour(2), "z", "b2b"), (hour(2), "y", "store")]
    assert made.channel == "store"


def test_a_hold_lasts_as_long_as_any_request_asked() -> None:
    made = claim(granted=2, ends=11)
    made.expiries.append((hour(15), "longer"))
    assert (made.expires_at, made.open_at(NOON)) == (hour(15), 2)


def test_the_goods_are_wanted_when_the_newest_event_says() -> None:
    made = claim(recorded=2)
    assert made.scheduled_at is None
    made.schedule += [(hour(2), "b", hour(50)), (hour(3), "a", hour(30))]
    assert made.scheduled_at == hour(30)
    assert made.placed_at(NOON) == ("", 2, {}, "2026-03-03")


quantities = st.integers(0, 9).map(Decimal)
by_place = st.dictionaries(st.sampled_from(["EAST", "WEST", "NORTH3PL"]), quantities)


@given(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(("recorded", "cancelled", "released", "granted"), quantities),
            "allocated": by_place,
            "shipped": by_place,
        }
    ),
    st.one_of(st.none(), st.integers(10, 14)),
)
def test_no_claim_wants_less_than_nothing_or_promises_more_than_it_wants(
    sums: dict[str, Any], ends: int | None
) -> None:
    made = claim(ends=ends, **sums)
    _, soft, hard, _ = made.placed_at(NOON)
    assert soft >= 0
    assert all(quantity > 0 for quantity in hard.values())
    assert soft + sum(hard.values()) == made.open_at(NOON)
    assert made.open_at(NOON) >= made.open_at(hour(99))  # the clock only ends holds


def notice(at: float, received_at: float = 0, key: str = "k", location: str = "EAST", due: float = 48) -> Notice:
    return Notice(hour(at), hour(received_at), key, location, hour(due))


@pytest.mark.parametrize(
    ("story", "announced", "cancelled", "received", "still"),
    [
        ("announced", 9, 0, 0, 9),
        ("partly received", 9, 0, 4, 5),
        ("partly cancelled", 9, 3, 4, 2),
        ("more than was announced", 9, 0, 12, 0),
        ("never announced", 0, 0, 4, 0),
    ],
)
def test_what_is_still_to_come(story: str, announced: int, cancelled: int, received: int, still: int) -> None:
    inbound = Inbound()
    inbound.announced, inbound.cancelled, inbound.received = map(Decimal, (announced, cancelled, received))
    assert inbound.open() == still


@pytest.mark.parametrize(
    ("story", "notices", "expected"),
    [
        ("nobody said", [], ("", None)),
        ("the later one", [notice(2, due=50), notice(1, due=60)], ("EAST", hour(50))),
        ("of one time the later received", [notice(1, 5, due=50), notice(1, 6, location="WEST")], ("WEST", hour(48))),
        ("then the greater key", [notice(1, key="b", due=50), notice(1, key="a")], ("EAST", hour(50))),
    ],
)
def test_where_and_when_it_is_expected(story: str, notices: list[Notice], expected: tuple[str, Any]) -> None:
    inbound = Inbound()
    inbound.notices = notices
    assert inbound.expected() == expected


def test_the_newest_time_is_kept() -> None:
    inbound = Inbound()
    for at in (2, 5, 3):
        note_time(inbound, hour(at))
    assert inbound.newest_at == hour(5)


def test_a_sum_that_is_zero_again_is_dropped() -> None:
    sums: dict[str, Decimal] = {}
    add_to(sums, "EAST", Decimal(3))
    add_to(sums, "WEST", Decimal(2))
    add_to(sums, "EAST", Decimal(-3))
    assert sums == {"WEST": 2}
