"""What channels are told of an item, and that they are not told it twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.master_data import MasterData
from schemas.records import AvailabilityRow, ChannelUpdate, PromiseRow, StockEvent, StockSignal
from tests.builders import MIDNIGHT, allocated, announced, hour, ordered, receipt, requested, shipment
from tests.schemas.small_company import company
from tests.transforms.offers.offered import B2B, WEB, rules
from transforms.ledger.item_ledger import books_of
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.offer_rows import offer_rows, stock, stock_in
from transforms.ledger.shard_rules import Shard
from transforms.offers.availability_rules import DatedClaim, ItemStock, Supply

PLAIN: dict[str, Any] = {
    "items": [{"item": "BOLT", "base_unit": "each"}, {"item": "NUT", "base_unit": "each"}],
    **dict.fromkeys(("item_units", "unit_codes", "ownership", "item_codes", "lots"), ()),
    "boms": (),
}
OF_WEB = {"channel": "web", "listing": "W-BOLT", "item": "BOLT"}
OF_B2B = {"channel": "b2b", "listing": "B-BOLT", "item": "BOLT"}
MASTER = company(**PLAIN, listings=[OF_WEB, OF_B2B])
LEANING = {"web": WEB, "b2b": {**B2B, "thresholds": {"low": 5, "hysteresis": 1}}}
NOON = hour(12)
DAY = timedelta(days=1)


def a_shard(channels: dict[str, Any] = LEANING) -> Shard:
    return Shard(MASTER, rules(MASTER, channels=channels).policy)


def told(shard: Shard, *events: StockEvent, now: datetime = NOON) -> list[Any]:
    return shard.fold([pack(event) for event in events], now).records


def promised(records: list[Any]) -> list[tuple[str, str, str]]:
    return [
        (row.day[-2:], str(row.promised_quantity), str(row.projected_quantity))
        for row in records
        if isinstance(row, PromiseRow)
    ]


def signalled(records: list[Any]) -> list[tuple[str, int]]:
    return [(row.signal, row.quantity) for row in records if isinstance(row, StockSignal)]


def test_the_days_of_the_horizon_are_told_once_each() -> None:
    records = told(a_shard(), receipt(5, at=1), announced(10, at=2, expected_at=3 * 24))
    assert promised(records) == [
        *[(day, "5", "5") for day in ("02", "03", "04")],
        *[(day, "15", "15") for day in ("05", "06", "07", "08")],
    ]
    row = next(row for row in records if isinstance(row, PromiseRow))
    assert row == PromiseRow("BOLT", "web", "2026-03-02", Decimal(5), Decimal(5), "1", 2)


def test_only_days_that_changed_are_told_again() -> None:
    shard = a_shard()
    told(shard, receipt(5, at=1), announced(10, at=2, expected_at=3 * 24))
    assert promised(told(shard, ordered(4, at=3, channel="b2b", expected_at=4 * 24))) == [
        ("05", "11", "15"),
        *[(day, "11", "11") for day in ("06", "07", "08")],
    ]
    assert promised(told(shard, ordered(0, at=4, key="nothing", channel="b2b"))) == []


def test_at_midnight_a_day_enters_the_horizon_and_supply_that_is_late_leaves_it() -> None:
    shard = a_shard()
    told(shard, receipt(5, at=1), announced(10, at=2, expected_at=15))
    assert shard.due_at() == MIDNIGHT + DAY
    records = shard.advance(MIDNIGHT + DAY)
    assert promised(records) == [(day, "5", "5") for day in ("03", "04", "05", "06", "07", "08", "09")]
    assert [(row.channel, row.available_quantity) for row in records if isinstance(row, AvailabilityRow)] == [
        ("b2b", 5),
        ("web", 5),
    ]
    assert shard.due_at() == MIDNIGHT + 2 * DAY
    assert promised(shard.advance(MIDNIGHT + 2 * DAY)) == [("10", "5", "5")]


def test_supply_that_is_announced_again_is_expected_again() -> None:
    shard = a_shard()
    told(shard, announced(10, at=2, expected_at=15))
    shard.advance(MIDNIGHT + DAY)
    again = announced(0, at=25, key="renewed", expected_at=26)
    assert promised(told(shard, again, now=hour(25)))[0] == ("03", "10", "10")


def test_signals_are_told_when_they_change() -> None:
    shard = a_shard()
    assert signalled(told(shard, receipt(9, at=1))) == [("in_stock", 9)]
    assert signalled(told(shard, shipment(1, at=2))) == []
    assert signalled(told(shard, shipment(3, at=3))) == [("low", 5)]
    assert signalled(told(shard, receipt(1, at=4, key="one more"))) == []
    assert signalled(told(shard, shipment(6, at=5))) == [("out", 0)]


def test_a_worker_that_takes_over_tells_nothing_twice() -> None:
    shard = a_shard()
    told(shard, receipt(5, at=1), announced(10, at=2, expected_at=3 * 24))
    other = Shard(MASTER, shard.policy, load_books(dump_books(shard.books)))
    assert other.due_at() == shard.due_at()
    records = told(other, ordered(0, at=4, key="nothing", channel="b2b"))
    assert (promised(records), signalled(records)) == ([], [])
    assert not [row for row in records if isinstance(row, ChannelUpdate)]
    assert other.books["BOLT"].promised == shard.books["BOLT"].promised
    assert promised(other.advance(MIDNIGHT + DAY)) == promised(shard.advance(MIDNIGHT + DAY)) == [("09", "15", "15")]


def test_an_item_that_nobody_lists_is_told_to_nobody() -> None:
    shard = a_shard()
    books = shard.books
    assert list(offer_rows("NUT", books, MASTER, rules(MASTER, channels=LEANING))) == []
    assert books == {}


def test_a_listed_item_without_events_has_figures_too() -> None:
    rows = list(offer_rows("BOLT", {}, MASTER, rules(MASTER, channels={"b2b": B2B})))
    assert [type(row) for row in rows] == [AvailabilityRow, ChannelUpdate]


def test_the_books_as_offers_read_them() -> None:
    shard = a_shard()
    told(
        shard,
        receipt(9, at=1),
        announced(10, at=2, expected_at=30),
        ordered(3, at=3, channel="web", expected_at=49),
        allocated(1, at=4),
        requested(2, at=5, order_reference="SO-2", channel="b2b"),
    )
    assert stock(shard.books["BOLT"]) == ItemStock(
        item="BOLT",
        on_hand={("EAST", "", "sellable"): Decimal(9)},
        soft_claims={"web": Decimal(2), "b2b": Decimal(2)},
        hard_claims={"EAST": Decimal(1)},
        supplies=(Supply("EAST", Decimal(10), hour(30)),),
        dated_claims=(
            DatedClaim(date(2026, 3, 4), "web", "", Decimal(2)),
            DatedClaim(date(2026, 3, 4), "", "EAST", Decimal(1)),
        ),
    )


def test_an_item_without_books_has_nothing() -> None:
    assert stock_in({}, "BOLT") == ItemStock("BOLT", {}, {}, {})
    books: dict[str, Any] = {}
    assert books_of(books, "BOLT") is books_of(books, "BOLT")


@pytest.mark.parametrize(
    ("story", "events", "wanted"),
    [
        ("nobody said when", [ordered(2, at=1)], None),
        ("the order says", [ordered(2, at=1, expected_at=30)], 30),
        ("the newest order says", [ordered(2, at=2, key="b", expected_at=40), ordered(2, at=1, expected_at=30)], 40),
        ("one that says nothing changes nothing", [ordered(2, at=1, expected_at=30), ordered(1, at=2)], 30),
        (
            "a shipment's date is another matter",
            [ordered(2, at=1), shipment(1, at=2, order_reference="SO-1", expected_at=50)],
            None,
        ),
        (
            "an order that had to leave the books takes its date along",
            [
                ordered(2, at=1, key="a", expected_at=30, received_at=9),
                ordered(2, at=1, key="a", expected_at=31, received_at=8),
            ],
            31,
        ),
    ],
)
def test_when_a_claim_is_wanted(story: str, events: list[StockEvent], wanted: float | None) -> None:
    shard = a_shard()
    for event in events:
        told(shard, event)
    assert shard.books["BOLT"].claims["SO-1"].scheduled_at == (None if wanted is None else hour(wanted))


def test_what_is_wanted_on_a_day_follows_the_claim() -> None:
    shard = a_shard()
    told(shard, receipt(9, at=1), ordered(3, at=3, channel="web", expected_at=49), allocated(1, at=4))
    told(shard, shipment(1, at=5, order_reference="SO-1"))
    assert shard.books["BOLT"].dated_claims == {("2026-03-04", "web", ""): Decimal(2)}
    told(shard, shipment(2, at=6, order_reference="SO-1"))
    assert shard.books["BOLT"].dated_claims == {}
    assert shard.books["BOLT"].claims["SO-1"].scheduled_at == datetime(2026, 3, 4, 1, tzinfo=UTC)


# Listings that end


def updates(records: list[Any]) -> list[tuple[str, int, int | None]]:
    return [(row.listing, row.quantity, row.previous_quantity) for row in records if isinstance(row, ChannelUpdate)]


def test_a_listing_that_ends_is_told_zero_once_at_that_moment() -> None:
    """So that nobody sells on by its last figure; its signal and its promises end with it."""
    dated = [{**OF_B2B, "effective_to": "2026-03-02T15:00:00Z"}, {**OF_WEB, "effective_to": "2026-03-02T15:00:00Z"}]
    shard = Shard(company(**PLAIN, listings=dated), rules(channels=LEANING).policy)
    assert updates(told(shard, receipt(9, at=1))) == [("B-BOLT", 9, None), ("W-BOLT", 9, None)]
    assert shard.due_at() == hour(15)
    assert shard.advance(hour(15) - timedelta(microseconds=1)) == []
    records = shard.advance(hour(15))
    assert updates(records) == [("B-BOLT", 0, 9), ("W-BOLT", 0, 9)]
    assert signalled(records) == [("out", 0)]
    assert {row[1:] for row in promised(records)} == {("0", "0")}
    rows = [row for row in records if isinstance(row, AvailabilityRow)]
    assert [(row.channel, row.available_quantity) for row in rows] == [("b2b", 0), ("web", 0)]
    assert "master data does not name the listing any more" in rows[0].chain
    assert told(shard, receipt(1, at=2), now=hour(16))[1:] == []


@pytest.mark.parametrize(
    ("story", "listings", "expected"),
    [
        ("it is there as before", [OF_WEB, OF_B2B], []),
        ("one is taken out of the table", [OF_B2B], [("W-BOLT", 0, 9)]),
        ("both are", [], [("B-BOLT", 0, 9), ("W-BOLT", 0, 9)]),
        (
            "it has another name: the old one is zero, the new one is told for the first time",
            [{**OF_WEB, "listing": "W-NEW"}, OF_B2B],
            [("W-BOLT", 0, 9), ("W-NEW", 9, None)],
        ),
        ("another item has its name now, and tells its figure", [{**OF_WEB, "item": "NUT"}, OF_B2B], []),
    ],
)
def test_a_listing_that_new_master_data_does_not_name_is_told_zero(
    story: str, listings: list[dict[str, str]], expected: list[Any]
) -> None:
    """The books know under which name a channel was told, also when they come out of state."""
    shard = a_shard()
    told(shard, receipt(9, at=1))
    policy = rules(channels=LEANING).policy
    newer = Shard(company(**PLAIN, listings=listings), policy, load_books(dump_books(shard.books)))
    assert sorted(one for one in updates(newer.renew(hour(13))) if one[1] != one[2]) == expected
    assert updates(newer.renew(hour(14))) == []


def test_a_listing_that_comes_back_is_told_anew() -> None:
    shard = a_shard()
    told(shard, receipt(9, at=1))
    policy = rules(channels=LEANING).policy
    without = Shard(company(**PLAIN, listings=[OF_B2B]), policy, shard.books)
    without.renew(hour(13))
    assert updates(Shard(MASTER, policy, without.books).renew(hour(14))) == [("W-BOLT", 9, None)]


def test_a_kit_that_is_gone_from_master_data_is_told_zero_by_a_newer_row() -> None:
    """Its version was the sum of those of its parts, which nobody knows any more."""
    items = [*PLAIN["items"], {"item": "SET", "base_unit": "each"}]
    boms = [{"kit": "SET", "assembly": "on_demand", "components": [{"item": "BOLT", "quantity": 2}]}]
    listings = [{"channel": "web", "listing": "W-SET", "item": "SET"}]
    policy = rules(channels=LEANING).policy
    shard = Shard(company(**{**PLAIN, "items": items, "boms": boms}, listings=listings), policy)
    rows = [row for row in told(shard, receipt(9, at=1), receipt(1, at=2)) if isinstance(row, AvailabilityRow)]
    after = Shard(company(**PLAIN, listings=[]), policy, shard.books).renew(hour(13))
    (zero,) = [row for row in after if isinstance(row, AvailabilityRow)]
    assert (zero.item, zero.available_quantity, zero.version > rows[-1].version) == ("SET", 0, True)
    assert updates(after) == [("W-SET", 0, 5)]


def test_a_kit_whose_bill_loses_a_component_is_told_its_new_figure_by_a_newer_row() -> None:
    """Its version is the sum of those of its parts, and one of them does not count any more."""
    items = [*PLAIN["items"], {"item": "SET", "base_unit": "each"}]
    listings = [{"channel": "web", "listing": "W-SET", "item": "SET"}]
    policy = rules(channels=LEANING).policy

    def of_components(*components: str) -> MasterData:
        lines = [{"item": item, "quantity": 1} for item in components]
        boms = [{"kit": "SET", "assembly": "on_demand", "components": lines}]
        return company(**{**PLAIN, "items": items, "boms": boms}, listings=listings)

    def figures(records: list[Any]) -> list[tuple[int, int]]:
        return [(row.version, row.available_quantity) for row in records if isinstance(row, AvailabilityRow)]

    shard = Shard(of_components("BOLT", "NUT"), policy)
    figures(told(shard, receipt(9, at=1)))
    nuts = [receipt(1, item="NUT", key=f"N{number}", at=2 + number) for number in range(7)]
    ((before, seven),) = figures(told(shard, *nuts))
    newer = Shard(of_components("BOLT"), policy, load_books(dump_books(shard.books)))
    renewed = newer.renew(hour(13))
    ((after, nine),) = figures(renewed)
    assert (seven, nine) == (7, 9)
    assert after > before
    assert updates(renewed) == [("W-SET", 9, 7)]
    ((later, eight),) = figures(told(newer, shipment(1, at=14), now=hour(15)))
    assert (later > after, eight) == (True, 8)
