"""A kit that is granted can be shipped whole from one place, and stays possible there whatever is granted after it."""

import json
from random import Random

from schemas.encoding import pack
from schemas.records import StockEvent
from tests.builders import allocated, hour, ordered, receipt, requested, shipment
from tests.ledgers import MASTER, SHARED, a_shard, contents, fold
from tests.published import Published
from transforms.kits.kit_rules import exploded
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.shard_rules import Shard

WEST_FIRST = {"routing": ["WEST", "EAST"]}


def there(item: str, east: int, west: int) -> list[StockEvent]:
    places = (("EAST", east), ("WEST", west))
    return [receipt(n, 1, f"{item} {place}", item=item, location=place) for place, n in places if n]


def sets(order: str, quantity: int = 1, at: float = 2, item: str = "SET") -> StockEvent:
    asked = requested(quantity, at, f"{order} {item}", item=item, order_reference=order)
    return exploded(asked, MASTER.boms)


def answers(seen: Published) -> list[str]:
    return [one.outcome for one in seen.decisions]


def planned(seen: Published, order: str) -> dict[str, dict[str, str]]:
    found = {item: json.loads(row.planned_by_location) for (item, one), row in seen.claims().items() if one == order}
    return {item: places for item, places in found.items() if places}


def one_set_and_parts_apart() -> Shard:
    """EAST has parts of one set and bolts for another; WEST has only the nuts that those would need."""
    shard = a_shard(**WEST_FIRST)
    fold(shard, *there("BOLT", 4, 0), *there("NUT", 3, 3))
    return shard


def test_no_second_kit_is_granted_that_no_place_can_ship() -> None:
    """Component by component the first would take its nuts from WEST, and leave EAST with those of a second."""
    shard = one_set_and_parts_apart()
    seen = fold(shard, sets("A"), sets("B", at=3))
    assert answers(seen) == ["granted", "refused"]
    assert planned(seen, "A") == {"BOLT": {"EAST": "2"}, "NUT": {"EAST": "3"}}
    assert seen.available()["SET", "web"] == 0


def test_it_is_told_so_one_after_another_too_and_after_a_restart() -> None:
    shard = one_set_and_parts_apart()
    told = fold(shard, sets("A"))
    again = Shard(MASTER, shard.policy, load_books(dump_books(shard.books)), owners_of=shard.rules.owners_of)
    assert {item: contents(one) for item, one in again.books.items()} == {
        item: contents(one) for item, one in shard.books.items()
    }
    assert told.available()["SET", "web"] == 0
    assert answers(fold(again, sets("B", at=3))) == ["refused"]


def test_kits_are_placed_in_the_order_of_the_routing_whole_in_each() -> None:
    shard = a_shard(**WEST_FIRST)
    seen = fold(shard, *there("BOLT", 9, 4), *there("NUT", 9, 7), sets("A", 4))
    assert planned(seen, "A") == {"BOLT": {"EAST": "4", "WEST": "4"}, "NUT": {"EAST": "6", "WEST": "6"}}


def test_another_channel_takes_no_component_from_under_a_kit() -> None:
    shard = a_shard({"web": SHARED["web"], "b2b": {**SHARED["b2b"], "locations": ["EAST"]}}, **WEST_FIRST)
    fold(shard, *there("BOLT", 2, 2), *there("NUT", 3, 0), sets("A"))
    seen = fold(shard, requested(1, at=3, key="alone", channel="b2b", order_reference="B"))
    assert answers(seen) == ["refused"]


def test_what_is_allocated_and_shipped_comes_off_the_plan() -> None:
    shard = a_shard(**WEST_FIRST)
    fold(shard, *there("BOLT", 9, 0), *there("NUT", 9, 0), sets("A", 3))
    half = exploded(allocated(1, 4, item="SET", order_reference="A"), MASTER.boms)
    assert planned(fold(shard, half), "A") == {"BOLT": {"EAST": "4"}, "NUT": {"EAST": "6"}}
    gone = exploded(shipment(2, 5, item="SET", order_reference="A"), MASTER.boms)
    seen = fold(shard, gone)
    assert planned(seen, "A") == {"BOLT": {"EAST": "2"}, "NUT": {"EAST": "3"}}
    assert seen.available()["SET", "web"] == 0


def test_an_order_takes_the_places_of_its_hold_over() -> None:
    shard = one_set_and_parts_apart()
    fold(shard, sets("A"))
    bought = exploded(ordered(1, 3, item="SET", order_reference="A", channel="web"), MASTER.boms)
    assert planned(fold(shard, bought), "A") == {"BOLT": {"EAST": "2"}, "NUT": {"EAST": "3"}}


def test_whatever_is_granted_can_be_shipped_whole_from_one_place_each() -> None:
    """Any stock, any requests for kits and components: the plans of the kits never take more than a place has."""
    kits = 0
    for seed in range(200):
        random = Random(seed)
        shard = a_shard(**WEST_FIRST)
        stock = {item: {place: random.randint(0, 9) for place in ("EAST", "WEST")} for item in ("BOLT", "NUT")}
        events = [event for item, at in stock.items() for event in there(item, at["EAST"], at["WEST"])]
        names = [(f"O{n}", random.choice(("SET", "SET", "CRATE", "BOLT", "NUT"))) for n in range(8)]
        events += [sets(name, random.randint(1, 2), 2 + n / 10, item) for n, (name, item) in enumerate(names)]
        seen = Published().take(shard.fold([pack(event) for event in events], hour(9)))
        for item, at in stock.items():
            claims = [row for (one, _), row in seen.claims().items() if one == item]
            for place, quantity in at.items():
                taken = sum(int(json.loads(row.planned_by_location).get(place, 0)) for row in claims)
                assert taken <= quantity, f"seed {seed}"
            assert sum(row.open_quantity for row in claims) <= sum(at.values())
        granted = {one.order_reference for one in seen.decisions if one.granted_quantity and one.item in MASTER.boms}
        for order in granted:
            rows = [row for (_, one), row in seen.claims().items() if one == order]
            assert all(_whole(row.planned_by_location) == row.open_quantity for row in rows), f"seed {seed}"
        kits += len(granted)
    assert kits > 200


def _whole(planned_by_location: str) -> int:
    return sum(int(quantity) for quantity in json.loads(planned_by_location).values())
