import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.master_records import Bom, BomLine, Channel, Item, Listing, Location, Lot

RECORDS = [
    Item("MUG", "", "each", False, False, {"each": Decimal(1)}),
    Location("EAST", "Newark", "warehouse", "America/New_York"),
    Channel("web", "", ""),
    Listing("web", "W-MUG", "MUG", "case", Decimal(6)),
    Lot("MILK", "L1", date(2026, 4, 1), "held"),
    Bom("GIFT", "on_demand", datetime(2026, 1, 1, tzinfo=UTC), None, (BomLine("MUG", Decimal(1), Decimal("0.05")),)),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_is_the_same_in_another_process(record: Any) -> None:
    there = pickle.loads(pickle.dumps(record))
    assert there == record
    assert type(there) is type(record)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_cannot_be_changed(record: Any) -> None:
    with pytest.raises(AttributeError):
        setattr(record, record._fields[0], "other")
