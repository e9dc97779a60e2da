"""A change of one component touches the kits above it and no others, and works out what they share once."""

from collections import Counter
from typing import Any

import pytest

from schemas.records import AvailabilityRow
from tests.builders import receipt
from tests.ledgers import fold
from tests.schemas.small_company import company
from tests.transforms.offers.offered import B2B, rules
from transforms.ledger.shard_rules import Shard
from transforms.offers import offer_rules

KITS = 40


def family(levels: int = 1) -> Shard:
    """Each kit takes a box and a part of its own; with two levels each of these goes into a hamper."""
    kits = [(f"KIT-{n}", ("BOX", f"PART-{n}")) for n in range(KITS)]
    kits += [(f"HAMPER-{n}", (f"KIT-{n}",)) for n in range(KITS)] if levels == 2 else []
    items = {"BOX", *(name for kit, parts in kits for name in (kit, *parts))}
    master = company(
        [
            {"kit": kit, "assembly": "on_demand", "components": [{"item": part, "quantity": 1} for part in parts]}
            for kit, parts in kits
        ],
        items=[{"item": item, "base_unit": "each"} for item in sorted(items)],
        listings=[{"channel": "web", "listing": kit, "item": kit} for kit, _ in kits],
        **{name: [] for name in ("item_units", "item_codes", "unit_codes", "lots", "ownership")},
    )
    shard = Shard(master, rules(master, channels={"web": B2B}).policy)
    fold(shard, *(receipt(9, 1, key=item, item=item) for item in sorted(items) if item[0] in "BP"), now=2)
    return shard


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the pools of each item are worked out."""
    counts: Counter[str] = Counter()
    allocate = offer_rules.allocate

    def counting(stock: Any, by: Any) -> Any:
        counts[stock.item] += 1
        return allocate(stock, by)

    monkeypatch.setattr(offer_rules, "allocate", counting)
    return counts


def told(shard: Shard, item: str) -> set[str]:
    seen = fold(shard, receipt(1, 3, key="more", item=item), now=4)
    return {kit for kit, _ in seen.rows[AvailabilityRow]}


@pytest.mark.parametrize(("levels", "above"), [(1, {"KIT-7"}), (2, {"KIT-7", "HAMPER-7"})])
def test_a_component_touches_only_the_kits_above_it(levels: int, above: set[str], worked_out: Counter[str]) -> None:
    shard = family(levels)
    worked_out.clear()
    assert told(shard, "PART-7") == above
    assert worked_out == {"BOX": 1, "PART-7": 1}


def test_what_all_kits_share_is_worked_out_once(worked_out: Counter[str]) -> None:
    """With 40 kits 40 times would do no harm; with 10,000 and a box that has 10,000 open supplies it would."""
    shard = family()
    worked_out.clear()
    assert told(shard, "BOX") == {f"KIT-{n}" for n in range(KITS)}
    assert worked_out == {"BOX": 1, **{f"PART-{n}": 1 for n in range(KITS)}}
