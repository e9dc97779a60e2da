"""What travels to a shard comes back as what it was, and is entered by when it occurred."""

import pytest

from schemas.records import KeyTaken, SnapshotClosed
from tests.builders import hour, receipt, shipment
from transforms.ledger.entry_rules import Entry, as_entry, in_order_of_time, packed_entry

EVENT = receipt(5, at=2)
CLOSED = SnapshotClosed("list", "wms", "EAST", hour(1), hour(1), "m", "c")
TAKEN = KeyTaken("NUT", "k", hour(9), "m", 0, "BOLT")


@pytest.mark.parametrize("entry", [EVENT, CLOSED, TAKEN])
def test_an_entry_comes_back_as_what_it_was(entry: Entry) -> None:
    back = as_entry(packed_entry(entry))
    assert back == entry
    assert type(back) is type(entry)


def test_keys_that_are_taken_are_known_before_any_event_and_the_rest_goes_by_time() -> None:
    late = shipment(1, at=3)
    packed = [packed_entry(one) for one in (late, EVENT, CLOSED, TAKEN)]
    assert [entry for entry, _ in in_order_of_time(packed)] == [TAKEN, CLOSED, EVENT, late]
    assert [one for _, one in in_order_of_time(packed)] == packed[::-1]
