"""What is kept of the records of one flush."""

import pytest

from tests.transforms.publication.rows import alert, decision, ended, parked, position, rejection
from transforms.publication.newest_rows import NewestRows


def kept(*records: object) -> dict[str, list[list[object]]]:
    """The rows of each view after all the records."""
    rows = NewestRows("R7")
    for record in records:
        rows.add(record)
    return {view.name: found for view, found in rows.batches()}


def test_the_newest_of_each_row_is_kept_in_the_order_of_the_key() -> None:
    found = kept(position("5", 3, "XYZ"), position("1", 1), position("9", 9), position("4", 4), position("8", 9))
    by = "wms-east:receipt:R1:1"
    assert found == {
        "position": [
            ["ABC-1", "EAST", "", "sellable", "8", None, by, 9, None, ""],
            ["XYZ", "EAST", "", "sellable", "5", None, by, 3, None, ""],
        ]
    }


def test_the_first_decision_stays() -> None:
    (row,) = kept(decision("refused"), decision("granted"))["decision"]
    assert row[4] == "refused"


def test_the_sum_of_the_last_pane_is_kept() -> None:
    found = kept(ended(2, "posted"), ended(5, "posted")._replace(pane=2), ended(4, "posted")._replace(pane=1))
    assert found == {"run_count": [["shop", "event", "posted", "", 5, 2, "R7"]]}


def test_unlike_rejections_of_one_message_are_all_kept_and_the_same_one_once() -> None:
    found = kept(rejection(), rejection(payload=b""), rejection(event_index=1), rejection(reason="bad_time"), parked())
    assert [row[-2] for row in found["dead_letter"]] == [b"{}", b"{}", b"{}"]
    assert len(found["parked"]) == 1


def test_rows_and_payload_bytes_are_counted_so_that_a_flush_is_due_in_time() -> None:
    rows = NewestRows("R7")
    for record in (rejection(payload=b"x" * 100), rejection(payload=b"y"), alert(), alert(version=2)):
        rows.add(record)
    assert (rows.row_count, rows.payload_bytes) == (3, 100)  # the rejection, the mark of it, the alert
    rows.clear()
    assert (rows.row_count, rows.payload_bytes, rows.batches()) == (0, 0, [])


def test_a_stranger_is_refused() -> None:
    with pytest.raises(TypeError, match="no view has rows like 'position'"):
        NewestRows("R7").add("position")
