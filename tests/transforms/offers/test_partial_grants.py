"""What of a reservation request is granted: all of it or nothing, or what there is where the policy permits that."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.encoding import pack
from schemas.master_data import MasterData
from schemas.records import ClaimRow, Decision, StockEvent
from tests.builders import hour, receipt, requested
from tests.schemas.small_company import GIFT, HAMPER, company
from tests.transforms.offers.offered import WEB, rules
from transforms.kits.kit_rules import exploded, share_of
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.shard_rules import Shard

LISTINGS = [
    {"channel": "web", "listing": "W-MUG", "item": "MUG"},
    {"channel": "b2b", "listing": "B-MUG", "item": "MUG", "sell_unit": "case"},  # of 6
    {"channel": "web", "listing": "W-GIFT", "item": "GIFT"},  # 1 MUG and 0.5 kg of BEANS
    {"channel": "b2b", "listing": "B-GIFT", "item": "GIFT", "sell_unit": "case"},  # of 12
    {"channel": "web", "listing": "W-BEANS", "item": "BEANS", "sell_unit": "gram"},
]
MASTER = company([GIFT, HAMPER], listings=LISTINGS, ownership=[])
PARTLY: dict[str, Any] = {**WEB, "definition": "sellable", "partial_requests": True}
CHANNELS = {"web": PARTLY, "b2b": PARTLY, "strict": {**PARTLY, "partial_requests": False}}
NOON = hour(12)


def a_shard(mugs: int | str, beans: int | str = 0, master: MasterData = MASTER) -> Shard:
    shard = Shard(master, rules(master, channels=CHANNELS).policy)
    here = [receipt(mugs, at=1, item="MUG"), receipt(beans, at=1, item="BEANS")]
    shard.fold([pack(event) for event in here], NOON)
    return shard


def request(
    quantity: int | str, item: str = "MUG", channel: str = "web", at: float = 2, order: str = "SO-1"
) -> StockEvent:
    event = requested(quantity, at, item=item, channel=channel, order_reference=order, key=f"request of {order}")
    return exploded(event, MASTER.boms)


def decided(shard: Shard, *events: StockEvent) -> list[tuple[str, str, str]]:
    records = shard.fold([pack(event) for event in events], NOON).records
    answers = [record for record in records if isinstance(record, Decision)]
    return [(one.outcome, str(one.granted_quantity), one.reason) for one in answers]


LITTLE = "not_enough_available"


@pytest.mark.parametrize(
    ("story", "there", "asked", "answer"),
    [
        ("all of it is there", (9, 0), request(9), ("granted", "9", "")),
        ("a part of it is there", (9, 0), request(10), ("partly_granted", "9", LITTLE)),
        ("nothing is there", (0, 0), request(10), ("refused", "0", LITTLE)),
        ("whole cases", (20, 0), request(24, channel="b2b"), ("partly_granted", "18", LITTLE)),
        ("less than a case", (5, 0), request(24, channel="b2b"), ("refused", "0", LITTLE)),
        ("an odd request that fits is not cut", (20, 0), request(19, channel="b2b"), ("granted", "19", "")),
        ("parts of a base unit", (0, "1.2345"), request(2, "BEANS"), ("partly_granted", "1.234", LITTLE)),
        ("kits: beans for 3.5", (9, "1.75"), request(5, "GIFT"), ("partly_granted", "3", LITTLE)),
        ("kits: beans for none", (9, "0.4"), request(5, "GIFT"), ("refused", "0", LITTLE)),
        ("kits in cases", (30, 20), request(36, "GIFT", "b2b"), ("partly_granted", "24", LITTLE)),
        ("a strict channel", (9, 0), request(10, channel="strict"), ("refused", "0", LITTLE)),
        ("a channel without a policy", (9, 0), request(1, channel="bazaar"), ("refused", "0", LITTLE)),
    ],
)
def test_granted(
    story: str, there: tuple[int | str, int | str], asked: StockEvent, answer: tuple[str, str, str]
) -> None:
    assert decided(a_shard(*there), asked) == [answer]


def test_what_was_granted_is_what_is_claimed() -> None:
    shard = a_shard(9)
    decided(shard, request(10))
    claim = shard.books["MUG"].claims["SO-1"]
    assert (claim.granted, claim.refused) == (9, False)
    assert decided(shard, request(1, at=3, order="SO-2")) == [("refused", "0", LITTLE)]


def test_a_part_of_the_kits_claims_that_part_of_each_component_exactly() -> None:
    shard = a_shard(9, "1.75")
    records = shard.fold([pack(request(7, "GIFT"))], NOON).records
    claims = {row.item: row.open_quantity for row in records if isinstance(row, ClaimRow)}
    assert {item: str(quantity) for item, quantity in claims.items()} == {"MUG": "3", "BEANS": "1.5"}


@pytest.mark.parametrize(
    ("quantity", "granted", "requested", "share"),
    [
        ("3.5", "3", "7", "1.5"),
        ("7", "7", "7", "7"),
        ("2.10", "2.10", "2.10", "2.10"),
        ("21", "1", "7", "3"),
        ("99999999999.777777", "3", "33333333333.259259", "9"),
        ("333333333333.333333", "999999999999", "999999999999.999999", "333333333333"),
    ],
)
def test_a_share_is_exact(quantity: str, granted: str, requested: str, share: str) -> None:
    assert str(share_of(Decimal(quantity), Decimal(granted), Decimal(requested))) == share


def test_a_decision_survives_a_change_of_worker_and_is_not_given_again() -> None:
    shard = a_shard(9, "1.75")
    asked = request(7, "GIFT")
    decided(shard, asked)
    other = Shard(MASTER, shard.policy, load_books(dump_books(shard.books)))
    assert decided(other, asked, receipt(50, at=4, item="BEANS")) == []
    assert other.books["BEANS"].claims["SO-1"].granted == Decimal("1.5")
    assert other.books["BEANS"].hard_claims == {"EAST": Decimal("1.5")}  # where the kit can be shipped whole


def test_the_same_journal_gives_the_same_decisions() -> None:
    journal = [request(4, at=2, order="A"), request(4, at=2.5, order="B"), request(4, at=3, order="C")]
    first, second = (decided(a_shard(6), *events) for events in (journal, reversed(journal)))
    assert first == second == [("granted", "4", ""), ("partly_granted", "2", LITTLE), ("refused", "0", LITTLE)]


@given(st.integers(0, 40), st.lists(st.integers(1, 20), max_size=8), st.sampled_from(["MUG", "GIFT"]))
def test_grants_never_exceed_what_was_there(mugs: int, wanted: list[int], item: str) -> None:
    shard = a_shard(mugs, 10)
    answers = decided(shard, *(request(n, item, at=2 + i / 100, order=f"SO-{i}") for i, n in enumerate(wanted)))
    assert sum(Decimal(quantity) for _, quantity, _ in answers) == min(
        sum(wanted), mugs, 20 if item == "GIFT" else mugs
    )
    shard.check_conservation()
