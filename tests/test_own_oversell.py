"""What was promised once is not promised again, however a promise ends, moves, or is published."""

from decimal import Decimal

from schemas.encoding import pack
from tests.builders import allocated, hour, ordered, receipt, requested, shipment, transfer_received, transfer_shipped
from tests.ledgers import a_shard, fold
from tests.schemas.small_company import company
from tests.transforms.offers.offered import rules
from transforms.kits.kit_rules import exploded
from transforms.ledger.shard_rules import Shard


def granted_of(decisions: list[object]) -> list[str]:
    return [one.outcome for one in decisions]  # type: ignore[attr-defined]


def test_a_refused_request_does_not_revive_a_hold_that_has_ended() -> None:
    shard = a_shard()
    fold(shard, receipt(5, 1), requested(4, 2, "a", expires_at=3), now=2.5)
    fold(shard, requested(4, 4, "b", order_reference="SO-2"), now=4.1)
    fold(shard, requested(4, 5, "c", expires_at=30), now=5.1)
    assert sum(claim.open_at(hour(24)) for claim in shard.books["BOLT"].claims.values()) == 4


def test_a_hold_without_an_end_is_not_ended_by_a_later_request() -> None:
    shard = a_shard()
    fold(shard, receipt(5, 1), requested(4, 2, "a"), requested(1, 3, "b", expires_at=4), now=3.5)
    told = fold(shard, requested(5, 5, "c", order_reference="SO-2"), now=6)
    assert granted_of(told.decisions) == ["refused"]


def test_stock_that_moves_away_from_its_allocation_is_still_promised() -> None:
    shard = a_shard()
    fold(shard, receipt(5, 1), requested(5, 2, "a"), allocated(5, 3), now=3.5)
    fold(shard, transfer_shipped(5, 4), transfer_received(5, 4.5, location="WEST"), now=5)
    assert granted_of(fold(shard, requested(5, 5, "c", order_reference="SO-2"), now=6).decisions) == ["refused"]


def test_a_channel_that_publishes_without_claims_still_grants_nothing_twice() -> None:
    definitions = {
        "sellable": {"means": "for sale", "dispositions": ["sellable"]},
        "erp": {"means": "as the ERP counts", "dispositions": ["sellable"], "subtract_claims": False},
    }
    shard = a_shard({"web": {"definition": "erp", "locations": ["EAST"]}}, definitions=definitions)
    told = fold(shard, receipt(5, 1), requested(5, 2, "a"), requested(5, 3, "b", order_reference="SO-2"), now=4)
    assert granted_of(told.decisions) == ["granted", "refused"]


def test_safety_stock_of_a_place_for_a_channel_is_kept_back_from_that_channel() -> None:
    shard = a_shard(safety_stock=[{"quantity": 3, "location": "EAST", "channel": "web"}])
    assert fold(shard, receipt(5, 1), now=2).available()["BOLT", "web"] == 2


def test_the_version_of_a_kit_never_falls_when_its_bill_changes() -> None:
    change = "2026-03-02T10:00:00"
    one = [{"item": "MUG", "quantity": 1}, {"item": "BEANS", "quantity": 1}]
    other = [{"item": "MUG", "quantity": 1}, {"item": "HAMPER", "quantity": 1}]
    master = company(
        boms=[
            {"kit": "GIFT", "assembly": "on_demand", "effective_to": change, "components": one},
            {"kit": "GIFT", "assembly": "on_demand", "effective_from": change, "components": other},
        ]
    )
    shard = Shard(master, rules(master).policy)
    beans = [receipt(1, 1 + number / 10, f"b{number}", item="BEANS") for number in range(9)]
    first = shard.fold([pack(event) for event in (receipt(9, 1, "m", item="MUG"), *beans)], hour(9)).records
    later = shard.advance(hour(10))
    versions = [
        [row.version for row in rows if type(row).__name__ == "AvailabilityRow" and row.item == "GIFT"]
        for rows in (first, later)
    ]
    assert versions[0]
    assert versions[1]
    assert max(versions[0]) <= min(versions[1])


def test_nested_kits_with_scrap_leave_books_that_sum_to_zero() -> None:
    levels = (("K1", "A", "0.333333", "0.012345"), ("K2", "K1", "3", "0.023457"), ("K3", "K2", "7", "0.034567"))
    master = company(
        items=[
            {"item": "A", "base_unit": "kg", "divisible": "yes"},
            *({"item": kit, "base_unit": "each"} for kit, *_ in levels),
        ],
        item_units=[],
        unit_codes=[],
        item_codes=[],
        ownership=[],
        lots=[],
        listings=[],
        boms=[
            {
                "kit": kit,
                "assembly": "on_demand",
                "components": [{"item": part, "quantity": quantity, "scrap_factor": scrap}],
            }
            for kit, part, quantity, scrap in levels
        ],
    )
    shard = Shard(master, rules(master).policy)
    shipped = exploded(shipment(37, 2, item="K3"), master.boms)
    shard.fold([pack(receipt(90000, 1, item="A")), pack(shipped)], hour(3))
    shard.check_conservation()
    assert -shipped.components[0].quantity.as_tuple().exponent == 6
    assert shipped.components[0].quantity > Decimal(37 * 7 * 3) * Decimal("0.333333")


def test_an_order_is_kept_whole_beside_all_this() -> None:
    shard = a_shard()
    assert fold(shard, receipt(5, 1), ordered(5, 2, channel="web"), now=3).available()["BOLT", "web"] == 0
