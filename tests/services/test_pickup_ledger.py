"""What was taken is known tomorrow; what is watched is known from one pass to the next."""

from datetime import timedelta
from pathlib import Path

from services.pickup_ledger import PickupLedger
from services.pickup_rules import Listed, Seen
from tests.services.signing import NOON

FILE = Listed("a.edi", 5, 1)
LATER = NOON + timedelta(seconds=9)


def test_a_file_that_stays_the_same_is_as_old_as_when_it_was_first_so(tmp_path: Path) -> None:
    ledger = PickupLedger(tmp_path / "pickup.db")
    assert ledger.watch("s", [FILE], NOON) == {}
    assert ledger.watch("s", [FILE], LATER) == {"a.edi": Seen(5, 1, NOON)}
    assert ledger.watch("s", [FILE._replace(size_bytes=6)], LATER) == {"a.edi": Seen(5, 1, NOON)}
    assert ledger.watch("s", [], LATER) == {"a.edi": Seen(6, 1, LATER)}
    assert ledger.watch("s", [FILE], LATER) == {}
    ledger.close()


def test_what_was_taken_is_known_after_a_restart_and_by_source(tmp_path: Path) -> None:
    ledger = PickupLedger(tmp_path / "pickup.db")
    ledger.note("s", "d1", FILE, NOON)
    ledger.note("s", "d1", FILE._replace(name="b.edi"), NOON)
    ledger.close()
    again = PickupLedger(tmp_path / "pickup.db")
    assert [again.taken_as("s", "d1"), again.taken_as("s", "d2"), again.taken_as("t", "d1")] == ["a.edi", None, None]
    assert again.connection.execute("SELECT times FROM taken").fetchall() == [(2,)]
    again.close()
